"""Lets what counts a line or branch take itself out of the code the first time that it is run, for scripts/test.

Slipcover's plugin for pytest leaves it there until it was run fifty times, and in functions that a decorator holds for
good; both together cost a tenth of the tests' time. It is asked for by ``-p``, so that it comes before that plugin.
"""

from __future__ import annotations

from functools import partialmethod

from slipcover.slipcover import Slipcover

Slipcover.__init__ = partialmethod(Slipcover.__init__, immediate=True)
