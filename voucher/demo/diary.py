"""The diary of the demo: lives that go on side by side, each waiting for its own next day, played in order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

from voucher.demo.player import Player

Life = Iterator[datetime]
"""Something that does a few commands, gives the moment when it goes on, and so forth until it is over."""

BETWEEN_COMMANDS = timedelta(seconds=40)


class Diary:
    """Plays lives up to ``now``; what they wait for after that does not happen."""

    def __init__(self, player: Player, now: datetime) -> None:
        self.player = player
        self.now = now
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._order = count()

    def begin(self, life: Life, at: datetime) -> None:
        """A life that begins at a moment."""
        heapq.heappush(self._waiting, (at, next(self._order), life))

    def play(self) -> None:
        """All lives to their end or to ``now``; the clock never goes back, whoever is behind with their work."""
        moment = self._waiting[0][0]
        while self._waiting:
            wanted, _number, life = heapq.heappop(self._waiting)
            if wanted > self.now:
                return
            moment = min(max(moment, wanted), self.now)
            self.player.moment = moment
            following = next(life, None)
            moment = max(moment, min(self.player.moment, self.now))
            if following is not None:
                self.begin(life, following)
