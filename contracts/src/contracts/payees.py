"""
Reading payees: whom an event names, by numbers that identify and by what only the vault may keep.

The place of a payee is emptied in what was said; intake writes the payee id there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contracts.events import Identity, Mention, SourceRules
from contracts.normalise import has_thai_check_digit, identity_value
from contracts.references import default_issuer
from contracts.rules import choice, finding, pointer_to
from contracts.vocabulary import Identified, Vocabulary

if TYPE_CHECKING:
    from contracts.data import Reading

ISSUER_GIVEN = "given"
SEALING = b"tidtam payee seal"
"""What the key for sealing payees is derived with: intake seals, notify and the portal open."""
BLIND_INDEX = b"tidtam payee blind index"
"""What the key for looking payees up is derived with: intake writes, the portal finds."""


def read_mention(
    vocabulary: Vocabulary,
    payee: Mapping[str, Any],
    path: tuple[str | int, ...],
    reading: Reading,
    rules: SourceRules,
) -> None:
    """Add the payee at *path* to the mentions of *reading*."""
    identities = []
    for place, item in enumerate(payee["identities"]):
        pointer = pointer_to("data", *path, "identities", place)
        identity = _identity(vocabulary, item, pointer, reading, rules)
        if identity is not None and identity not in identities:
            identities.append(identity)
    vault = {**payee, "identities": [list(identity) for identity in identities]}
    reading.mentions.append(Mention(path, tuple(identities), vault))


def _identity(
    vocabulary: Vocabulary,
    item: Mapping[str, Any],
    pointer: str,
    reading: Reading,
    rules: SourceRules,
) -> Identity | None:
    known = vocabulary.identities.get(item["scheme"])
    if known is None:
        names, at = vocabulary.identities, f"{pointer}/scheme"
        reading.findings.append(choice(at, "identity-scheme-unknown", item["scheme"], names))
        return None
    value = identity_value(item["value"])
    rule = _broken_rule(known, value)
    if rule is not None:
        reading.findings.append(finding(f"{pointer}/value", rule))
        return None
    scheme = known.scheme
    if scheme.issuer is None or scheme.issuer == ISSUER_GIVEN:
        own = None if scheme.issuer == ISSUER_GIVEN else default_issuer(rules)
        issuer = item.get("issuer", own)
        if issuer is None:
            reading.findings.append(finding(f"{pointer}/issuer", "issuer-missing"))
            return None
        return Identity(scheme.same_as or scheme.name, issuer.strip(), value)
    return Identity(scheme.same_as or scheme.name, scheme.issuer, value)


def _broken_rule(known: Identified, value: str) -> str | None:
    if not known.pattern.fullmatch(value):
        return "identity-malformed"
    if known.scheme.check == "thai-13" and not has_thai_check_digit(value):
        return "identity-check-digit"
    return None
