"""What stands on a voucher's paper, gathered from its rows and the key ring."""

from __future__ import annotations

from voucher.audit.commands import record
from voucher.documents.models import Document
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import percent
from voucher.platform.pdf import picture_uri
from voucher.schemes.look import look_of
from voucher.schemes.models import Scheme
from voucher.vouchers.credentials import LIVE, show
from voucher.vouchers.models import Voucher
from voucher.vouchers.paper import VoucherPaper
from voucher.vouchers.policy import why_not_manage

NEXT_STEPS = (
    _("Choose an approved provider and one of its packages."),
    _("Agree a date and a price. Pay nothing yet."),
    _("Show this page when the support starts: the provider scans it."),
    _("Afterwards, tell us what was delivered, and pay your share to the provider."),
)
COPY = _("COPY FOR AUDIT")
HELP_LINE = _("Lost this page? Ask us for a new one; the old one then stops working.")

WELSH = {
    _("Choose an approved provider and one of its packages."): "Dewiswch ddarparwr cymeradwy ac un o'i becynnau.",
    _("Agree a date and a price. Pay nothing yet."): "Cytunwch ar ddyddiad a phris. Peidiwch â thalu dim eto.",
    _("Show this page when the support starts: the provider scans it."): (
        "Dangoswch y dudalen hon pan fydd y cymorth yn dechrau: bydd y darparwr yn ei sganio."
    ),
    _("Afterwards, tell us what was delivered, and pay your share to the provider."): (
        "Wedyn, dywedwch wrthym beth a ddarparwyd, a thalwch eich cyfran i'r darparwr."
    ),
    _("Lost this page? Ask us for a new one; the old one then stops working."): (
        "Wedi colli'r dudalen hon? Gofynnwch am un newydd; bydd yr hen un wedyn yn peidio â gweithio."
    ),
}


def print_paper(act: Act, voucher: Voucher) -> VoucherPaper:
    """The paper for the voucher's business, or for staff who send it there; it is noted who printed it.

    Whoever holds the paper can redeem the voucher.
    """
    if not act.actor.may(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=voucher.business_id):
        act.require(Permission.VOUCHERS_MANAGE, scheme_id=voucher.scheme_id)
        refusal = why_not_manage(act.actor, voucher)
        if refusal:
            raise Forbidden("own_voucher", refusal)
    paper = paper_of(act, voucher)
    record(act.actor, "voucher.printed", voucher, at=act.now, details={"generation": voucher.generation})
    return paper


def paper_of(act: Act, voucher: Voucher) -> VoucherPaper:
    """The paper as it would be printed now, in the business's language (rule 72), with both secrets on it.

    Whoever asks has made sure that it goes to the voucher's own business. Raises DomainError for a voucher that has
    ended, and KeyRingError when its key is compromised and it waits for a new generation.
    """
    if voucher.state not in LIVE:
        raise DomainError(
            "voucher_ended",
            said(
                "Voucher %(voucher)s is %(state)s; it cannot be printed.",
                voucher=voucher.reference,
                state=said(voucher.state),
            ),
        )
    shown = show(act.ring, act.base_url, voucher)
    return _paper(act, voucher, typed_code=shown.typed_code, qr_text=shown.qr_text)


def copy_for_audit(act: Act, voucher: Voucher) -> VoucherPaper:
    """The paper of any voucher, ended ones too, with neither of its secrets: nobody can redeem anything with it."""
    return _paper(act, voucher, typed_code=COPY, qr_text=f"{act.base_url.upper()}/V/COPY")


def _paper(act: Act, voucher: Voucher, *, typed_code: str, qr_text: str) -> VoucherPaper:
    welsh = voucher.business.language == "cy"
    return VoucherPaper(
        scheme_name=voucher.scheme.name,
        scheme_owner=voucher.scheme.owner.name,
        business_name=voucher.business.name,
        reference=voucher.reference,
        face_value_pence=voucher.face_pence,
        remaining_pence=voucher.remaining_pence,
        rate_percent=percent(voucher.rate_bp),
        good_for=list(voucher.good_for),
        last_day=voucher.last_day,
        issued_on=voucher.issued_on,
        terms_brief=list(voucher.terms.brief),
        terms_version=voucher.terms.version,
        typed_code=typed_code,
        qr_text=qr_text,
        contact_line=voucher.scheme.contact_line,
        next_steps=[WELSH[step] if welsh else step for step in NEXT_STEPS],
        help_line=WELSH[HELP_LINE] if welsh else HELP_LINE,
        language="cy" if welsh else "en",
        logo=_logo(act, voucher.scheme),
    )


def _logo(act: Act, scheme: Scheme) -> str:
    look = look_of(scheme)
    if look is None or look.logo_id is None:
        return ""
    document = session.get_one(Document, look.logo_id)
    return picture_uri(act.files.get(document.sha256), document.media_type)
