"""The voucher: credential, issue, expiry, cancellation, replacement, its paper."""
