"""The command line: everything that an operator, an officer or a script needs, over the domains' commands."""

from voucher.cli.main import main as main
