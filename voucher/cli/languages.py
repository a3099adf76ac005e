"""The languages that pages can be shown in: an operator adds them, and needs no other edition of the software."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from voucher.audit.commands import record
from voucher.cli.common import Answer, Run, changing_installation, checking
from voucher.cli.options import FILE, OUT, GivenFile
from voucher.platform.authz import Permission
from voucher.platform.catalogue import Standing, as_file, standing, take, template


@dataclass
class _Translation:
    """What the trail says of a translation, which is a file and no row."""

    reference: str
    id: int = 0
    __tablename__: str = "translation"


@click.group("languages")
def languages_group() -> None:
    """The languages that pages can be shown in. English is there; any other is a file that somebody translated."""


@languages_group.command("template")
@OUT
@checking
def write_template(run: Run, out: Path) -> Answer:
    """Write the catalogue of every text of this version, for a translator's program (gettext, .pot)."""
    found = template()
    words = f"{out} holds {len(found)} texts. Translate them into a .po file, then: voucher languages add LANGUAGE FILE"
    return Answer(words, {"file": str(out), "texts": len(found)}, out=(out, partial(as_file, found)))


@languages_group.command("add")
@click.argument("code", metavar="LANGUAGE")
@click.argument("file", type=FILE)
@changing_installation
def add(run: Run, code: str, file: GivenFile) -> Answer:
    """Take a translation, like cy welsh.po, in place of the one before; what it lacks is shown in English.

    Every placeholder and tag in it is checked first. Processes that run go on with what they have: restart them.
    """
    run.act.require(Permission.ADMIN_SYSTEM_RUN)
    folder = run.office.config.translations
    taken = take(code, file.data, folder)
    found = next(each for each in standing(folder) if each.language == taken)
    details = {"translated": found.translated, "texts": found.texts}
    record(run.act.actor, "translation.taken", _Translation(taken.code), at=run.act.now, details=details)
    return Answer(f"{_in_words(found)} Restart the web server to show it.", _facts(found))


@languages_group.command("list")
@checking
def show(run: Run) -> Answer:
    """List the translations and how many of this version's texts each has."""
    found = standing(run.office.config.translations)
    sentence = "\n".join(map(_in_words, found)) or "There are no translations: pages are in English."
    return Answer(sentence, [_facts(each) for each in found])


def _in_words(found: Standing) -> str:
    return f"{found.language.name} ({found.language.code}): {found.translated} of {found.texts} texts."


def _facts(found: Standing) -> dict[str, object]:
    language = found.language
    return {"language": language.code, "name": language.name, "translated": found.translated, "texts": found.texts}


COMMANDS = (languages_group,)
