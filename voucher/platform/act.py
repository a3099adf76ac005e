"""What every command is given: who acts, by which clock, with which keys and files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from voucher.platform.actor import Actor, Channel
from voucher.platform.authz import Permission
from voucher.platform.clock import Clock, london_date
from voucher.platform.errors import Forbidden
from voucher.platform.files import FileStore
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.keyring import KeyRing
from voucher.platform.modulus_tables import TableFolder
from voucher.platform.scanning import Scanner


@dataclass(frozen=True)
class Act:
    """One act of one person, made at an edge and handed down; commands compose by passing it on."""

    actor: Actor
    clock: Clock
    ring: KeyRing
    files: FileStore
    scanner: Scanner
    base_url: str
    modulus: TableFolder
    proven: bool = False  # by the person's second factor, for this act alone

    @property
    def now(self) -> datetime:
        """The moment, in UTC."""
        return self.clock()

    @property
    def today(self) -> date:
        """The day in London."""
        return london_date(self.clock())

    @property
    def person_id(self) -> int:
        """The person's row; raises Forbidden when the system itself acts where a person must."""
        if self.actor.person_id is None:
            raise Forbidden("person_needed", _("This must be done by a named person."))
        return self.actor.person_id

    def require_second_factor(self) -> None:
        """Raises Forbidden for a money act on a page that no second factor proves.

        Who gives commands on the machine itself is listed on the statement instead (line 28).
        """
        if not self.proven and self.actor.channel in (Channel.WEB, Channel.LINK):
            raise Forbidden("second_factor_needed", _("This needs the code of your second factor."))

    def require(
        self, permission: Permission, *, scheme_id: int | None = None, organisation_id: int | None = None
    ) -> None:
        """Raises Forbidden unless the actor holds the permission there."""
        if not self.actor.may(permission, scheme_id=scheme_id, organisation_id=organisation_id):
            raise Forbidden(
                "no_permission",
                said(
                    "%(actor)s may not do this: it needs %(permission)s.", actor=self.actor.name, permission=permission
                ),
            )
