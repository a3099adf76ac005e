"""Vouchers that live on in a scheme taken over: each with its business, its subsidy records and the days it had."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

from sqlalchemy import select

from voucher.accounts.business_import import WORKS_FOR_A_PROVIDER, provider_addresses
from voucher.accounts.commands import contact_person
from voucher.applications.models import Application
from voucher.applications.queries import live_application
from voucher.applications.rules import ApplicationState
from voucher.audit.commands import begin_state
from voucher.funding.ledger import About, moves, post
from voucher.funding.queries import round_shares, split_over
from voucher.funding.rules import Account, EntryKind
from voucher.organisations.commands import add_organisation
from voucher.organisations.matching import bearers_of, sole_trader_at
from voucher.organisations.models import Organisation
from voucher.platform.act import Act
from voucher.platform.clock import LONDON, long_date
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.platform.references import new_reference
from voucher.schemes.commands import take_from_round
from voucher.schemes.models import Round, Terms
from voucher.subsidies.commands import give_assistance, receive_reply, send_notice
from voucher.subsidies.models import SubsidyRecord
from voucher.vouchers.credential import new_voucher_public_id
from voucher.vouchers.credentials import make_credential
from voucher.vouchers.models import Voucher
from voucher.vouchers.opening_file import Opening, OpeningVoucher
from voucher.vouchers.rules import VoucherState


class OpeningVouchers:
    """The vouchers of one file on their way into a round; what all of them need is read once."""

    def __init__(self, act: Act, target: Round, opening: Opening) -> None:
        self.act, self.target, self.scheme = act, target, target.scheme
        self.signed_through = opening.figures.signed_through
        self.shares = round_shares(target.id)
        self.bearers = bearers_of(number for voucher in opening.vouchers for number in voucher.identifiers)
        self.barred = provider_addresses()
        rows = session.scalars(select(Terms).where(Terms.scheme_id == self.scheme.id))
        self.terms = {terms.version: terms for terms in rows}

    def take_over(self, given: OpeningVoucher) -> Voucher:
        """Issues it here with what is left on it as its face, out of unallocated money; raises DomainError."""
        terms = self._terms(given)
        self._refuse_other_type(given)
        application = self._application(given, self._business(given))
        reply = self._subsidy(given, application)
        voucher = self._voucher(given, application, reply, terms)
        parts = split_over(given.pence, self.shares)
        about = About(application_id=application.id, voucher_id=voucher.id)
        post(
            self.act,
            EntryKind.OPENING,
            self.scheme.id,
            moves(parts, Account.UNALLOCATED, Account.COMMITTED, about),
            reason=f"opening: voucher {given.old_reference} is {voucher.reference} here",
            happened_on=self.signed_through,
        )
        return voucher

    def _terms(self, given: OpeningVoucher) -> Terms:
        terms = self.terms.get(given.terms_version)
        if terms is None:
            raise DomainError(
                "no_terms",
                said("The scheme has no terms %(terms_version)s: add them first.", terms_version=given.terms_version),
                "terms",
            )
        if terms.in_force_from > given.reply_on:
            day = long_date(terms.in_force_from)
            raise DomainError(
                "terms",
                said(
                    "Terms %(version)s are in force from %(day)s only, after the reply.", version=terms.version, day=day
                ),
                "terms",
            )
        return terms

    def _refuse_other_type(self, given: OpeningVoucher) -> None:
        kind = self.target.voucher_type
        if given.pence > kind.face_pence:
            raise DomainError(
                "other_type",
                said(
                    "A voucher of type %(kind)s is worth %(face)s at most: this is another type.",
                    kind=kind.code,
                    face=Amount(kind.face_pence),
                ),
                "value",
            )

    def _business(self, given: OpeningVoucher) -> Organisation:
        """The party that bears one of the numbers, as it is; otherwise a new one."""
        known = {bearer.id: bearer for key in given.keys if (bearer := self.bearers.get(key)) is not None}
        if len(known) > 1:
            names = " and ".join(f"{party.name} ({party.reference})" for party in known.values())
            raise DomainError(
                "two_parties", said("The numbers are those of %(names)s: correct the wrong one.", names=names), "name"
            )
        business = next(iter(known.values()), None)
        if business is None and not given.identifiers:
            business = sole_trader_at(given.name, given.address[3])
        if business is None:
            return add_organisation(
                self.act,
                name=given.name,
                legal_form=str(given.legal_form),
                identifiers=given.identifiers,
                address=given.address,
            )
        if business.id in self.act.actor.organisation_ids:
            message = _("This is your own organisation's voucher: another person must take it over.")
            raise DomainError("own_voucher", message, "name")
        return business

    def _application(self, given: OpeningVoucher, business: Organisation) -> Application:
        """The accepted application behind it; whoever takes it over answers for it and verifies no claim on it."""
        before = live_application(self.scheme.id, business.id)
        if before is not None:
            message = said(
                "%(business)s has application %(before)s in this scheme already (%(state)s).",
                business=business.name,
                before=before.reference,
                state=said(before.state),
            )
            raise Conflict("application_live", message, "name")
        if given.contact_email in self.barred:
            raise DomainError("contact", WORKS_FOR_A_PROVIDER, "contact_email")
        contact = contact_person(
            self.act, name=given.contact_name, email=given.contact_email, phone="", organisation_id=business.id
        )
        take_from_round(self.target, given.pence)
        application = Application(
            reference=new_reference(self.scheme.reference, "A"),
            scheme_id=self.scheme.id,
            round=self.target,
            business=business,
            contact=contact,
            state=ApplicationState.ACCEPTED,
            face_pence=given.pence,
            good_for=list(self.target.voucher_type.good_for),
            validity_days=self.target.voucher_type.validity_days,
            minimum_own_pence=self.target.voucher_type.minimum_own_pence,
            notice_days=self.scheme.notice_days,
            submitted_at=_noon(given.notice_on),
            decided_by=self.act.person_id,
            decided_at=self.act.now,
        )
        session.add(application)
        begin_state(
            self.act.actor,
            "application.taken_over",
            application,
            at=self.act.now,
            old_reference=given.old_reference,
        )
        return application

    def _subsidy(self, given: OpeningVoucher, application: Application) -> SubsidyRecord:
        """Notice, reply and assistance on the days that they had, within the limit of those days (rule 39)."""
        enterprise_id = application.business.enterprise_id
        notice = send_notice(
            self._on(given.notice_on), scheme_id=self.scheme.id, application_id=application.id, pence=given.pence
        )
        reply = receive_reply(
            self._on(given.reply_on), notice, enterprise_id=enterprise_id, declared_pence=given.declared_pence
        )
        give_assistance(
            self._on(given.issued_on),
            scheme_id=self.scheme.id,
            application_id=application.id,
            enterprise_id=enterprise_id,
            pence=given.pence,
        )
        return reply

    def _on(self, day: date) -> Act:
        """The same act as if on that day, for the records of what was done then."""
        return replace(self.act, clock=lambda: _noon(day))

    def _voucher(self, given: OpeningVoucher, application: Application, reply: SubsidyRecord, terms: Terms) -> Voucher:
        kind = self.target.voucher_type
        voucher = Voucher(
            public_id=new_voucher_public_id().hex(),
            reference=new_reference(self.scheme.reference, "V"),
            scheme=self.scheme,
            round_id=self.target.id,
            application=application,
            business=application.business,
            voucher_type=kind,
            terms=terms,
            subsidy_reply_id=reply.id,
            state=VoucherState.ISSUED,
            face_pence=given.pence,
            remaining_pence=given.pence,
            rate_bp=kind.rate_bp,
            cap_pence=kind.cap_pence,
            minimum_own_pence=kind.minimum_own_pence,
            good_for=list(kind.good_for),
            late_session_days=self.scheme.late_session_days,
            claim_window_days=self.scheme.claim_window_days,
            payment_days=self.scheme.payment_days,
            issued_at=_noon(given.issued_on),
            issued_on=given.issued_on,
            last_day=given.last_day,
            generation=1,
        )
        session.add(voucher)
        begin_state(
            self.act.actor,
            "voucher.taken_over",
            voucher,
            at=self.act.now,
            old_reference=given.old_reference,
            counts_from=self.signed_through.isoformat(),
            terms=terms.version,
        )
        make_credential(self.act, voucher)
        return voucher


def _noon(day: date) -> datetime:
    """A moment that falls on the day in London and in UTC alike, where a file knows only the day."""
    return datetime.combine(day, time(12), LONDON)
