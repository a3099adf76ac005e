"""Checking a statement's PDF with nothing but the file: no database, no data folder, no network (rules 54 to 56).

Nothing here is shared with the code that works a statement out and draws it: every figure is worked out again from the
attached data, and every printed figure is read back from the pages.
"""
