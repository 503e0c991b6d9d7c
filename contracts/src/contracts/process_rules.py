"""
The rules a process file must keep beyond its shape. Each check yields the mistakes it sees.

A process that breaks one would fold, but not as its author meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from contracts.process_model import FactPart, ProcessPart
from contracts.rules import pointer_to
from contracts.schema import references_in

EVERYWHERE = "*"
CODED_FIELDS = {"kind", "fund", "priority", "method", "step"}


class Mistake(NamedTuple):
    """What is wrong, and where, without file and line."""

    pointer: str
    rule: str
    remedy: str


Check = Callable[[ProcessPart], Iterator[Mistake]]


def every_name_is_known(part: ProcessPart) -> Iterator[Mistake]:
    """What a stage or fact names must stand in the file."""
    for code, stage in part.stages.items():
        at = ("stages", code)
        if stage.contact not in part.contacts:
            remedy = f"Write {stage.contact!r} under contacts, or name another desk."
            yield Mistake(pointer_to(*at, "contact"), "contact-missing", remedy)
        for fact in {*stage.left_by, *stage.flags}:
            if fact not in part.facts:
                yield _unknown((*at, "left_by"), fact, "fact")
    fields = part.data.common | part.data.special
    for name, fact_part in part.facts.items():
        stages = {fact_part.asserts or EVERYWHERE, *fact_part.back_from} - {EVERYWHERE}
        for stage_code in sorted(stages - part.stages.keys()):
            yield _unknown(("facts", name), stage_code, "stage")
        for field in fact_part.data:
            if field not in part.data.special:
                yield _unknown(("facts", name, "data"), field, "special data field")
        for field in fact_part.requires:
            if field not in fields:
                yield _unknown(("facts", name, "requires"), field, "data field")
    if part.currency not in part.currencies:
        yield _unknown(("currency",), part.currency, "currency")
    for shape in sorted(set(references_in(part.data.model_dump())) - set(part.data.shapes)):
        yield _unknown(("data",), shape, "shape")


def every_stage_is_reached(part: ProcessPart) -> Iterator[Mistake]:
    """Some fact asserts each stage, and some fact opens a case."""
    asserted = {fact.asserts for fact in part.facts.values()}
    for code in part.stages:
        if code not in asserted:
            remedy = "No fact asserts this stage; let one do so, or take the stage out."
            yield Mistake(pointer_to("stages", code), "stage-unreachable", remedy)
    if not any(fact.opens for fact in part.facts.values()):
        remedy = "Mark the facts that open a case: opens: true."
        yield Mistake("/facts", "stage-unreachable", remedy)


def rules_do_not_overlap(part: ProcessPart) -> Iterator[Mistake]:
    """One question has one rule that answers it."""
    for name, fact in part.facts.items():
        at = pointer_to("facts", name)
        special = [fact.asserts is not None, fact.restores, fact.retracts, fact.links, fact.unlinks]
        if sum(special) > 1:
            remedy = "A fact does one of: asserts, restores, retracts, links, unlinks."
            yield Mistake(at, "rules-overlap", remedy)
        if EVERYWHERE in fact.back_from and len(fact.back_from) > 1:
            yield Mistake(at + "/back_from", "rules-overlap", 'Write "*" alone; it is every stage.')
        for stage in fact.back_from:
            if stage in part.stages and part.stages[stage].ends:
                remedy = f"The way out of {stage} is told by its left_by; take it out here."
                yield Mistake(at + "/back_from", "rules-overlap", remedy)
    for field in sorted(part.data.common.keys() & part.data.special.keys()):
        remedy = "A field is either common or special."
        yield Mistake(pointer_to("data", "special", field), "rules-overlap", remedy)


def stages_have_no_dead_knobs(part: ProcessPart) -> Iterator[Mistake]:
    """Every setting of a stage changes something."""
    used = {stage.contact for stage in part.stages.values()}
    for name in part.contacts:
        if name not in used:
            yield _dead(("contacts", name), "No stage names this contact.")
    for code, stage in part.stages.items():
        at = ("stages", code)
        if stage.left_by and not stage.ends:
            yield _dead((*at, "left_by"), "Only a stage that ends is left by named facts.")
        for fact in stage.flags:
            if fact not in stage.left_by:
                yield _dead((*at, "flags", fact), "A flag is for a fact in left_by.")
        for fact in stage.left_by:
            if fact in part.facts and not _leads_elsewhere(part.facts[fact], code):
                yield _dead((*at, "left_by"), f"{fact} leads to no other stage.")
        if stage.rank is None and not stage.ends:
            yield Mistake(pointer_to(*at), "rank-missing", "Only stages that end have no rank.")
        reasons = {
            r
            for name, fact_part in part.facts.items()
            if fact_part.asserts == code
            for r in part.reasons.get(name, ())
        }
        for reason in stage.holder_by_reason:
            if reason not in reasons:
                yield _dead((*at, "holder_by_reason", reason), "No fact leads here with this code.")


def facts_have_no_dead_knobs(part: ProcessPart) -> Iterator[Mistake]:
    """Every setting of a fact changes something, and what it needs is there."""
    for name, fact in part.facts.items():
        at = ("facts", name)
        if fact.opens and fact.asserts is None:
            yield _dead((*at, "opens"), "A fact that opens a case asserts a stage.")
        if fact.back_from and not _comes_back(part, fact):
            yield _dead((*at, "back_from"), "No stage named here ranks above the one it asserts.")
        if (fact.lines is not None) != ("lines" in fact.data):
            yield _dead((*at, "lines"), "An effect on lines and the data field go together.")
        if ("reason" in fact.data) != (name in part.reasons):
            remedy = "A fact with a reason has its codes under reasons, and only such a fact."
            yield _dead((*at, "data"), remedy)
        for flag, field in ((fact.retracts, "retracts"), (fact.links or fact.unlinks, "link")):
            if flag != (field in fact.requires):
                yield _dead((*at, "requires"), f"This fact and the field {field} go together.")


def vocabularies_have_no_dead_knobs(part: ProcessPart) -> Iterator[Mistake]:
    """Every scheme, code, reason and field is used by something."""
    for name in part.reasons:
        if name not in part.facts:
            yield _dead(("reasons", name), "There is no such fact.")
    for name in part.codes:
        if name not in CODED_FIELDS:
            yield _dead(("codes", name), f"Codes are checked for {sorted(CODED_FIELDS)} only.")
    spoken = {field for fact in part.facts.values() for field in fact.data}
    for field in part.data.special:
        if field not in spoken:
            yield _dead(("data", "special", field), "No fact has this field.")
    spoken_shapes = set(references_in(part.data.model_dump()))
    for shape in part.data.shapes:
        if shape not in spoken_shapes:
            yield _dead(("data", "shapes", shape), "No field has this shape.")
    if not any(scheme.joins for scheme in part.schemes.values()):
        yield Mistake("/schemes", "stage-unreachable", "Mark one scheme that joins: joins: true.")


def numbers_can_be_read(part: ProcessPart) -> Iterator[Mistake]:
    """Patterns compile, scopes are data fields, identities that share numbers name each other."""
    for section, schemes in (("schemes", part.schemes), ("identities", part.identities)):
        for name, scheme in schemes.items():
            try:
                re.compile(scheme.pattern)
            except re.error:
                remedy = "Correct this regular expression."
                yield Mistake(pointer_to(section, name, "pattern"), "pattern-malformed", remedy)
    for name, reference in part.schemes.items():
        if reference.scope is not None and reference.scope not in part.data.common:
            yield _dead(("schemes", name, "scope"), "A scope is a field of data.common.")
        if reference.related_process is not None and reference.joins:
            yield _dead(("schemes", name, "related_process"), "Only non-joining schemes relate.")
    for name, identity in part.identities.items():
        kept = part.identities.get(identity.same_as or name)
        if kept is None or (kept.same_as is not None and kept is not identity):
            yield _dead(("identities", name, "same_as"), "Name an identity scheme of this file.")


CHECKS: tuple[Check, ...] = (
    every_name_is_known,
    every_stage_is_reached,
    rules_do_not_overlap,
    stages_have_no_dead_knobs,
    facts_have_no_dead_knobs,
    vocabularies_have_no_dead_knobs,
    numbers_can_be_read,
)


def _unknown(at: tuple[str, ...], name: str, kind: str) -> Mistake:
    remedy = f"There is no {kind} {name!r} in this file; write it, or name another."
    return Mistake(pointer_to(*at), "name-unknown", remedy)


def _dead(at: tuple[str, ...], remedy: str) -> Mistake:
    return Mistake(pointer_to(*at), "nothing-runs-this", remedy)


def _leads_elsewhere(fact: FactPart, code: str) -> bool:
    return fact.restores or (fact.asserts is not None and fact.asserts != code)


def _comes_back(part: ProcessPart, fact: FactPart) -> bool:
    target = part.stages.get(fact.asserts or "")
    if target is None or target.rank is None:
        return False
    named = part.stages if EVERYWHERE in fact.back_from else fact.back_from
    ranks = [part.stages[code].rank for code in named if code in part.stages]
    return any(rank is not None and rank > target.rank for rank in ranks)
