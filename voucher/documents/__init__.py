"""Uploaded and produced files: type by content, name ours, hash kept."""
