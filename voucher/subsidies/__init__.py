"""Minimal Financial Assistance: what an enterprise has received, notices, replies and letters."""
