"""Look-ups, delivery sessions, claims, evidence, the business's word, disputes, verification."""
