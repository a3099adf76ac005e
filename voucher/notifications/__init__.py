"""Messages: outbox rows in the transaction, rendered and delivered after it."""
