"""Statements, templates and routes compiled once for a whole test session instead of once for each test's app.

SQLAlchemy keeps what it has compiled with an engine, under keys that name the engine's dialect, Jinja with an
environment and Werkzeug with a map of routes. Each test has an app with all three of its own, so without this more
than half of a test's time goes into compiling the same things again.
"""

from __future__ import annotations

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine
from werkzeug.routing import Rule

STATEMENTS_KEPT = 5000
ROUTE_BUILDERS = "_build", "_build_unknown"
ROUTE_PARTS = "_parts", "_trace", "_converters", "arguments", *ROUTE_BUILDERS

_make_engine = SQLAlchemy._make_engine
_compile_route = Rule.compile
_first: dict[str, tuple[Dialect, object]] = {}
_routes: dict[tuple[object, ...], dict[str, object]] = {}


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
    """Lets every app that is made from now on share what those before it compiled."""
    SQLAlchemy._make_engine = _sharing  # type: ignore[method-assign]
    Rule.compile = _compiled_once  # type: ignore[method-assign]
    Flask.jinja_options = {"bytecode_cache": _Kept()}


def _sharing(self: SQLAlchemy, bind_key: str | None, options: dict[str, object], app: Flask) -> Engine:
    if str(options["url"]).startswith("postgresql"):
        # A test's connections are too short-lived for statements that the server has prepared to pay.
        options["connect_args"] = {**options.get("connect_args", {}), "prepare_threshold": None}  # type: ignore[dict-item]
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


def _compiled_once(self: Rule) -> None:
    # What a rule compiles follows from these alone; its map tells nothing more, for every app of ours has the same
    # converters. The two builders are bound to the rule that they are called for.
    key = self.rule, repr(self.defaults), self.merge_slashes, self.subdomain, self.host
    if key not in _routes:
        _compile_route(self)
        _routes[key] = {name: vars(self)[name] for name in ROUTE_PARTS}
    vars(self).update(_routes[key])
    for name in ROUTE_BUILDERS:
        setattr(self, name, getattr(self, name).__func__.__get__(self))
