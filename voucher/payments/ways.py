"""How a scheme pays: proposed by its administrator, confirmed by its signer, in force from then on.

The way decides what file a batch becomes, from which account it is paid, and above which sum it takes two approvers.
Until one is confirmed a scheme makes the plain bank file, from no named account, with one approver.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from voucher.accounts.rules import PROPOSALS
from voucher.accounts.rules import ProposalState as S
from voucher.audit.commands import begin_state, change_state
from voucher.organisations.identifiers import IdentifierError, account_number, sort_code
from voucher.payments.file_templates import Template
from voucher.payments.pain001 import Party
from voucher.payments.rules import FileFormat, Route
from voucher.payments.template_store import built_in, newest_template, template_of
from voucher.payments.way_models import PayingWay
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRing
from voucher.platform.modulus import fits
from voucher.schemes.models import Scheme


@dataclass(frozen=True)
class Way:
    """The way in force; without a template the file is pain.001. Amounts in pence."""

    route: Route
    code: str
    template: Template | None
    second_approval_pence: int | None = None
    paying_way: PayingWay | None = None

    def takes_two_approvers(self, pence: int) -> bool:
        """Whether a batch of this sum must be approved by a second person after the first."""
        return self.second_approval_pence is not None and pence > self.second_approval_pence


@dataclass(frozen=True)
class NewWay:
    """What is proposed; ``file`` is a known format or a template's code. An empty account is none."""

    file: str
    account_name: str = ""
    sort_code: str = ""
    account_number: str = ""
    second_approval_pence: int | None = None


def way_in_force(scheme_id: int) -> Way:
    """How the scheme pays now."""
    found = session.scalar(
        select(PayingWay)
        .where(PayingWay.scheme_id == scheme_id, PayingWay.state == str(S.CONFIRMED))
        .options(joinedload(PayingWay.template))
        .order_by(PayingWay.decided_at.desc(), PayingWay.id.desc())
        .limit(1)
    )
    if found is None:
        template = built_in(FileFormat.BANK_CSV)
        return Way(template.route, str(FileFormat.BANK_CSV), template)
    return as_way(found)


def as_way(found: PayingWay) -> Way:
    """A way as it was proposed or confirmed."""
    template: Template | None = None
    if found.template is not None:
        template, code = template_of(found.template), found.template.code
    else:
        code = str(found.file_format)
        template = built_in(FileFormat(code)) if code != FileFormat.PAIN_001 else None
    return Way(Route(found.route), code, template, found.second_approval_pence, found)


def own_account(ring: KeyRing, way: Way) -> Party | None:
    """The scheme's own account in the clear, for the bank file alone."""
    found = way.paying_way
    if found is None or found.account_number_encrypted is None:
        return None
    name, code = found.account_name_encrypted or "", found.sort_code_encrypted or ""
    return Party(ring.decrypt(name), ring.decrypt(code), ring.decrypt(found.account_number_encrypted))


