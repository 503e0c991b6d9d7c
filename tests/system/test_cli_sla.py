"""`tidtam sla` against a running chain: the demo's cases, their days, and their promises."""

from __future__ import annotations

import base64
import os
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from ground.ports import free_ports
from ground.throwaway import Servers

from tests.system.test_cli_chain import Command

SERVICES = ("intake", "status", "sla")
LOOKS_MAX = 600


@pytest.fixture(scope="module")
def command(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """All three services on a database and topics of their own, with the demo played."""
    name, prefix = f"s{uuid.uuid4().hex[:10]}", f"s{uuid.uuid4().hex[:6]}."
    state = tmp_path_factory.mktemp("state")
    servers.postgres.create_database(name)
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    environment = {
        "TIDTAM_STATE": str(state),
        "TIDTAM_KAFKA": servers.kafka,
        "TIDTAM_TOPIC_PREFIX": prefix,
        "TIDTAM_OPERATOR_TOKEN": "operator",
        **{f"TIDTAM_{one.upper()}_URL": f"http://127.0.0.1:{ports[one]}" for one in SERVICES},
    }
    command = Command(environment, state)
    command.run("topics")
    for one in SERVICES:
        own = {
            "TIDTAM_DATABASE_URL": servers.postgres.url(one, name),
            "TIDTAM_HTTP_PORT": str(ports[one]),
            "TIDTAM_PAYEE_KEY": base64.b64encode(bytes(32)).decode(),
        }
        argv = [sys.executable, "-m", f"{one}.app"]
        servers.run(
            f"{prefix}{one}", argv, {**os.environ, **environment, **own}, http_port=ports[one]
        )
    for one in SERVICES:
        servers.await_up(f"{prefix}{one}", 120.0)
    command.run("demo", "--claims", "40", "--seed", "3")
    yield command
    for one in SERVICES:
        servers.stop(f"{prefix}{one}")
    servers.postgres.drop_database(name)


@pytest.fixture(scope="module")
def month(command: Command) -> dict[str, dict[str, str]]:
    """The manifest of the month the demo played."""
    out = command.folder / "month.ndjson"
    told = command.json("generate", "--claims", "40", "--seed", "3", "--out", str(out))
    manifest: dict[str, dict[str, str]] = told["manifest"]
    return manifest


def heard(command: Command, claim: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case and what sla tells of it, once sla has heard all that status told."""
    for _ in range(LOOKS_MAX):
        (found,) = command.json("case", claim)["cases"]
        if found["case"]["sla"] is not None:
            return found["case"], found["case"]["sla"]
    raise AssertionError(f"sla has not heard of {claim}")


def test_the_demo_puts_all_rules_into_force(command: Command) -> None:
    """Each service knows its own; the same again are no new version."""
    plan = command.json("config", "preview")
    rules = [*plan["services"].values(), *plan["calendars"].values(), *plan["agreements"].values()]
    assert {(1, True)} == {
        (one["in_force"], one["same"]) for kind in rules for one in kind.values()
    }
    assert [*SERVICES] == sorted(plan["services"], key=SERVICES.index)
    applied = command.json("config", "apply")
    assert dict.fromkeys(plan["agreements"]["sla"]) == applied["agreements"]["sla"]
    assert dict.fromkeys(plan["calendars"]["sla"]) == applied["calendars"]["sla"]


def test_each_working_day_of_each_case_has_one_party(
    command: Command, month: dict[str, dict[str, str]]
) -> None:
    """The days of the parties sum to the ledger's total, and each day stands there once."""
    for one in month.values():
        case, sla = heard(command, one["claim"])
        ledger = sla["ledger"]
        dates = [day for day, _ in ledger["days"]]
        assert (ledger["total"], len({*dates})) == (sum(ledger["by_party"].values()), len(dates))
        assert len(dates) == ledger["total"], case["number"]
        (told,) = command.json("sla", "case", case["number"])["cases"]
        assert ledger == told["sla"]["ledger"]


def test_a_paid_case_shows_its_days_and_its_verdict(
    command: Command, month: dict[str, dict[str, str]]
) -> None:
    """The page has a line for each day, their sum, and how finance's promise ended."""
    paid = next(one for one in month.values() if one["stage"] == "paid")
    case, sla = heard(command, paid["claim"])
    page = command.run("sla", "case", case["number"]).splitlines()
    begin = page.index("Whose days")
    numbered = page[begin + 1 : begin + 2 + sla["ledger"]["total"]]
    assert [str(one) for one in range(sla["ledger"]["total"] + 1)] == [
        line.split()[0] for line in numbered
    ]
    assert page[begin + 2 + sla["ledger"]["total"]].startswith("  sum: ")
    (finance,) = [one for one in sla["clocks"] if one["clause"] == "finance-9-days@1#finance"]
    assert finance["state"] in ("met", "missed")
    verdicts = [one["kind"] for one in sla["verdicts"] if one["clause"] == finance["clause"]]
    assert finance["state"] in verdicts


def test_a_running_case_says_its_promise_as_its_second_answer(
    command: Command, month: dict[str, dict[str, str]]
) -> None:
    """`tidtam case` has a line for each joint and finance promise that runs."""
    running = next(one for one in month.values() if one["stage"] == "in_process")
    case, sla = heard(command, running["claim"])
    clocks = [one for one in sla["clocks"] if one["state"] in ("open", "breached")]
    page = command.run("case", case["number"]).splitlines()
    begin = page.index("How many days") + 1
    promised = [one for one in clocks if one["party"] in ("everyone", "finance")]
    assert promised
    assert {one["title"]["en"] for one in promised} == {
        line.strip().partition(": ")[0] for line in page[begin : begin + len(promised)]
    }


def test_attainment_counts_each_clock_once(
    command: Command, month: dict[str, dict[str, str]]
) -> None:
    """Met and late ones are those counted; the table names the agreements in force."""
    for one in month.values():
        heard(command, one["claim"])
    rows = command.json("sla", "attainment")["rows"]
    assert rows
    assert all(row["n"] == row["met"] + row["missed_or_breached"] for row in rows)
    by_unit = command.json("sla", "attainment", "--by", "unit")["rows"]
    assert sum(row["n"] for row in rows) == sum(row["n"] for row in by_unit)
    only = command.json("sla", "attainment", "--agreement", "finance-9-days")["rows"]
    assert {"finance-9-days"} == {row["clause"].partition("@")[0] for row in only}
    assert "finance-9-days@1#finance" in command.run("sla", "attainment")
    command.run("sla", "attainment", "--agreement", "nosuch", code=1)
