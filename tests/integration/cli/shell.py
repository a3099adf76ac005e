"""A shell at an installation: gives commands as one person or another, by the test's clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import create_engine, func, select

from config import Config
from tests.harness.clock import FixedClock
from voucher.app import create_app
from voucher.cli.main import root
from voucher.platform.db import db, session
from voucher.tables import METADATA


@dataclass
class Shell:
    """Commands run in this process; ``result`` is what the last one came to."""

    place: Config
    clock: FixedClock
    more: dict[str, str | None] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str | None]:
        """What the installation is known by, and nothing of whoever runs the tests."""
        return {
            "VOUCHER_DATA": str(self.place.data),
            "DATABASE_URL": self.place.database_url,
            "VOUCHER_BASE_URL": self.place.base_url,
            "VOUCHER_TESTING": "1",
            "VOUCHER_NOW": self.clock().isoformat(),
            "VOUCHER_AS": None,
            "VOUCHER_SCHEME": None,
            "VOUCHER_DEBUG": None,
            **self.more,
        }

    def run(self, *words: str, by: str | None = None, stdin: str | None = None, expect: int = 0) -> Result:
        """Gives a command and checks its exit status, and that no traceback came of it."""
        given = [*words, *(["--as", by] if by else [])]
        result = CliRunner().invoke(root, given, env=self.environment, input=stdin)
        assert result.exit_code == expect, f"{given}: {result.exit_code}\n{result.output}"
        assert "Traceback" not in result.output
        return result

    def ask(self, *words: str, by: str | None = None, stdin: str | None = None, expect: int = 0) -> Any:
        """The same with --json: standard output is one JSON value and nothing else."""
        return json.loads(self.run(*words, "--json", by=by, stdin=stdin, expect=expect).stdout)

    def refusal(self, *words: str, by: str | None = None, stdin: str | None = None) -> dict[str, Any]:
        """The error object of a command that is refused."""
        found = self.ask(*words, by=by, stdin=stdin, expect=1)
        assert set(found) == {"error"}
        assert set(found["error"]) == {"code", "message", "field", "faults"}
        error: dict[str, Any] = found["error"]
        return error

    @contextmanager
    def inside(self) -> Iterator[None]:
        """The installation's app, for what only the domains' own functions tell."""
        with create_app(self.place, clock=self.clock).app_context():
            yield
            session.remove()
            for engine in db.engines.values():
                engine.dispose()

    def rows(self, *leaving_out: str) -> dict[str, int]:
        """How many rows each table has."""
        engine = create_engine(self.place.database_url)
        with engine.connect() as connection:
            found = {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in METADATA.sorted_tables
                if table.name not in leaving_out
            }
        engine.dispose()
        return found
