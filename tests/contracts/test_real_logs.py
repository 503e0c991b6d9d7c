"""The two real logs, where they are at hand: what is planned from them, and that it is accepted."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from functools import cache
from pathlib import Path

import orjson
import pytest
from contracts.events import Inbound, SourceRules
from contracts.inbound import parse
from contracts.instants import end_of_day_us
from contracts.mapping import load_mapping
from contracts.plan import Plan
from contracts.planning import plan_log

from tests.unit.contracts.saying import HOME, process, the_judge

LOGS = Path(os.environ.get("TIDTAM_REAL_LOGS") or HOME.parent / "../shared/data/bpi2020")

FACTS = {
    "RequestForPayment": {
        "drafted": 74,
        "submitted": 7361,
        "approved": 7766,
        "returned": 1160,
        "withdrawn": 1074,
        "received": 6263,
        "in-process": 6187,
        "transferred": 6187,
    },
    "PrepaidTravelCost": {
        "drafted": 22,
        "submitted": 2182,
        "approved": 2519,
        "returned": 272,
        "withdrawn": 264,
        "received": 1911,
        "in-process": 1909,
        "transferred": 1909,
    },
}
SIZES = {
    "RequestForPayment": (6760, 36072, 0, "2019-01-07"),
    "PrepaidTravelCost": (2007, 10988, 6519, "2018-12-06"),
}


@cache
def plan_of(name: str) -> Plan:
    """The plan of a real log; the test is skipped where the log is not at hand."""
    path = LOGS / f"{name}.xes.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not at hand; set TIDTAM_REAL_LOGS")
    mapping = load_mapping(HOME / "mappings" / f"{name}.yaml", process())
    return plan_log(path, mapping, process())


@pytest.mark.parametrize("name", FACTS)
def test_facts_of_a_log(name: str) -> None:
    """A log says each fact as often as its activities stand in it."""
    told = Counter(one.event["type"].rpartition(".")[2] for one in plan_of(name).events)
    assert dict(told) == FACTS[name]


@pytest.mark.parametrize("name", SIZES)
def test_size_of_a_log(name: str) -> None:
    """A log has its cases, its events, what is ignored of it, and the end of its run."""
    plan = plan_of(name)
    cases, events, ignored, last = SIZES[name]
    assert (plan.cases, len(plan.events), plan.ignored) == (cases, events, ignored)
    assert plan.ends_us == end_of_day_us("Europe/Amsterdam", last)


@pytest.mark.parametrize("name", SIZES)
def test_ids_are_one_each(name: str) -> None:
    """No two events of a log share an id, though XES ids repeat across cases."""
    plan = plan_of(name)
    assert len({one.event["id"] for one in plan.events}) == len(plan.events)


@pytest.mark.parametrize("name", SIZES)
def test_every_event_is_accepted_without_a_warning(name: str) -> None:
    """The judge accepts each event of a log, at the instant planned, with the end's clock."""
    plan = plan_of(name)
    rules = {
        s.name: SourceRules(
            s.name,
            s.role,
            s.zone,
            frozenset(s.issuers),
            {plan.process: frozenset(s.facts)},
            s.starts_us,
        )
        for s in plan.sources
    }
    for one in plan.events:
        raw = orjson.dumps(one.event)
        event = parse(raw)
        assert isinstance(event, dict)
        source = rules[event["source"]]
        answer = the_judge().judge(event, hashlib.sha256(raw).digest(), source, plan.ends_us)
        assert isinstance(answer, Inbound), answer
        assert (answer.instant_us, answer.warnings) == (one.instant_us, ())


@pytest.mark.parametrize("name", SIZES)
def test_each_case_is_known_by_its_numbers_alone(name: str) -> None:
    """The joining numbers of a log tie each case together, and never two cases."""
    owner: dict[tuple[str, str], str] = {}
    for one in plan_of(name).events:
        for ref in one.event["data"]["refs"]:
            if ref["scheme"] != "bank-batch":
                key = (ref["scheme"], ref["value"])
                assert owner.setdefault(key, one.case) == one.case


@pytest.mark.parametrize("name", SIZES)
def test_bank_batches_would_fold_all_cases_into_a_few(name: str) -> None:
    """One bank batch a day is about very many cases: a number that must never join."""
    paid = [one for one in plan_of(name).events if one.event["type"].endswith(".transferred")]
    batches = {one.event["data"]["refs"][1]["value"] for one in paid}
    assert {one.event["data"]["refs"][1]["scheme"] for one in paid} == {"bank-batch"}
    assert len(batches) < len(paid) / 4
