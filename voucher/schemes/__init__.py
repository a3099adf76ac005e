"""Programmes: terms, voucher types, rounds and rule settings."""
