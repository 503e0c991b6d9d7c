"""
Signing in staff at work: from the provider's claims to a session, with a second factor on the way
where the provider asked for none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chassis.sealing import SealingKey
from cryptography.exceptions import InvalidTag

from portal import people_store, staff_store, totp
from portal.oidc import Provider, Trip
from portal.signin import code_of
from portal.staff_claims import Staff
from portal.tickets import Tickets

if TYPE_CHECKING:
    from chassis.database import Connection

TRIP_LIFE = timedelta(minutes=15)
SECOND_LIFE = timedelta(minutes=10)
TRIES_MAX = 6
TRIES_WITHIN = timedelta(minutes=15)
TRIES_SCOPE = "staff-second"
OWNER = "staff"


class TooMany(Exception):
    """Too many codes were tried for one person."""


@dataclass(frozen=True, slots=True)
class Half:
    """
    Who has come from the provider and still has to give a code; `new_secret` where they have no app
    yet, to be proved by its first code.
    """

    staff: Staff
    next: str
    new_secret: str | None


class StaffDoor:
    """The sign-in of staff in one process. *provider* is None where none is set up."""

    def __init__(self, provider: Provider | None, session_key: bytes) -> None:
        self.provider = provider
        self._trips = Tickets(session_key, "trip", TRIP_LIFE)
        self._halves = Tickets(session_key, "second factor", SECOND_LIFE)
        self._apps = SealingKey(session_key, b"tidtam portal authenticator")

    # The trip to the provider

    def kept(self, trip: Trip, to: str, now: datetime) -> str:
        """*trip* as the browser keeps it."""
        said = {"state": trip.state, "nonce": trip.nonce, "verifier": trip.verifier, "next": to}
        return self._trips.make(OWNER, said, now)

    def trip(self, ticket: str, now: datetime) -> tuple[Trip, str] | None:
        """The trip of `kept` and where it leads; None for anything else."""
        said = self._trips.read(OWNER, ticket, now)
        if said is None:
            return None
        return Trip("", said["state"], said["nonce"], said["verifier"]), said["next"]

    # The second factor

    async def half(self, connection: Connection, staff: Staff, to: str, now: datetime) -> str:
        """A ticket for the second step; with a new secret for who has no app yet."""
        known = await staff_store.second_factor(connection, staff.person)
        secret = totp.new_secret() if known is None else None
        said: dict[str, Any] = {
            "person": staff.person,
            **staff.claims(),
            "next": to,
            "secret": secret,
        }
        return self._halves.make(OWNER, said, now)

    def read_half(self, ticket: str, now: datetime) -> Half | None:
        """Who is between the two steps."""
        said = self._halves.read(OWNER, ticket, now)
        return None if said is None else _half(said)

    async def proves(self, connection: Connection, half: Half, typed: str, now: datetime) -> bool:
        """
        Is *typed* a code of their app, taken for the first time?

        Run it after `count`, in the transaction that begins the session: who takes the app away
        finds either no code taken or the session, and a fault of ours leaves the code good.
        """
        person = half.staff.person
        code = code_of(typed)
        known = await staff_store.second_factor(connection, person)
        if known is None:
            return await self._proves_new(connection, half, code, now)
        try:
            secret = self._apps.open(person, known.sealed).decode()
        except InvalidTag:
            return False
        step = totp.step_of(secret, code, now, known.last_step)
        return step is not None and await staff_store.take_second_factor(connection, person, step)

    async def _proves_new(
        self, connection: Connection, half: Half, code: str, now: datetime
    ) -> bool:
        secret, person = half.new_secret, half.staff.person
        step = None if secret is None else totp.step_of(secret, code, now, 0)
        if secret is None or step is None:
            return False
        sealed = self._apps.seal(person, secret.encode())
        return await staff_store.keep_second_factor(connection, person, sealed, now, step)

    async def count(self, connection: Connection, half: Half, now: datetime) -> None:
        """
        Note a try before it is judged, in no transaction: of many at once none goes uncounted.
        Raises `TooMany`.
        """
        key = hashlib.sha256(half.staff.person.encode()).digest()
        await people_store.add_attempt(connection, TRIES_SCOPE, key, now)
        since = now - TRIES_WITHIN
        if await people_store.count_attempts(connection, TRIES_SCOPE, key, since) > TRIES_MAX:
            raise TooMany


def _half(said: Mapping[str, Any]) -> Half:
    staff = Staff(said["person"], said["name"], tuple(said["roles"]), tuple(said["units"]), False)
    return Half(staff, said["next"], said["secret"])
