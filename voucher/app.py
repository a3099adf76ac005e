"""The factory: settings, keys, database and pages become one Flask app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app
from werkzeug.middleware.proxy_fix import ProxyFix

from config import ROOT, Config, from_environment
from voucher.accounts import account_views as account
from voucher.accounts import code_views, keeping, team_views
from voucher.accounts import views as accounts
from voucher.applications import apply_views, checker_views, phone_views
from voucher.applications import staff_views as application_desk
from voucher.assurance.views import concentration_pages, irregularity_pages
from voucher.funding.views import agreement_pages, change_pages, round_pages
from voucher.notifications import views as outbox
from voucher.outputs.views import indicator_pages, output_pages
from voucher.payments import remittance_views
from voucher.payments.views import (
    approval_page,
    bank_pages,
    batch_pages,
    certain_page,
    cost_pages,
    days_pages,
    debt_pages,
    exception_pages,
    file_pages,
    layout_pages,
    level_pages,
    matching_pages,
    template_pages,
    way_pages,
)
from voucher.platform import logs, pages, web
from voucher.platform.act import Act
from voucher.platform.actor import Actor
from voucher.platform.clock import Clock, system_clock
from voucher.platform.db import db, prepare_engine
from voucher.platform.files import FileStore
from voucher.platform.keyring import KeyRing
from voucher.platform.modulus_tables import TableFolder
from voucher.platform.scanning import Scanner
from voucher.providers.views import apply_pages, colleague_pages, firm_pages, package_pages
from voucher.redemptions import answer_views
from voucher.redemptions.views import (
    claim_pages,
    correction_pages,
    extending_pages,
    look_up_pages,
    own_claim_pages,
    sampling_pages,
    session_pages,
)
from voucher.reports.views import (
    cash_pages,
    check_pages,
    commitment_pages,
    due_pages,
    funder_pages,
    prepare_pages,
    row_pages,
    sign_pages,
    statement_key_pages,
    statement_pages,
)
from voucher.samples.views import sample_pages
from voucher.schemes.views import duty_pages, eligibility_page, look_pages, new_scheme_page, scheme_pages, type_pages
from voucher.tables import METADATA
from voucher.vouchers import key_views, settings_views
from voucher.vouchers import views as vouchers
from voucher.workspace import (
    business_answers,
    business_home,
    business_offers,
    business_reviews,
    business_team,
    business_vouchers,
    claim_record,
    desk_pages,
    foot_views,
    ledger_pages,
    provider_claims,
    provider_deeds,
    provider_desk,
    provider_views,
    public_views,
    results_pages,
)
from voucher.workspace.views import (
    integration_pages,
    letter_pages,
    people_pages,
    record_pages,
    role_pages,
    settings_pages,
    start_pages,
    team_pages,
)

BLUEPRINTS = (
    pages.blueprint,
    accounts.blueprint,
    code_views.blueprint,
    account.blueprint,
    team_views.blueprint,
    public_views.blueprint,
    results_pages.blueprint,
    checker_views.blueprint,
    apply_views.blueprint,
    phone_views.blueprint,
    look_up_pages.blueprint,
    session_pages.blueprint,
    claim_pages.blueprint,
    own_claim_pages.blueprint,
    firm_pages.blueprint,
    package_pages.blueprint,
    colleague_pages.blueprint,
    apply_pages.blueprint,
    provider_desk.blueprint,
    provider_deeds.blueprint,
    provider_claims.blueprint,
    provider_views.blueprint,
    correction_pages.blueprint,
    remittance_views.blueprint,
    vouchers.blueprint,
    answer_views.blueprint,
    foot_views.blueprint,
    business_home.blueprint,
    business_team.blueprint,
    business_offers.blueprint,
    business_reviews.blueprint,
    business_vouchers.blueprint,
    business_answers.blueprint,
    desk_pages.blueprint,
    batch_pages.blueprint,
    approval_page.blueprint,
    way_pages.blueprint,
    template_pages.blueprint,
    level_pages.blueprint,
    days_pages.blueprint,
    bank_pages.blueprint,
    file_pages.blueprint,
    layout_pages.blueprint,
    matching_pages.blueprint,
    certain_page.blueprint,
    exception_pages.blueprint,
    debt_pages.blueprint,
    irregularity_pages.blueprint,
    concentration_pages.blueprint,
    cost_pages.blueprint,
    agreement_pages.blueprint,
    change_pages.blueprint,
    indicator_pages.blueprint,
    output_pages.blueprint,
    sample_pages.blueprint,
    round_pages.blueprint,
    new_scheme_page.blueprint,
    start_pages.blueprint,
    scheme_pages.blueprint,
    settings_views.blueprint,
    type_pages.blueprint,
    eligibility_page.blueprint,
    duty_pages.blueprint,
    look_pages.blueprint,
    ledger_pages.blueprint,
    application_desk.blueprint,
    claim_record.blueprint,
    extending_pages.blueprint,
    sampling_pages.blueprint,
    statement_pages.blueprint,
    row_pages.blueprint,
    cash_pages.blueprint,
    prepare_pages.blueprint,
    due_pages.blueprint,
    sign_pages.blueprint,
    funder_pages.blueprint,
    commitment_pages.blueprint,
    check_pages.blueprint,
    statement_key_pages.blueprint,
    settings_pages.blueprint,
    letter_pages.blueprint,
    integration_pages.blueprint,
    people_pages.blueprint,
    role_pages.blueprint,
    team_pages.blueprint,
    record_pages.blueprint,
    key_views.blueprint,
    outbox.blueprint,
)


@dataclass(frozen=True)
class Office:
    """What an app has at hand for every act: its settings, clock, keys and files."""

    config: Config
    clock: Clock
    ring: KeyRing
    files: FileStore
    scanner: Scanner

    def act(self, actor: Actor) -> Act:
        """An act of this person, here and now; a key that was compromised meanwhile is no longer trusted."""
        self.ring.refresh()
        tables = TableFolder(self.config.modulus)
        return Act(actor, self.clock, self.ring, self.files, self.scanner, self.config.base_url, tables)


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
    app.extensions["voucher"] = Office(
        config, clock, ring, FileStore(config.documents), Scanner(config.scan_command, config.data)
    )
    with app.app_context():
        prepare_engine(db.engine)
    web.prepare(
        app,
        config,
        visitor_of=accounts.visitor_of,
        sign_in_page="accounts.sign_in_page",
        keeper=keeping,
    )
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    register_pages(app)
    return app


def register_pages(app: Flask) -> None:
    """Gives the app its pages."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


def engine_options(url: str) -> dict[str, object]:
    """A pool that notices a restarted server; SQLite waits for the writer before it."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}}
    # No column is of PostgreSQL's type hstore, for which the driver would ask on each new connection.
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "use_native_hstore": False}


def office() -> Office:
    """The office of the current app."""
    return cast(Office, current_app.extensions["voucher"])