def propose_way(act: Act, scheme: Scheme, new: NewWay, *, reason: str) -> PayingWay:
    """Proposes another way, for the scheme's signer to confirm; raises DomainError, at the field, for what is wrong."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    act.require_second_factor()
    _need_reason(reason)
    scheme = session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)
    if waiting_way(scheme.id) is not None:
        raise Conflict("proposed_already", _("Another way of paying is proposed already and waits for the signer."))
    way = _with_file(scheme, new)
    _add_account(act, way, new)
    _refuse_without_account(way)
    way.reason, way.proposed_by, way.proposed_at = reason.strip(), act.person_id, act.now
    session.add(way)
    begin_state(act.actor, "paying_way.proposed", way, at=act.now, reason=way.reason, **_told(way))
    return way


def _with_file(scheme: Scheme, new: NewWay) -> PayingWay:
    way = PayingWay(scheme=scheme, state=S.PROPOSED, second_approval_pence=new.second_approval_pence)
    if new.file in list(FileFormat):
        known = FileFormat(new.file)
        way.file_format = str(known)
        way.route = str(Route.BANK_FILE if known is FileFormat.PAIN_001 else built_in(known).route)
        return way
    template = newest_template(scheme.id, new.file)
    if template is None:
        raise DomainError("no_template", _("Choose a kind of file that this scheme can make."), "file")
    way.template, way.route = template, template.route
    return way


def _add_account(act: Act, way: PayingWay, new: NewWay) -> None:
    given = (new.account_name.strip(), new.sort_code.strip(), new.account_number.strip())
    if not any(given):
        return
    if not given[0]:
        raise DomainError("account", _("Enter the name on the scheme's own account."), "account_name")
    try:
        code = sort_code(given[1])
    except IdentifierError as wrong:
        raise DomainError("account", str(wrong), "sort_code") from wrong
    try:
        number = account_number(given[2])
    except IdentifierError as wrong:
        raise DomainError("account", str(wrong), "account_number") from wrong
    tables = act.modulus.tables()
    if tables is not None and fits(tables, code, number) is False:
        words = _("This account number does not fit the sort code. Check both against a statement of the account.")
        raise DomainError("modulus", words, "account_number")
    way.account_name_encrypted, way.sort_code_encrypted = act.ring.encrypt(given[0]), act.ring.encrypt(code)
    way.account_number_encrypted, way.last_four = act.ring.encrypt(number), number[-4:]


def _refuse_without_account(way: PayingWay) -> None:
    found = as_way(way)
    needs = found.template is None or found.template.needs_own_account
    if needs and way.last_four is None:
        words = _("This kind of file names the scheme's own account: enter it.")
        raise DomainError("account_needed", words, "account_name")


def _told(way: PayingWay) -> dict[str, object]:
    """What the audit trail keeps of a way: no account but its last digits."""
    return {
        "route": way.route,
        "file": way.file_format or (way.template.reference if way.template else ""),
        "account_ends_in": way.last_four,
        "second_approval_pence": way.second_approval_pence,
    }


def confirm_way(act: Act, way: PayingWay) -> None:
    """The signer confirms, and batches that are exported from now on go this way; raises Forbidden for the proposer."""
    act.require(Permission.STATEMENTS_SIGN, scheme_id=way.scheme_id)
    act.require_second_factor()
    way = _locked(way)
    refusal = why_not_confirm_way(act, way)
    if refusal:
        raise Forbidden("paying_way_duty", refusal)
    change_state(act.actor, "paying_way.confirmed", way, S.CONFIRMED, PROPOSALS, at=act.now, reason=way.reason)
    way.decided_by, way.decided_at = act.person_id, act.now


def why_not_confirm_way(act: Act, way: PayingWay) -> str | None:
    """Why this person cannot confirm the way, or None."""
    if way.proposed_by == act.actor.person_id:
        return _("You proposed this: the signer must confirm it, and must be somebody else.")
    if not act.actor.may(Permission.STATEMENTS_SIGN, scheme_id=way.scheme_id):
        return _("Only the signer of the scheme confirms this.")
    return None


def end_way_proposal(act: Act, way: PayingWay, *, reason: str) -> None:
    """Whoever proposed it withdraws it, or the signer declines it, with a reason."""
    own = way.proposed_by == act.actor.person_id
    act.require(Permission.SCHEMES_SET_UP if own else Permission.STATEMENTS_SIGN, scheme_id=way.scheme_id)
    _need_reason(reason)
    way = _locked(way)
    to = S.WITHDRAWN if own else S.DECLINED
    change_state(act.actor, f"paying_way.{to}", way, to, PROPOSALS, at=act.now, reason=reason.strip())
    way.decided_by, way.decided_at = act.person_id, act.now


def waiting_way(scheme_id: int) -> PayingWay | None:
    """The way that waits for the signer, if any."""
    return session.scalar(select(PayingWay).where(PayingWay.scheme_id == scheme_id, PayingWay.state == str(S.PROPOSED)))


def _locked(way: PayingWay) -> PayingWay:
    return session.get_one(PayingWay, way.id, with_for_update=True, populate_existing=True)


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why."), "reason")
