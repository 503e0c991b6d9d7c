"""
Reading references: which case an event belongs to, and which numbers it is only about.

Rule: docs/architecture/references.md. Equal `Reference` values are one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from contracts.events import Finding, Reference, SourceRules
from contracts.normalise import fiscal_year, reference_value
from contracts.process import Scheme
from contracts.rules import choice, finding
from contracts.vocabulary import SpokenFact, Vocabulary

if TYPE_CHECKING:
    from contracts.data import Reading

ANY_ISSUER = "*"


def read_references(
    vocabulary: Vocabulary, spoken: SpokenFact, reading: Reading, rules: SourceRules
) -> None:
    """Take `refs` out of what was said and put them into `joining` and `about`."""
    items = reading.said.pop("refs", ())
    seen: set[Reference] = set()
    for place, item in enumerate(items):
        pointer = f"/data/refs/{place}"
        reference = read_reference(vocabulary, item, pointer, reading, rules)
        if reference is None:
            continue
        if reference in seen:
            reading.findings.append(finding(pointer, "reference-twice"))
        seen.add(reference)
        joins = vocabulary.schemes[reference.scheme].scheme.joins
        (reading.joining if joins else reading.about).append(reference)
    if spoken.needs_reference and not reading.joining and not reading.findings:
        known = ", ".join(vocabulary.joining_names)
        reading.findings.append(finding("/data/refs", "reference-missing", known=known))


def read_link(vocabulary: Vocabulary, reading: Reading, rules: SourceRules) -> None:
    """Put the two references of a link into `joining`, in the order given."""
    for place, item in enumerate(reading.said.pop("link")):
        pointer = f"/data/link/{place}"
        reference = read_reference(vocabulary, item, pointer, reading, rules)
        if reference is None:
            continue
        if not vocabulary.schemes[reference.scheme].scheme.joins:
            known = ", ".join(vocabulary.joining_names)
            reading.findings.append(finding(pointer, "reference-not-joining", known=known))
        if reference in reading.joining:
            reading.findings.append(finding(pointer, "link-with-itself"))
        reading.joining.append(reference)


def read_reference(
    vocabulary: Vocabulary,
    item: Mapping[str, Any],
    pointer: str,
    reading: Reading,
    rules: SourceRules,
) -> Reference | None:
    """Return *item* normalised, or None where a finding says what is wrong with it."""
    known = vocabulary.schemes.get(item["scheme"])
    if known is None:
        at = f"{pointer}/scheme"
        reading.findings.append(choice(at, "scheme-unknown", item["scheme"], vocabulary.schemes))
        return None
    scheme, pattern = known
    value = reference_value(item["value"], scheme.upper)
    if not pattern.fullmatch(value):
        reading.findings.append(finding(f"{pointer}/value", "reference-malformed"))
        return None
    issuer = _issuer(scheme, item.get("issuer"), pointer, reading.findings, rules)
    if issuer is None:
        return None
    return Reference(scheme.name, issuer, _scope(scheme, item, reading.said), value)


def default_issuer(rules: SourceRules) -> str | None:
    """The issuer a source means when it names none: its only one, else its unit."""
    if len(rules.issuers) == 1 and ANY_ISSUER not in rules.issuers:
        return next(iter(rules.issuers))
    return rules.unit


def _issuer(
    scheme: Scheme, said: str | None, pointer: str, found: list[Finding], rules: SourceRules
) -> str | None:
    issuer = default_issuer(rules) if said is None else said.strip()
    if not scheme.joins:
        return issuer or ""
    if not issuer:
        found.append(finding(f"{pointer}/issuer", "issuer-missing"))
        return None
    if issuer not in rules.issuers and ANY_ISSUER not in rules.issuers:
        found.append(finding(f"{pointer}/issuer", "issuer-not-yours"))
        return None
    return issuer


def _scope(scheme: Scheme, item: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    if scheme.scope is None:
        return ""
    scope = item.get("scope") or said.get(scheme.scope) or ""
    return fiscal_year(str(scope)) if scope else ""
