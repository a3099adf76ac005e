"""A scheme's own looks on its public pages: an action colour that can be read, and a logo."""

from __future__ import annotations

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.documents.commands import RETAINED_LOOK, keep_document
from voucher.documents.models import Document
from voucher.documents.rules import sniff
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.schemes.models import Scheme, SchemeLook
from voucher.schemes.rules import COLOUR, LEAST_CONTRAST, least_contrast

LOGO_BYTES = 300_000
LOGO_TYPES = ("image/png", "image/jpeg")


def set_colour(act: Act, scheme: Scheme, colour: str) -> None:
    """Sets the action colour, like ``#00596b``; raises DomainError, at the field, for one that cannot be read."""
    colour = colour.strip().lower()
    if not COLOUR.fullmatch(colour):
        raise DomainError("colour", _("Enter a colour as # and six digits or letters from a to f."), "colour")
    ratio = least_contrast(colour)
    if ratio < LEAST_CONTRAST:
        words = said(
            "The contrast of this colour with white and with the page is %(ratio)s to 1. It must be "
            "at least %(least_contrast)s to 1, so that everybody can read it: choose a darker one.",
            ratio=f"{ratio:.2f}",
            least_contrast=LEAST_CONTRAST,
        )
        raise DomainError("contrast", words, "colour")
    look = _look(act, scheme)
    before, look.colour = look.colour, colour
    _note(act, scheme, look, "scheme.colour_set", {"colour": [before, colour]})


def set_logo(act: Act, scheme: Scheme, *, data: bytes, name: str) -> None:
    """Sets the logo, a PNG or JPEG file by its content; raises DomainError, at the field, for any other."""
    if len(data) > LOGO_BYTES:
        raise DomainError(
            "logo_too_large", said("The logo is larger than %(logo_bytes)s kB.", logo_bytes=LOGO_BYTES // 1000), "logo"
        )
    if sniff(data) not in LOGO_TYPES:
        raise DomainError("logo_type", _("The logo must be a PNG or JPEG file."), "logo")
    look = _look(act, scheme)
    document = keep_document(act, scheme_id=scheme.id, data=data, name=name, retention_class=RETAINED_LOOK)
    look.logo_id = document.id
    _note(act, scheme, look, "scheme.logo_set", {"sha256": document.sha256})


def reset_look(act: Act, scheme: Scheme) -> None:
    """Goes back to the product's own colour, without a logo; the files stay, as every uploaded file does."""
    look = _look(act, scheme)
    look.colour, look.logo_id = None, None
    _note(act, scheme, look, "scheme.look_reset", {})


def look_of(scheme: Scheme) -> SchemeLook | None:
    """The looks that the scheme has set, if any."""
    return session.scalar(select(SchemeLook).where(SchemeLook.scheme_id == scheme.id))


def logo_of(scheme: Scheme) -> Document:
    """The scheme's logo; raises NotFound when it has none."""
    found = session.scalar(
        select(Document).join(SchemeLook, SchemeLook.logo_id == Document.id).where(SchemeLook.scheme_id == scheme.id)
    )
    if found is None:
        raise NotFound("no_logo", _("This scheme has no logo."))
    return found


def _look(act: Act, scheme: Scheme) -> SchemeLook:
    """The scheme's looks under its lock, made when there are none yet."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    scheme = session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)
    found = look_of(scheme)
    if found is None:
        found = SchemeLook(scheme_id=scheme.id, set_at=act.now)
        session.add(found)
    return found


def _note(act: Act, scheme: Scheme, look: SchemeLook, action: str, details: dict[str, object]) -> None:
    look.set_at = act.now
    session.flush()
    record(act.actor, action, scheme, at=act.now, details=details)
