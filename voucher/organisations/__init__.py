"""One table of parties, their identifiers and the enterprises they form."""
