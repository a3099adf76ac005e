"""Checking a statement's PDF with nothing but the file: no database, no data folder, no network (rules 54 to 56).

No figure here comes from the code that works a statement out and draws it: each is worked out again from the attached
data, and each printed one is read back from the pages. Shared is only what is said of figures beyond the agreed limits
(``voucher.reports.breaches``), which works on the data alone.
"""
