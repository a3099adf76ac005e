"""The pages through which a provider's people use a voucher: look it up, record support, make the claim."""
