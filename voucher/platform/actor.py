"""Who acts, through which channel, and what they were granted. Only the edges make one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from voucher.platform.authz import Permission


class Channel(StrEnum):
    """How the act reached the system; command-line acts are counted on each statement (line 28)."""

    WEB = "web"
    LINK = "one-time link"
    COMMAND_LINE = "command line"
    WORKER = "worker"


@dataclass(frozen=True)
class Grant:
    """A permission in a scheme, for an organisation, or (both None) everywhere."""

    permission: Permission
    scheme_id: int | None = None
    organisation_id: int | None = None


@dataclass(frozen=True)
class Actor:
    """A person at one moment, with the grants in force then. ``person_id`` is None for the system's own worker."""

    person_id: int | None
    name: str
    channel: Channel
    grants: frozenset[Grant] = frozenset()
    organisation_ids: frozenset[int] = frozenset()
    address: str = ""

    def may(self, permission: Permission, *, scheme_id: int | None = None, organisation_id: int | None = None) -> bool:
        """Whether a grant covers the permission in that scheme and for that organisation."""
        return any(
            grant.permission == permission
            and grant.scheme_id in (None, scheme_id)
            and grant.organisation_id in (None, organisation_id)
            for grant in self.grants
        )

    @property
    def is_person(self) -> bool:
        """False for the worker, which acts for nobody and holds no grants."""
        return self.person_id is not None


WORKER = Actor(person_id=None, name="system", channel=Channel.WORKER)
