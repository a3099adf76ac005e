"""Every text of messages and papers goes through gettext, so that the catalogue has it; what fills them is data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from voucher.platform.catalogue import CHECKOUT

TEMPLATES = CHECKOUT / "templates"
PAPERS = [TEMPLATES / "vouchers/voucher_pdf.html", TEMPLATES / "payments/remittance_pdf.html"]
LETTERS = sorted(TEMPLATES.glob("mail/*.txt"))
# What a template says outside its tags and outside its styles.
SILENT = re.compile(r"<style>.*?</style>|<[^>]*>|&\w+;", re.S)
WORD = re.compile(r"[^\W\d_]{2,}")
NAME = "Tech Taster"


def unmarked(source: str) -> list[str]:
    """The words of a template that no call translates, and the texts of calls that translate nothing by name."""
    tree = Environment(autoescape=False).parse(source)
    said = "".join(
        each.data if isinstance(each, nodes.TemplateData) else "0"
        for output in tree.find_all(nodes.Output)
        for each in output.nodes
    )
    return WORD.findall(SILENT.sub(" ", said).replace(NAME, " "))


@pytest.mark.parametrize("template", [*LETTERS, *PAPERS], ids=lambda path: path.stem)
def test_every_text_of_a_letter_is_marked(template: Path) -> None:
    assert unmarked(template.read_text()) == []


def test_control_a_bare_word_is_noticed() -> None:
    assert unmarked('{{ _("Dear %(person)s,", person=person) }}\n- {{ voucher }}\n') == []
    assert unmarked("Dear {{ person }},\n") == ["Dear"]
    assert unmarked("{% if link %}{{ link }}{% else %}Nothing to do{% endif %}") == ["Nothing", "to", "do"]
    assert unmarked('<p class="lead">{{ _("Paid") }} by the bank</p>') == ["by", "the", "bank"]
