"""Pages of payments: batches, bank lines, drawdowns and debts."""
