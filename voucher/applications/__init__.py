"""A business asks for a voucher in a round, and is answered."""
