"""Files of the bank and of the payment run: read, checked against their own balances, and taken in once."""
