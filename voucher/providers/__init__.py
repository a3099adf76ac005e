"""Providers of tech support: vetting, approval, packages, payee details, suspension."""
