"""Statements and templates compiled once for a whole test session instead of once for each test's app.

SQLAlchemy keeps what it has compiled with an engine, under keys that name the engine's dialect, and Jinja with an
environment. Each test has an app with an engine and an environment of its own, so without this half of a test's time
goes into compiling the same things again.
"""

from __future__ import annotations

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine

STATEMENTS_KEPT = 5000

_make_engine = SQLAlchemy._make_engine
_first: dict[str, tuple[Dialect, object]] = {}


class _Kept(BytecodeCache):
    """Compiled templates by a key that follows from their source."""

    def __init__(self) -> None:
        self._templates: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._templates:
            bucket.bytecode_from_string(self._templates[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._templates[bucket.key] = bucket.bytecode_to_string()


def install() -> None:
    """Lets every app that is made from now on share compiled statements and templates with those before it."""
    SQLAlchemy._make_engine = _sharing  # type: ignore[method-assign]
    Flask.jinja_options = {"bytecode_cache": _Kept()}


def _sharing(self: SQLAlchemy, bind_key: str | None, options: dict[str, object], app: Flask) -> Engine:
    engine = _make_engine(self, bind_key, options, app)
    name = engine.dialect.name
    # A dialect learns of its server when an engine first connects; one that never did is of no use to others.
    if name not in _first or getattr(_first[name][0], "server_version_info", None) is None:
        engine._compiled_cache.capacity = STATEMENTS_KEPT  # type: ignore[union-attr]
        _first[name] = engine.dialect, engine._compiled_cache
    engine.dialect, compiled = _first[name]
    engine.pool._dialect = engine.dialect
    engine._compiled_cache = compiled  # type: ignore[assignment]
    return engine
