"""Watching over what was claimed and paid: irregularities, and what is concentrated in few hands."""
