"""The factory: settings, keys, database and pages become one Flask app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app
from werkzeug.middleware.proxy_fix import ProxyFix

from config import ROOT, Config, from_environment
from voucher.accounts import views as accounts
from voucher.platform import logs, pages, web
from voucher.platform.act import Act
from voucher.platform.actor import Actor
from voucher.platform.clock import Clock, system_clock
from voucher.platform.db import db, prepare_engine
from voucher.platform.files import FileStore
from voucher.platform.keyring import KeyRing
from voucher.redemptions import answer_views
from voucher.redemptions.views import claim_pages, look_up_pages, session_pages
from voucher.tables import METADATA
from voucher.vouchers import views as vouchers

BLUEPRINTS = (
    pages.blueprint,
    accounts.blueprint,
    look_up_pages.blueprint,
    session_pages.blueprint,
    claim_pages.blueprint,
    vouchers.blueprint,
    answer_views.blueprint,
)


@dataclass(frozen=True)
class Office:
    """What an app has at hand for every act: its settings, clock, keys and files."""

    config: Config
    clock: Clock
    ring: KeyRing
    files: FileStore

    def act(self, actor: Actor) -> Act:
        """An act of this person, here and now; a key that was compromised meanwhile is no longer trusted."""
        self.ring.refresh()
        return Act(actor, self.clock, self.ring, self.files, self.config.base_url)


def create_app(config: Config | None = None, *, clock: Clock = system_clock) -> Flask:
    """An app for these settings. Raises KeyRingError, with what to run, when there are no keys yet."""
    config = config or from_environment()
    ring = KeyRing.load(config.key_ring)
    app = logs.LoggedFlask("voucher", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(
        SECRET_KEY=ring.session_secret,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        TESTING=config.testing,
    )
    logs.prepare(app)
    db.init_app(app)
    if db.metadata is not METADATA:  # every table is known from here on, whichever page or job posts first
        raise RuntimeError("the app's database and the tables do not belong together")
    app.extensions["voucher"] = Office(config, clock, ring, FileStore(config.documents))
    with app.app_context():
        prepare_engine(db.engine)
    web.prepare(app, config.base_url, visitor_of=accounts.visitor_of, sign_in_page="accounts.sign_in_page")
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def engine_options(url: str) -> dict[str, object]:
    """A pool that notices a restarted server; SQLite waits for the writer before it."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10}


def office() -> Office:
    """The office of the current app."""
    return cast(Office, current_app.extensions["voucher"])
