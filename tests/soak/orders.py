"""Whole logs through the chain, disturbed: any order and any crash must give the same state."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from contracts.mapping import load_mapping
from contracts.plan import Plan
from contracts.planning import plan_log
from rich.console import Console
from tidtam.proving.disturb import Disturbances
from tidtam.proving.run import Proof, prove

from tests.bench.workload import ROOT, plan, shipped_process

LOGS = ("RequestForPayment", "PrepaidTravelCost")
LOGS_FOLDER = "TIDTAM_REAL_LOGS"
LOGS_DEFAULT = "../shared/data/bpi2020"
GENERATED_CASES = 5_000
RESENT_SHARE = 0.2
STORM: Mapping[str, int] = {"intake": 4, "status": 4, "kafka": 2, "postgres": 2}

Say = Callable[[str], None]


def plans(say: Say) -> dict[str, Plan]:
    """The plans of the real logs where they are; else a generated one stands in, and we say so."""
    folder = ROOT / Path(os.environ.get(LOGS_FOLDER) or LOGS_DEFAULT)
    process = shipped_process()
    found = {}
    for name in LOGS:
        path = folder / f"{name}.xes.gz"
        if path.exists():
            mapping = load_mapping(ROOT / f"contracts/mappings/{name}.yaml", process)
            found[name] = plan_log(path, mapping, process)
        else:
            say(f"  {path.name} is not in {LOGS_FOLDER}: it did not run")
    return found or {"a generated log": plan(GENERATED_CASES)}


def shuffled(orders: int, say: Say) -> list[str]:
    """Each log once as it is and then in so many orders, with resends; what differed."""
    faults = []
    for log, told in plans(say).items():
        first = _proved(log, told, Disturbances(), {})
        faults += _faults(f"{log} as it is", first, first)
        say(f"  {log} as it is: {_said(first)}")
        for seed in range(1, orders + 1):
            how = Disturbances(seed=seed, shuffle=True, duplicate=RESENT_SHARE)
            one = _proved(log, told, how, {})
            faults += _faults(f"{log}, order {seed}", first, one)
            say(f"  {log}, order {seed} of {orders}: {_said(one)}")
    return faults


def storms(count: int, say: Say) -> list[str]:
    """Each log through so many storms of kill -9, shuffled and with resends; what differed."""
    faults = []
    for log, told in plans(say).items():
        first = _proved(log, told, Disturbances(), {})
        for seed in range(1, count + 1):
            how = Disturbances(seed=seed, shuffle=True, duplicate=RESENT_SHARE)
            one = _proved(log, told, how, STORM)
            faults += _faults(f"{log}, storm {seed}", first, one)
            say(f"  {log}, storm {seed} of {count}: {_said(one)}")
            for kill in one.kills:
                say(f"    {kill['killed']} was back after {kill['back_after_seconds']} s")
    return faults


def _proved(log: str, told: Plan, how: Disturbances, kill: Mapping[str, int]) -> Proof:
    return prove(told, shipped_process(), how, kill, log, Console(stderr=True))


def _said(proof: Proof) -> str:
    r = proof.result
    return f"{r['published']:,} events in {r['seconds']:.0f} s, state {r['state_hash'][:12]}"


def _faults(what: str, first: Proof, one: Proof) -> list[str]:
    found = [] if one.holds() else [f"{what}: not everything was answered: {one.result}"]
    if one.result["state_hash"] != first.result["state_hash"]:
        found.append(f"{what}: another state, {one.result['stages']} not {first.result['stages']}")
    return found
