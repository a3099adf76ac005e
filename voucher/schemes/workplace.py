"""In which scheme somebody works on a page: the one that the address names, or the first that they may work in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.forms import Filters
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act
from voucher.schemes.models import Scheme
from voucher.schemes.queries import schemes_with


@dataclass(frozen=True)
class Workplace:
    """The scheme that a page is about, and all those between which the person could choose."""

    scheme: Scheme
    choice: Sequence[Scheme]

    @property
    def args(self) -> dict[str, Any]:
        """What addresses of this scheme's pages carry: nothing where there is no choice."""
        return {"scheme": self.scheme.reference} if len(self.choice) > 1 else {}


def working_in(*permissions: Permission) -> Workplace:
    """Where whoever sends this request holds one of the permissions; raises NotFound when it is nowhere."""
    choice = schemes_with(current_act().actor, *permissions)
    wanted = request.args.get("scheme", "").strip().upper()
    for scheme in choice:
        if wanted in ("", scheme.reference):
            return Workplace(scheme, choice)
    raise NotFound("no_scheme", _("There is no such scheme in which you may do this."))


def offer_schemes(form: Filters, schemes: Sequence[Scheme]) -> None:
    """Lets a list of several schemes be narrowed to one; whoever works in one is not asked."""
    if len(schemes) < 2:
        del form.scheme
        return
    named = [SelectChoice(each.reference, each.name) for each in schemes]
    form.scheme.choices = [SelectChoice("", translate(_("Any scheme"))), *named]


def narrowed(form: Filters, schemes: Sequence[Scheme]) -> Sequence[Scheme]:
    """The schemes that the filters leave: the one that is chosen, or all."""
    chosen = form.scheme.data if "scheme" in form else ""
    return [each for each in schemes if each.reference == chosen] or schemes
