"""What the pages share on which something of a scheme is entered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import Form, show_refusal

# What commands call the fields of a voucher type, and what forms call them.
TYPE_FIELDS = {"name": "kind_name", "rate_bp": "rate", "face_pence": "face", "cap_pence": "cap"}


def done(act: Act, form: Form, do: Callable[[], object], fields: Mapping[str, str] | None = None) -> bool:
    """Whether what was entered is right and was done, in one transaction; what was refused is named on the form.

    What the person may not do at all is raised.
    """
    if not form.validate_on_submit():
        return False
    try:
        with transaction(act.actor, act.clock):
            do()
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, fields)
        return False
    return True
