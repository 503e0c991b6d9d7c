"""What of a payee's state is written beside it, opened for a moment. Pure; nothing is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chassis.sealing import Sealed

from portal import search
from portal.model import Payee
from portal.rows import PayeeRow
from portal.vault import Vault


class KeptPayee(NamedTuple):
    """What is kept of a payee, as far as the next state of it needs to know."""

    version: int
    sealed: Sealed
    contact_changed_at: datetime | None


class OpenedPayee(NamedTuple):
    """A payee as it is written: sealed, and beside it only keyed hashes of its name and numbers."""

    row: PayeeRow
    name_grams: Sequence[str]
    blinds: Sequence[bytes]
    contact_changed_at: datetime | None


class Relative(NamedTuple):
    """A payee as it is kept, sealed, with the one it leads to."""

    payee_id: str
    root_id: str
    sealed: Sealed


WISHES = frozenset({"language", "off"})
"""What of a contact is no way to reach anybody; whatever else a source calls it is one."""


def opened(row: PayeeRow, before: KeptPayee | None, vault: Vault) -> OpenedPayee:
    """
    A payee as it is written, and what it is found by.

    Of a payee who was not known before and whose state is not the first, the change may lie in what
    was not seen: its newest fact counts as one, so that codes wait rather than go astray.
    """
    content = vault.open(row.payee_id, Sealed(row.key_id, row.nonce, row.sealed))
    unseen = before is None and row.version > 1
    known = None if before is None else before.contact_changed_at
    return OpenedPayee(
        row=row,
        name_grams=name_grams(content.get("name"), vault),
        blinds=[vault.blind(identity) for identity in identities_of(content)],
        contact_changed_at=row.said_at if unseen else known,
    )


class Kept(NamedTuple):
    """A payee as it is kept, sealed."""

    payee_id: str
    sealed: Sealed
    contact_changed_at: datetime | None


def payee_of(root: str, kept: Sequence[Kept], vault: Vault) -> Payee:
    """
    The person behind these payees, of whom *root* is the one that stayed: what is said of that one
    counts, the others fill what it leaves open.
    """
    family = sorted(kept, key=lambda one: (one.payee_id != root, one.payee_id))
    contents = [vault.open(one.payee_id, one.sealed) for one in family]
    changes = [at for one in family if (at := one.contact_changed_at) is not None]
    contact, account = _merged(contents, "contact"), _merged(contents, "account")
    return Payee(
        payee_id=root,
        ids=sorted({root, *(one.payee_id for one in family)}),
        name=_first(contents, "name"),
        kind=_first(contents, "kind"),
        contact=contact,
        account=account,
        identities=sorted({one for content in contents for one in identities_of(content)}),
        contact_changed_at=max(changes, default=None),
    )


def _first(contents: Sequence[Mapping[str, Any]], name: str) -> str | None:
    told = (content.get(name) for content in contents)
    return next((one for one in told if isinstance(one, str) and one), None)


def _merged(contents: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    merged: dict[str, Any] = {}
    for content in reversed(contents):
        told = content.get(name)
        merged |= told if isinstance(told, dict) else {}
    return merged


def identities_of(content: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Scheme, issuer and value of each number a payee is known by."""
    told = content.get("identities") or ()
    return [(one[0], one[1], one[2]) for one in told if len(one) == 3]


def name_grams(name: object, vault: Vault) -> list[str]:
    """The pieces of a name, hashed: what it is found by."""
    if not isinstance(name, str):
        return []
    _, pieces = search.index([name])
    return sorted(vault.blind_gram(piece) for piece in pieces)


class Moves(NamedTuple):
    """Whose way to be reached is another one now, and the payees whose new states made it so."""

    ids: frozenset[str]
    causes: frozenset[str]


def moves(
    news: Collection[str], before: Sequence[Relative], after: Sequence[Relative], vault: Vault
) -> Moves:
    """
    What the states of *news* changed in how people are reached. *before* and *after* are all
    payees of the families they touch, as they were and as they are kept now.

    Asked of the family, not of the row: a join may bring another address, and a row may say anew
    what another row of the same person said before.
    """
    was, ways = {one.payee_id: one.root_id for one in before}, _ways(before, vault)
    now, ways_now = {one.payee_id: one.root_id for one in after}, _ways(after, vault)
    ids = {one for one, root in was.items() if one in now and ways[root] != ways_now[now[one]]}
    left, joined = {was[one] for one in ids}, {now[one] for one in ids}
    causes = {one for one in news if was.get(one) in left or now.get(one) in joined}
    return Moves(frozenset(ids), frozenset(causes))


def _ways(relatives: Sequence[Relative], vault: Vault) -> Mapping[str, Mapping[str, object]]:
    families: dict[str, list[Relative]] = {}
    for one in sorted(relatives, key=lambda one: (one.payee_id != one.root_id, one.payee_id)):
        families.setdefault(one.root_id, []).append(one)
    return {
        root: _addresses(_merged([vault.open(one.payee_id, one.sealed) for one in some], "contact"))
        for root, some in families.items()
    }


def _addresses(contact: Mapping[str, Any]) -> Mapping[str, object]:
    return {name: one for name, one in contact.items() if name not in WISHES and one is not None}
