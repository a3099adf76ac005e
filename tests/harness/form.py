"""A form, filled by the words that stand beside its controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

CONTROLS = ("input", "select", "textarea")
NAMELESS = ("hidden", "submit", "button", "image", "reset")  # input types that need no label


def words_of(element: Element) -> str:
    """An element's words with single spaces, without scripts and styles."""
    return " ".join(" ".join(_pieces(element)).split())


def _pieces(element: Element) -> Iterator[str]:
    if element.tag in ("script", "style", "template"):
        return
    yield element.text or ""
    for child in element:
        yield from _pieces(child)
        yield child.tail or ""


def controls(tree: Element) -> list[Element]:
    """Every control that a person fills in, in order."""
    return [
        element
        for element in tree.iter()
        if element.tag in CONTROLS and not (element.tag == "input" and element.get("type", "text") in NAMELESS)
    ]


def label_texts(tree: Element) -> dict[int, str]:
    """The accessible name of each control, by the ``id()`` of its element."""
    by_id = {element.get("id"): element for element in tree.iter() if element.get("id")}
    found: dict[int, str] = {}
    for label in tree.iter("label"):
        target = by_id.get(label.get("for")) if label.get("for") else next(iter(controls(label)), None)
        if target is not None and words_of(label):
            found[id(target)] = words_of(label)
    for control in controls(tree):
        pointed = [by_id[name] for name in control.get("aria-labelledby", "").split() if name in by_id]
        name = control.get("aria-label") or " ".join(words_of(element) for element in pointed)
        if name:
            found[id(control)] = name
    return found


class Form:
    """What a browser would send, changed by ``fill``."""

    def __init__(self, element: Element, labels: Mapping[int, str]) -> None:
        self._element = element
        self._labels = labels
        self.action = element.get("action", "")
        self.posts = element.get("method", "get").lower() == "post"
        self.data: dict[str, list[object]] = {}
        for control in element.iter():
            for value in _initial(control):
                self.data.setdefault(control.get("name", ""), []).append(value)

    @property
    def buttons(self) -> dict[str, tuple[str, str]]:
        """Name and value that each button adds, by the words on it."""
        found: dict[str, tuple[str, str]] = {}
        for element in self._element.iter():
            if element.tag == "button" and element.get("type", "submit") == "submit":
                found[words_of(element)] = (element.get("name", ""), element.get("value", ""))
            elif element.tag == "input" and element.get("type") == "submit":
                found[element.get("value", "")] = (element.get("name", ""), element.get("value", ""))
        return found

    def press(self, button: str) -> None:
        """Adds what the button sends."""
        name, value = self.buttons[button]
        if name:
            self.data[name] = [value]

    def fill(self, answers: Mapping[str, object]) -> None:
        """Answers questions by their label or legend; AssertionError when the form asks nothing of that name.

        The answer is a text, the words of an option, True or False for a box, or a file with its name as a pair. A
        legend's answer is the label of one choice, a list of them, or, for a date or the like, answers by label.
        """
        for question, answer in answers.items():
            group = self._group(question)
            if group is None:
                self._set(self._control(self._element, question), answer)
            elif isinstance(answer, Mapping):
                for label, value in answer.items():
                    self._set(self._control(group, label), value)
            else:
                self._choose(group, answer if isinstance(answer, list) else [answer])

    def _group(self, legend: str) -> Element | None:
        for fieldset in self._element.iter("fieldset"):
            found = fieldset.find("legend")
            if found is not None and words_of(found) == legend:
                return fieldset
        return None

    def _control(self, within: Element, label: str) -> Element:
        named = [control for control in controls(within) if self._labels.get(id(control)) == label]
        if len(named) != 1:
            known = [self._labels.get(id(control), "?") for control in controls(within)]
            raise AssertionError(f"{len(named)} controls are called {label!r}; the form asks {known}")
        return named[0]

    def _choose(self, group: Element, choices: list[object]) -> None:
        for control in controls(group):
            if control.get("type") in ("radio", "checkbox"):
                self.data.pop(control.get("name", ""), None)
        for choice in choices:
            self._set(self._control(group, str(choice)), True)

    def _set(self, control: Element, answer: object) -> None:
        name = control.get("name", "")
        kind = control.get("type", "text") if control.tag == "input" else control.tag
        if kind in ("radio", "checkbox"):
            kept = self.data.get(name, []) if kind == "checkbox" else []
            value = control.get("value", "on")
            self.data[name] = [old for old in kept if old != value] + ([value] if answer else [])
        elif kind == "select":
            self.data[name] = [_option(control, str(answer))]
        else:
            self.data[name] = [answer]


def _initial(control: Element) -> list[object]:
    if not control.get("name") or control.get("disabled") is not None:
        return []
    if control.tag == "textarea":
        return [control.text or ""]
    if control.tag == "select":
        options = list(control.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None] or options[:1]
        return [_value(option) for option in chosen]
    kind = control.get("type", "text")
    if control.tag != "input" or kind in ("submit", "button", "image", "reset", "file"):
        return []
    if kind in ("radio", "checkbox"):
        return [control.get("value", "on")] if control.get("checked") is not None else []
    return [control.get("value", "")]


def _option(select: Element, words: str) -> str:
    for option in select.iter("option"):
        if words_of(option) == words:
            return _value(option)
    raise AssertionError(f"no option {words!r}; there are {[words_of(option) for option in select.iter('option')]}")


def _value(option: Element) -> str:
    return option.get("value", words_of(option))
