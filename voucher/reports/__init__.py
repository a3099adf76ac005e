"""Statements, reconciliation, figures and exports."""
