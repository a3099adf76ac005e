"""Statements, templates and routes compiled once for a whole test session instead of once for each test's app.

SQLAlchemy keeps what it has compiled with an engine, under keys that name the engine's dialect, Jinja with an
environment and Werkzeug with a map of routes. Each test has an app with all three of its own, so without this more
than half of a test's time goes into compiling the same things again.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine
from werkzeug.routing import Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher

from voucher import app as product

STATEMENTS_KEPT = 5000
ROUTE_BUILDERS = "_build", "_build_unknown"
ROUTE_PARTS = "_parts", "_trace", "_converters", "arguments", *ROUTE_BUILDERS

_make_engine = SQLAlchemy._make_engine
_compile_route = Rule.compile
_register_pages = product.register_pages
_first: dict[str, tuple[Dialect, object]] = {}
_routes: dict[tuple[object, ...], dict[str, object]] = {}
_pages: list[_Pages] = []


def _itself(app: Flask) -> Flask:
    return app


def _templates(app: Flask) -> Environment:
    return app.jinja_env


# Where an app keeps what belongs to its pages, by their names or by those of their blueprints.
OF_PAGES: tuple[tuple[Callable[[Flask], object], str], ...] = (
    *((_itself, name) for name in (
        "blueprints", "view_functions", "before_request_funcs", "after_request_funcs", "teardown_request_funcs",
        "url_value_preprocessors", "url_default_functions", "template_context_processors", "error_handler_spec",
    )),
    *((_templates, name) for name in ("globals", "filters")),
)  # fmt: skip


class _Kept(BytecodeCache):
    """Compiled templates by a key that follows from their source."""

    def __init__(self) -> None:
        self._templates: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._templates:
            bucket.bytecode_from_string(self._templates[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._templates[bucket.key] = bucket.bytecode_to_string()


class _SharedRoutes(Map):
    """The routes that every app begins with; an app that is given one more has routes of its own from then on."""

    def add(self, rulefactory: RuleFactory) -> None:
        """Adds a route for this app alone."""
        so_far = [rule.empty() for rule in self.iter_rules()]
        self.__class__ = Map  # type: ignore[assignment]
        self._matcher, self._rules_by_endpoint = StateMachineMatcher(self.merge_slashes), {}
        for rule in (*so_far, rulefactory):
            self.add(rule)


def install() -> None:
    """Lets every app that is made from now on share what those before it compiled."""
    SQLAlchemy._make_engine = _sharing  # type: ignore[method-assign]
    Rule.compile = _compiled_once  # type: ignore[method-assign]
    product.register_pages = _registered_once
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


def _registered_once(app: Flask) -> None:
    # Pages are the same for every app, which only looks them up; what else an app has is its own.
    if not _pages:
        _register_pages(app)
        app.url_map.update()
        _pages.append(_Pages(app))
    _pages[0].give_to(app)


class _Pages:
    """What registering them has put into an app."""

    def __init__(self, app: Flask) -> None:
        self._routes = app.url_map
        self._kept = {(of, name): dict(getattr(of(app), name)) for of, name in OF_PAGES}

    def give_to(self, app: Flask) -> None:
        """Puts it into another app, where what that has by the same name stays."""
        for (of, name), kept in self._kept.items():
            has = getattr(of(app), name)
            has.update({key: made for key, made in kept.items() if key not in has})
        app.url_map = copy(self._routes)
        app.url_map.__class__ = _SharedRoutes
