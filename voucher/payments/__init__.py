"""Batches, bank files out, bank lines in, matching, drawdowns, debts."""
