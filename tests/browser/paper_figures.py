"""What was worked out on paper before the journey began. Nothing here is computed by the product.

The package costs £1,000.00, of which the voucher may pay 80%, at most £750.00. The provider's invoice is lower:

    price before VAT             612.37
    VAT at 20%                   122.47
    80% of 612.37 is 489.896: never rounded up, so the voucher pays
                                 489.89
    the business pays of the price
                 612.37 - 489.89 122.48
    the business pays in all
                 122.48 + 122.47 244.95
    of the award of 10,000.00 a voucher of 750.00 was issued, and the rest of it stays on it
                 750.00 - 489.89 260.11
    never offered               9,250.00
"""

from __future__ import annotations

NET, VAT = "612.37", "122.47"
GRANT = "489.89"
OWN = "122.48"
PAID_BY_BUSINESS = "244.95"
LEFT_ON_VOUCHER = "260.11"
NEVER_OFFERED = "9250.00"
FACE = "750.00"
HELD_AT_FIRST = "750.00"


def pence(figure: str) -> int:
    """A figure of the paper as whole pence."""
    return int(figure.replace(".", ""))
