"""``python -m voucher`` is the command line."""

from __future__ import annotations

from voucher.cli import main

if __name__ == "__main__":
    main()
