"""Adding a language: the catalogue to translate, and the translation that comes back."""

from __future__ import annotations

from pathlib import Path

from tests.integration.cli.shell import Shell
from tests.unit.platform.test_catalogue import po

ADA = "ada@office.example"
PASSWORD = "correct horse battery staple\n" * 2


def test_only_who_runs_the_system_adds_a_language(shell: Shell, tmp_path: Path) -> None:
    shell.run("create-admin", "--name", "Ada", "--email", ADA, stdin=PASSWORD)
    shell.run("person", "add", "--name", "Bob", "--email", "bob@office.example", by=ADA)
    file = tmp_path / "cy.po"
    file.write_bytes(po(("Sign in", "Mewngofnodi")))
    refused = shell.refusal("languages", "add", "cy", str(file), by="bob@office.example")
    assert refused["code"] == "no_permission"
    assert shell.ask("languages", "list") == []
    added = shell.ask("languages", "add", "cy", str(file), by=ADA)
    assert (added["language"], added["name"], added["translated"]) == ("cy", "Cymraeg", 1)
    assert shell.ask("languages", "list") == [added]
    assert f"1 of {added['texts']} texts" in shell.run("languages", "list").stdout


def test_a_translation_with_faults_is_refused_whole(shell: Shell, tmp_path: Path) -> None:
    shell.run("create-admin", "--name", "Ada", "--email", ADA, stdin=PASSWORD)
    file = tmp_path / "cy.po"
    file.write_bytes(po(("Remove %(name)s", "Dileu %(enw)s"), ("Sign in", "100%")))
    refused = shell.refusal("languages", "add", "cy", str(file), by=ADA)
    assert (refused["code"], [fault["row"] for fault in refused["faults"]]) == ("file_refused", [6, 9])
    assert shell.ask("languages", "list") == []


def test_the_template_holds_every_text_and_no_translation(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "messages.pot"
    told = shell.ask("languages", "template", "--out", str(out))
    assert told["texts"] > 4_000
    assert 'msgid "Skip to main content"\nmsgstr ""' in out.read_text()
