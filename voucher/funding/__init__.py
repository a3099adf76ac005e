"""The ledger, agreements, funding lines and what a round may draw on."""
