"""What could be paid now: approved claims gathered into one payment for each provider; changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from voucher.payments.rules import Route
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.providers.models import PayeeDetails, SupplierNumber
from voucher.providers.payees import why_not_usable
from voucher.providers.queries import current_details_of
from voucher.providers.rules import ProviderState
from voucher.providers.supplier_numbers import current_numbers_of, why_number_cannot_be_used
from voucher.redemptions.models import Redemption


@dataclass(frozen=True)
class LeftOut:
    """An approved claim that a batch could not take, and why."""

    redemption: Redemption
    reason: str


@dataclass(frozen=True)
class Ready:
    """The claims of one provider that can be paid now, to its current details, or under its current supplier number."""

    details: PayeeDetails
    claims: tuple[Redemption, ...]
    supplier_number: SupplierNumber | None = None

    @property
    def pence(self) -> int:
        """What the provider is paid."""
        return sum(claim.grant_pence for claim in self.claims)


@dataclass(frozen=True)
class Gathered:
    """What could be paid now, one payment for each provider, and what could not, and why."""

    ready: tuple[Ready, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def pence(self) -> int:
        """The sum of the payments."""
        return sum(each.pence for each in self.ready)


def gather(claims: Sequence[Redemption], route: Route) -> Gathered:
    """Sorts approved claims into payments and those that cannot be paid now by this route; changes nothing."""
    payable: dict[int, list[Redemption]] = defaultdict(list)
    details: dict[int, PayeeDetails] = {}
    left_out: list[LeftOut] = []
    providers = {claim.provider_id for claim in claims}
    current = current_details_of(providers)
    numbered = route is Route.ACCOUNTS_PAYABLE
    numbers = current_numbers_of(providers) if numbered else {}
    for claim in claims:
        found = _payable_details(claim, current.get(claim.provider_id))
        if numbered and not isinstance(found, str):
            found = why_number_cannot_be_used(numbers.get(claim.provider_id)) or found
        if isinstance(found, str):
            left_out.append(LeftOut(claim, found))
        else:
            payable[claim.provider_id].append(claim)
            details[claim.provider_id] = found
    ready = tuple(
        Ready(details[provider_id], tuple(found), numbers.get(provider_id)) for provider_id, found in payable.items()
    )
    return Gathered(ready, tuple(left_out))


def _payable_details(claim: Redemption, details: PayeeDetails | None) -> PayeeDetails | str:
    if claim.on_hold:
        return said("It is on hold: %(reason)s", reason=claim.hold_reason)
    if claim.provider.state == ProviderState.SUSPENDED:
        return _("The provider is suspended.")
    if details is None:
        return _("The provider has no bank details.")
    return why_not_usable(details) or details
