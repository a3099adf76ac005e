"""Auditors' samples: drawn so that anybody can draw them again, looked into item by item, and extrapolated."""
