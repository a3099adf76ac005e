"""What goes with a signature: the key, the audit trail's head, where the file is checked, and who is told."""

from __future__ import annotations

from sqlalchemy import or_, select

from voucher.accounts.models import Membership, Person
from voucher.accounts.rules import Role
from voucher.audit.queries import head
from voucher.funding.models import Agreement
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.reports.models import Statement
from voucher.reports.verify.signed import AuditHead, Signature, Signer


def signer_for(act: Act) -> Signer:
    """The installation's key for statements with the audit trail's newest seal, which is signed along."""
    key = act.ring.statement_signer(act.now)
    return Signer(key.kid, key.public, key.sign, AuditHead(*head()))


def signer_again(act: Act, mandate: Signature) -> Signer:
    """The key that signed a mandate, with the head that was signed along; raises DomainError when that key is gone."""
    kid = mandate.members["key_id"]
    for key in act.ring.statement_keys():
        if key.kid == kid and key.public == mandate.public:
            return Signer(key.kid, key.public, key.sign, mandate.head)
    words = _("The key ring does not have key %(kid)s, with which the statement was signed. Put the right ring back.")
    raise DomainError("statement_key_missing", said(words, kid=kid))


def check_address(base_url: str, public_id: str) -> str:
    """Where whoever holds the statement can have its file checked; good in capitals, too, as its QR code has it."""
    return f"{base_url.rstrip('/')}/S/{public_id}"


def tell_of_signing(act: Act, statement: Statement, agreement: Agreement) -> None:
    """Mails the audit trail's head, the hash and the key to the funder's people and to the auditors.

    So they lie outside of the installation, and nobody who could write to its database can change them.
    """
    for person in _readers(act, statement, agreement):
        tell(
            act,
            "statement_signed",
            email=person.email,
            scheme_id=statement.scheme_id,
            person_id=person.id,
            statement_id=statement.id,
        )


def _readers(act: Act, statement: Statement, agreement: Agreement) -> list[Person]:
    funders = (Membership.role == str(Role.FUNDER)) & (Membership.organisation_id == agreement.funder_id)
    everywhere = or_(Membership.scheme_id.is_(None), Membership.scheme_id == statement.scheme_id)
    auditors = (Membership.role == str(Role.AUDITOR)) & everywhere
    return list(
        session.scalars(
            select(Person)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                or_(funders, auditors),
                Membership.began_at <= act.now,
                or_(Membership.ended_at.is_(None), Membership.ended_at > act.now),
                Person.active,
            )
            .order_by(Person.id)
            .distinct()
        )
    )
