"""Set-up files: strict reading of TOML that finds every fault in one pass and names its key."""

from __future__ import annotations

import tomllib
from datetime import date

from voucher.platform.errors import Fault, FileRefused
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import MoneyError, basis_points, parse_pounds


class Section:
    """A table of a set-up file. Each reader notes a fault and gives a harmless value, so that reading goes on."""

    def __init__(self, values: dict[str, object], name: str, faults: list[Fault]) -> None:
        self.values = values
        self.name = name
        self.faults = faults
        self.read: set[str] = set()

    def fault(self, key: str, message: str) -> None:
        """Notes that the value of a key is wrong."""
        self.faults.append(Fault(0, f"{self.name}.{key}" if self.name else key, message))

    def _get(self, key: str, kind: type, words: str, default: object | None) -> object | None:
        self.read.add(key)
        value = self.values.get(key, default)
        if value is None:
            self.fault(key, said("is missing: give %(what)s", what=said(words)))
        elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(key, said("must be %(what)s, not %(value)s", what=said(words), value=repr(value)))
            return None
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty, unless the default is."""
        value = self._get(key, str, _("a text in quotes"), default)
        if isinstance(value, str):
            if not value.strip() and value != default:
                self.fault(key, _("must not be empty"))
            return value.strip()
        return ""

    def whole(self, key: str, default: int | None = None, *, least: int = 0, most: int = 1_000_000) -> int:
        """A whole number within bounds."""
        value = self._get(key, int, _("a whole number"), default)
        if isinstance(value, int):
            if not least <= value <= most:
                self.fault(
                    key,
                    said("must be between %(least)s and %(most)s, not %(value)s", least=least, most=most, value=value),
                )
            return value
        return least

    def day(self, key: str) -> date:
        """A date, written 2026-04-01 without quotes."""
        value = self._get(key, date, _("a date like 2026-04-01, without quotes"), None)
        return value if isinstance(value, date) else date(2000, 1, 1)

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        return bool(self._get(key, bool, _("true or false"), default))

    def pounds(self, key: str, default: str | None = None) -> int:
        """An amount written as text, like "1234.50", in pence."""
        value = self._get(key, str, _('an amount in quotes, like "1234.50"'), default)
        if isinstance(value, str):
            try:
                return parse_pounds(value)
            except MoneyError as wrong:
                self.fault(key, str(wrong))
        return 0

    def percent(self, key: str) -> int:
        """Ten-thousandths from a whole number or from a text with up to two decimals, such as ``"33.33"``."""
        if isinstance(self.values.get(key), str):
            try:
                return basis_points(self.text(key))
            except ValueError as wrong:
                self.fault(key, str(wrong))
                return 0
        return self.whole(key, least=0, most=100) * 100

    def texts(self, key: str) -> list[str]:
        """A list of texts, one at least."""
        value = self._get(key, list, _('a list of texts, like ["first", "second"]'), None)
        if isinstance(value, list) and value and all(isinstance(item, str) and item.strip() for item in value):
            return [str(item).strip() for item in value]
        if isinstance(value, list):
            self.fault(key, _("must hold one text or more, none of them empty"))
        return []

    def section(self, key: str) -> Section:
        """A table inside this one."""
        value = self._get(key, dict, said("a section [%(key)s]", key=key), None)
        return Section(value if isinstance(value, dict) else {}, self._inner(key), self.faults)

    def sections(self, key: str) -> list[Section]:
        """A list of tables, one at least."""
        value = self._get(key, list, said("one section [[%(key)s]] or more", key=key), None)
        items = value if isinstance(value, list) else []
        if value is not None and not items:
            self.fault(key, said("needs one section [[%(key)s]] or more", key=key))
        return [
            Section(item if isinstance(item, dict) else {}, f"{self._inner(key)}[{i}]", self.faults)
            for i, item in enumerate(items, start=1)
        ]

    def has(self, key: str) -> bool:
        """Whether the file gives the key."""
        return key in self.values

    def _inner(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def done(self) -> None:
        """Notes every key that nothing read: it may be misspelt."""
        for key in self.values:
            if key not in self.read:
                self.fault(key, _("is not known here; check its spelling"))


def read(data: bytes) -> Section:
    """The file as one section; raises FileRefused when it is not TOML at all."""
    try:
        return Section(tomllib.loads(data.decode("utf-8")), "", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise FileRefused([Fault(0, "", said("this is not a TOML file: %(wrong)s", wrong=wrong))]) from wrong


def refuse_faults(section: Section) -> None:
    """Raises FileRefused when anything was found wrong."""
    if section.faults:
        raise FileRefused(section.faults)
