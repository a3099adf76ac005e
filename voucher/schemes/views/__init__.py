"""Pages of schemes: settings, terms and voucher types."""
