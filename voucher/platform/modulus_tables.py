"""Where an operator's modulus tables lie: a folder of the data folder, read whenever an account is checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from voucher.platform.clock import london_date
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.modulus import TableError, Tables, read_substitutes, read_weights

FILES = WEIGHTS, SUBSTITUTES, DATED = ("valacdos.txt", "scsubtab.txt", "dated.txt")


@dataclass(frozen=True)
class TableFolder:
    """The folder with the tables; without one, or with none in it, no account can be checked."""

    path: Path | None = None

    def tables(self) -> Tables | None:
        """The tables as they are now, or None. Raises DomainError when they cannot be read: nothing is checked then.

        Their day is the one that was given when they were loaded, or that of the file itself.
        """
        if self.path is None or not (self.path / WEIGHTS).is_file():
            return None
        try:
            stamps = tuple((self.path / name).stat().st_mtime_ns for name in FILES if (self.path / name).is_file())
            return _read(self.path, stamps)
        except (OSError, ValueError) as wrong:
            raise DomainError(
                "modulus_tables",
                said(
                    "The tables of the modulus check cannot be read, so no bank details are taken: %(wrong)s "
                    "Ask whoever runs the server to load them again.",
                    wrong=wrong,
                ),
            ) from wrong

    def keep(self, weights: bytes, substitutes: bytes | None, dated: date) -> Tables:
        """Puts new tables in place of the old ones once both can be read; raises DomainError, and keeps the old."""
        if self.path is None:
            raise DomainError("modulus_tables", _("This installation has no data folder to keep the tables in."))
        try:
            found = Tables(
                read_weights(weights.decode("ascii")), read_substitutes((substitutes or b"").decode("ascii")), dated
            )
        except (TableError, UnicodeDecodeError) as wrong:
            raise DomainError(
                "modulus_tables", said("The tables are not taken: %(wrong)s", wrong=wrong), "weights"
            ) from wrong
        self.path.mkdir(parents=True, exist_ok=True)
        # The day comes last: whoever checks an account in between notes the day of the tables before.
        day = dated.isoformat().encode()
        for name, content in ((SUBSTITUTES, substitutes or b""), (WEIGHTS, weights), (DATED, day)):
            partial = self.path / f".{name}.part"
            partial.write_bytes(content)
            partial.replace(self.path / name)
        return found


@lru_cache(maxsize=2)
def _read(path: Path, _stamps: tuple[int, ...]) -> Tables:
    """Read once for as long as no file is another one: a batch asks for each of its payments."""
    weights = read_weights((path / WEIGHTS).read_text("ascii"))
    substitutes = path / SUBSTITUTES
    found = read_substitutes(substitutes.read_text("ascii")) if substitutes.is_file() else {}
    return Tables(weights, found, _dated(path))


def _dated(path: Path) -> date:
    noted = path / DATED
    if noted.is_file():
        return date.fromisoformat(noted.read_text("ascii").strip())
    return london_date(datetime.fromtimestamp((path / WEIGHTS).stat().st_mtime, UTC))
