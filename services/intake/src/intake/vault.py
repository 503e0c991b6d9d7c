"""The payee vault at work: events leave with payee ids, what they said of a person stays sealed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from chassis.database import Connection
from chassis.outbox import Outgoing
from contracts.events import Inbound, Mention
from contracts.process import Process

from intake import publish, vault_store
from intake.payees import PayeeKeys, content_with, identifying, payee_id_of
from intake.vault_store import PayeeRow


class Vault:
    """Resolves the payees of a batch."""

    def __init__(self, keys: PayeeKeys) -> None:
        self._keys = keys

    async def resolve(
        self,
        connection: Connection,
        events: Sequence[Inbound],
        processes: Mapping[str, Process],
        now_us: int,
    ) -> list[Outgoing]:
        """
        Put payee ids in the place of identities, in the events themselves.

        Returns the `payee` messages of those about whom something new was said.
        """
        mentions: dict[str, list[Mention]] = defaultdict(list)
        named: dict[str, set[bytes]] = defaultdict(set)
        said_us: dict[str, int] = {}
        for event in events:
            schemes = processes[event.process].identities
            for mention in event.mentions:
                payee_id = payee_id_of(mention, schemes, self._keys)
                replace(event.data, mention.path, payee_id)
                mentions[payee_id].append(mention)
                said_us[payee_id] = max(event.instant_us, said_us.get(payee_id, 0))
                real = identifying(mention, schemes)
                named[payee_id].update(self._keys.blind(identity) for identity in real)
        if not mentions:
            return []
        every = {blind for mine in named.values() for blind in mine}
        owners = await vault_store.find_identities(connection, every) if every else {}
        known = await self._family(connection, {*mentions, *owners.values()})
        redirects = roots(_same(named, owners, known))
        rows = self._changed(mentions, redirects, known)
        leads = {b: redirects.get(p, p) for p, mine in named.items() for b in mine}
        blinds = {b: to for b, to in leads.items() if owners.get(b) != to}
        await vault_store.save_payees(connection, rows, blinds)
        told = [(row, said_us.get(row.payee_id)) for row in rows]
        return [
            Outgoing(
                "payee",
                r.payee_id.encode(),
                publish.payee(r.payee_id, r.version, r.sealed, r.redirect_to, said, now_us),
            )
            for r, said in told
        ]

    def seal_unread(self, event: Inbound) -> bytes | None:
        """The fields nobody reads, sealed: nonce and ciphertext. None where there are none."""
        if not event.unread:
            return None
        sealed = self._keys.seal(f"{event.source}/{event.id}", event.unread)
        return sealed.nonce + sealed.sealed

    async def _family(self, connection: Connection, ids: set[str]) -> dict[str, PayeeRow]:
        """The vault's rows of these payees and of all whom they lead to."""
        known: dict[str, PayeeRow] = {}
        asked: set[str] = set()
        while ids - asked:
            found = await vault_store.load_payees(connection, ids - asked)
            asked |= ids
            known |= found
            ids = {row.redirect_to for row in found.values() if row.redirect_to is not None}
        return known

    def _changed(
        self,
        mentions: Mapping[str, Sequence[Mention]],
        redirects: Mapping[str, str],
        known: Mapping[str, PayeeRow],
    ) -> list[PayeeRow]:
        """The vault's rows that say something new now, each with the next version."""
        rows = []
        for payee_id in sorted(mentions.keys() | (redirects.keys() & known.keys())):
            row = known.get(payee_id)
            before: dict[str, Any] = {} if row is None else self._keys.open(payee_id, row.sealed)
            content = content_with(before, mentions.get(payee_id, ()))
            to = redirects.get(payee_id, None if row is None else row.redirect_to)
            if row is not None and content == before and to == row.redirect_to:
                continue
            version = 1 if row is None else row.version + 1
            rows.append(PayeeRow(payee_id, version, self._keys.seal(payee_id, content), to))
        return rows


def _same(
    named: Mapping[str, set[bytes]], owners: Mapping[bytes, str], known: Mapping[str, PayeeRow]
) -> Iterator[tuple[str, str]]:
    """Pairs of payees that are the same: by an identity they share, and by what was told before."""
    for payee_id, mine in named.items():
        yield from ((payee_id, owners[blind]) for blind in mine if blind in owners)
    by_blind: dict[bytes, str] = {}
    for payee_id, mine in named.items():
        yield from ((payee_id, by_blind.setdefault(blind, payee_id)) for blind in mine)
    for row in known.values():
        if row.redirect_to is not None:
            yield row.payee_id, row.redirect_to


def roots(same: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Whom each payee leads to: the smallest id of all that are the same. The smallest has none."""
    leads: dict[str, str] = {}

    def root(payee_id: str) -> str:
        while payee_id in leads:
            payee_id = leads[payee_id]
        return payee_id

    for one, other in same:
        first, second = sorted((root(one), root(other)))
        if first != second:
            leads[second] = first
    return {payee_id: root(payee_id) for payee_id in leads}


def replace(data: Any, path: Sequence[str | int], value: str) -> None:
    """Put *value* at *path* in nested JSON."""
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = value
