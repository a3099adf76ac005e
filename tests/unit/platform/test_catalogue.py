"""The catalogue of texts, and what is refused of a translation before it can break a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.support import Translations

from voucher.platform import catalogue
from voucher.platform.catalogue import as_file, language, languages_in, standing, take, template
from voucher.platform.errors import DomainError, FileRefused

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: cy\\n"\n\n'


def po(*pairs: tuple[str, str]) -> bytes:
    """A translation with these texts."""
    return (HEAD + "\n".join(f'msgid "{ours}"\nmsgstr "{theirs}"\n' for ours, theirs in pairs)).encode()


def faults(tmp_path: Path, data: bytes) -> list[str]:
    with pytest.raises(FileRefused) as refusal:
        take("cy", data, tmp_path)
    assert languages_in(tmp_path) == (language("en"),)
    return [str(fault) for fault in refusal.value.faults]


def test_texts_of_every_kind_are_in_the_catalogue() -> None:
    found = template()
    assert "Skip to main content" in found  # a template
    assert "Page not found" in found  # Python, marked where it stands
    assert "Enter a date, like 7 April 2026." in found  # Python, a form
    assert "accepted on other evidence" in found  # an enumeration
    assert found["%(num)s day"].id == ("%(num)s day", "%(num)s days")  # a template, with its plural


def test_control_what_only_machines_read_is_not() -> None:
    found = template()
    assert "claims:read" not in found
    assert "voucher_cancelled" not in found


def test_the_template_can_be_given_back_without_a_translation(tmp_path: Path) -> None:
    take("cy", as_file(template()), tmp_path)
    assert [(each.language.name, each.translated) for each in standing(tmp_path)] == [("Cymraeg", 0)]


def test_a_language_is_called_what_its_speakers_call_it(tmp_path: Path) -> None:
    take("cy", po(("Sign in", "Mewngofnodi")), tmp_path)
    take("pt_BR", po(("Sign in", "Entrar")), tmp_path)
    assert [each.name for each in languages_in(tmp_path)] == ["English", "Cymraeg", "Português (Brasil)"]
    assert [each.tag for each in languages_in(tmp_path)] == ["en-GB", "cy", "pt-BR"]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Remove %(name)s", "Dileu %(enw)s"),
        ("Remove %(name)s", "Dileu 100% %(name)s"),
        ("Sign in", "Mewngofnodi 100%"),
        ("Claims {first} to {last}", "Hawliadau {cyntaf} i {last}"),
        ("Read <strong>this</strong>", "Darllenwch <strong>hyn"),
        ("Read <strong>this</strong>", "Darllenwch <script>hyn</script>"),
        ("Sign in", "Mewngofnodi <a href='https://elsewhere.example'>"),
        ("Sign in", "a < b"),
    ],
)
def test_what_would_break_a_page_is_refused_at_its_line(tmp_path: Path, ours: str, theirs: str) -> None:
    assert [fault.split(":")[0] for fault in faults(tmp_path, po(("Privacy", "Preifatrwydd"), (ours, theirs)))] == [
        "row 9"
    ]


def test_control_without_the_check_a_placeholder_that_is_not_there_breaks_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_faults_of", lambda *_given: ())
    take("cy", po(("Remove %(name)s", "Dileu %(enw)s")), tmp_path)
    words = Translations.load(tmp_path, ["cy"]).gettext("Remove %(name)s")
    with pytest.raises(KeyError):
        _filled = words % {"name": "Pat"}


def test_a_text_may_be_put_in_another_order(tmp_path: Path) -> None:
    ours, theirs = "%(a)s of %(b)s, 5%%: <b>yes</b>", "<b>ie</b>: 5%% o %(b)s, %(a)s"
    assert take("cy", po((ours, theirs), ("20%", "20%"), ("{x}", "")), tmp_path).code == "cy"


def test_what_is_no_translation_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, b"%PDF-1.7")
    assert faults(tmp_path, po(("Sign in", "Mewngofnodi")).decode().encode("utf-16"))
    for code in ("xx", "../../cy", "", "Welsh"):
        with pytest.raises(DomainError, match="by its code"):
            take(code, po(("Sign in", "Mewngofnodi")), tmp_path)
    with pytest.raises(DomainError, match="in English"):
        take("en", po(("Sign in", "Log on")), tmp_path)


def test_a_translation_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    take("cy", po(("Sign in", "Mewngofnodi"), ("Privacy", "Preifatrwydd")), tmp_path)
    take("cy", po(("Sign in", "Mewngofnodi")), tmp_path)
    assert [each.translated for each in standing(tmp_path)] == [1]
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["messages.mo"]
