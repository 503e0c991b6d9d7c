"""The `tidtam` command against a running chain: a generated month, its cases, and corrections."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from ground.ports import free_ports
from ground.throwaway import Servers
from tidtam.main import app
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
SERVICES = ("intake", "status")


@dataclass(frozen=True, slots=True)
class Command:
    """The command, pointed at a chain of its own."""

    environment: dict[str, str]
    folder: Path

    def run(self, *arguments: str, code: int = 0, text: str | None = None) -> str:
        """What it prints on stdout, once it has ended as expected."""
        done = self._done(*arguments, text=text)
        assert code == done.exit_code, done.output
        return done.stdout

    def json(self, *arguments: str, code: int = 0, text: str | None = None) -> Any:
        """Its answer with --json: exactly one JSON value."""
        return json.loads(self.run(*arguments, "--json", code=code, text=text))

    def ask(self, *arguments: str) -> Any:
        """Its answer with --json; None where there is nothing yet."""
        done = self._done(*arguments, "--json")
        return json.loads(done.stdout) if done.exit_code == 0 else None

    def _done(self, *arguments: str, text: str | None = None) -> Any:
        return CliRunner().invoke(app, list(arguments), input=text, env=self.environment)


@pytest.fixture(scope="module")
def command(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Intake and status on a database and topics of their own, with the demo played."""
    name, prefix = f"c{uuid.uuid4().hex[:10]}", f"c{uuid.uuid4().hex[:6]}."
    state = tmp_path_factory.mktemp("state")
    servers.postgres.create_database(name)
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    environment = {
        "TIDTAM_STATE": str(state),
        "TIDTAM_KAFKA": servers.kafka,
        "TIDTAM_TOPIC_PREFIX": prefix,
        "TIDTAM_OPERATOR_TOKEN": "operator",
        "TIDTAM_ZIPKIN_URL": "http://traces.example",
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
        argv, settings = [sys.executable, "-m", f"{one}.app"], {**os.environ, **environment, **own}
        servers.run(f"{prefix}{one}", argv, settings, http_port=ports[one])
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


def one_case(command: Command, number: str) -> dict[str, Any]:
    """The only case a number leads to."""
    (found,) = command.json("case", number)["cases"]
    told: dict[str, Any] = found["case"]
    return told


def test_every_claim_of_the_showcase_stands_where_its_manifest_says(
    command: Command, month: dict[str, dict[str, str]]
) -> None:
    """After the demo, each kind of claim is found by its number in the stage it must be in."""
    expected = {kind: one["stage"] for kind, one in month.items()}
    found = {kind: one_case(command, one["claim"])["stage"] for kind, one in month.items()}
    assert expected == found


def test_every_source_of_the_demo_is_complete(command: Command) -> None:
    """Each has told everything, the officer too: otherwise no breach could ever be told."""
    assert None not in [one["complete_until"] for one in command.json("source", "list")["sources"]]


def test_a_case_answers_three_questions_and_links_its_traces(
    command: Command, month: dict[str, dict[str, str]]
) -> None:
    """The page begins with step, days and contact; any of its numbers leads to it."""
    case = one_case(command, month["part-paid"]["claim"])
    page = command.run("case", case["number"], "--lang", "th").splitlines()
    headings = [line for line in page if line in ("อยู่ขั้นตอนไหน", "กี่วันแล้ว", "ติดต่อใคร")]
    assert ["อยู่ขั้นตอนไหน", "กี่วันแล้ว", "ติดต่อใคร"] == headings
    assert "  จ่ายแล้ว 1 จาก 3 รายการ" in page
    link = "http://traces.example/zipkin/?annotationQuery=tidtam.case"
    assert page[-1].startswith(f"เส้นทางข้อมูล: {link}")
    for number in (case["case"], *(reference[3] for reference in case["joining"])):
        assert case["case"] == one_case(command, number)["case"]


def test_a_mistyped_number_is_told_from_an_unknown_one(command: Command) -> None:
    """Nothing found ends with 1; a case number with a swapped digit is called that."""
    for number in ("CHEM70-9999", "0704-7209-7"):
        assert "" == command.run("case", number, code=1)


def test_an_officer_gives_an_unmatched_transfer_its_case_and_takes_it_back(
    command: Command, month: dict[str, dict[str, str]]
) -> None:
    """`link` joins the wrong number to the right one and the claim is paid; `unlink` undoes it."""
    wrong, right = month["unmatched"]["wrong"], month["unmatched"]["right"]
    waiting = command.json("unmatched", "--source", "erp")["unmatched"]
    assert [wrong] == [reference[3] for row in waiting for reference in row["references"]]
    linked = command.json("link", wrong, right, "--reason", "entered-wrongly", "--yes")
    assert "accepted" == linked["verdict"]
    (first, second) = linked["now"]
    assert first["cases"] == second["cases"]
    await_stage(command, right, "paid")
    command.run("unlink", wrong, right, "--reason", "พิมพ์เลขผิด", "--yes")
    await_stage(command, right, "in_process")


def await_stage(command: Command, number: str, stage: str) -> None:
    """Wait, for a bounded number of looks, until the case of a number is in a stage."""
    for _ in range(600):
        seen = command.ask("case", number)
        if seen and seen["cases"][0]["case"]["stage"] == stage:
            return
    assert stage == seen, seen


def test_a_refused_event_is_listed_with_its_rule_and_remedy(
    command: Command, month: dict[str, dict[str, str]]
) -> None:
    """The Buddhist-era submission of the demo is among its source's rejects."""
    rows = command.json("rejects", "--source", month["rejected"]["source"])["rejects"]
    rules = [found["rule"] for row in rows for found in row["findings"]]
    assert "time-buddhist-era" in rules


def event(id_: str, **changes: Any) -> str:
    """One event of a unit, as a line."""
    said = {
        "specversion": "1.0",
        "id": id_,
        "source": "sci-chem",
        "type": "tidtam.disbursement.submitted",
        "time": "2026-01-05T10:00:00+07:00",
        "data": {"refs": [{"scheme": "claim", "value": "CHEM-TEST"}], "fiscal_year": "2569"},
    }
    return json.dumps(said | changes)


def test_http_answers_with_a_verdict_for_each_event(command: Command) -> None:
    """Refused, altered and resent events are told apart; a refusal ends with 1."""
    source = {"slug": "sci-chem-2", "role": "unit", "unit": "sci-chem-2", "starts": "2025-10-01"}
    options = [part for key, value in source.items() for part in (f"--{key}", value)]
    names = ["--name-th", "ภาควิชาเคมี", "--name-en", "Chemistry", "--contact", "02 000 0000"]
    command.run("source", "add", *options, *names)
    good = event("h-1", source="sci-chem-2")
    bad = event("h-2", source="sci-chem-2", time="2569-01-05T10:00:00+07:00")
    altered = event("h-1", source="sci-chem-2", sequence="7")
    lines = "\n".join([good, good, "{broken", bad, altered])
    told = command.json("publish", "--source", "sci-chem-2", "--via", "http", code=1, text=lines)
    verdicts = [one["verdict"] for one in told["events"]]
    assert ["accepted", "resent", "rejected", "rejected", "altered"] == verdicts


def test_kafka_with_wait_reads_the_rejects_back(command: Command) -> None:
    """Over Kafka, --wait says by position which events intake refused and why."""
    old = event("k-1", time="2020-01-05T10:00:00+07:00")
    told = command.json("publish", "--wait", "--source", "sci-chem", code=1, text=f"{old}\n{{x\n")
    rules = [[found["rule"] for found in one.get("findings", [])] for one in told["events"]]
    assert [["time-before-start"], ["json-malformed"]] == rules


def test_publishing_for_nobody_says_so_at_once(command: Command) -> None:
    """A source nobody registered has no topic and no token."""
    for via in ("kafka", "http"):
        command.run("publish", "--source", "nobody", "--via", via, code=1, text=event("n-1"))


def test_a_dead_letter_is_listed_shown_and_redriven(servers: Servers, command: Command) -> None:
    """A record status cannot use becomes a dead letter; redriven, it comes back as another."""
    assert {"dead_letters": []} == command.json("dead-letters", "list")
    topic = command.environment["TIDTAM_TOPIC_PREFIX"] + "case-event"
    asyncio.run(poison(servers.kafka, topic))
    (letter,) = await_letters(command, 1)
    shown = command.json("dead-letters", "show", str(letter["id"]))
    assert ("status", "not an event") == (shown["service"], shown["value"])
    assert not command.json("dead-letters", "redrive", str(letter["id"]))["already"]
    assert command.json("dead-letters", "redrive", str(letter["id"]))["already"]
    (again,) = await_letters(command, 1, other_than=letter["id"])
    assert letter["reason"] == again["reason"]


async def poison(bootstrap: str, topic: str) -> None:
    """Publish a record nobody can read."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(topic, b"not an event", key=b"1")


def await_letters(command: Command, count: int, other_than: int = -1) -> list[dict[str, Any]]:
    """Look until there are so many open dead letters beside one that is known."""
    letters: list[dict[str, Any]] = []
    for _ in range(600):
        listed = command.json("dead-letters", "list", "--service", "status")["dead_letters"]
        letters = [letter for letter in listed if letter["id"] != other_than]
        if len(letters) == count:
            break
    return letters


def test_rules_applied_already_change_nothing(command: Command) -> None:
    """`config preview` knows what is in force; applying the same rules is no version."""
    plan = command.json("config", "preview")["services"]["intake"]["disbursement"]
    assert (1, True) == (plan["in_force"], plan["same"])
    applied = command.json("config", "apply")["applied"]
    assert {name: {"disbursement": None} for name in SERVICES} == applied


def test_upkeep_changes_nothing_on_a_sound_chain(command: Command) -> None:
    """A rebuild finds every case as it was told; republishing says the journal again."""
    assert [] == command.json("rebuild", "status")["changed"]
    assert command.json("republish")["republished"] > 0
    assert [] == command.json("rebuild", "status")["changed"]


def test_the_demo_played_again_only_resends(command: Command) -> None:
    """The same month a second time is resent, and the same cases are named."""
    before = command.json("source", "show", "sci-bio")
    command.run("demo", "--claims", "40", "--seed", "3")
    after = command.json("source", "show", "sci-bio")
    assert before["accepted"] == after["accepted"]
    assert after["resent"] >= before["resent"] + before["accepted"]


def test_a_log_is_replayed_by_its_mapping(command: Command, tmp_path: Path) -> None:
    """`replay` registers the log's sources and publishes its events; its cases can be read."""
    log = tmp_path / "Tiny.xes"
    log.write_text(TINY)
    mapping = ROOT / "contracts/mappings/RequestForPayment.yaml"
    told = command.json("replay", str(log), "--mapping", str(mapping))
    assert (1, 4, 1) == (told["cases"], told["published"], told["ignored"])
    assert ["tiny-finance", "tiny-unit"] == sorted(told["registered"])
    await_stage(command, "request 1", "paid")


def test_a_service_that_is_not_there_is_named(command: Command) -> None:
    """No answer ends with 3 and says which service, where, and what to do."""
    (port,) = free_ports(1)
    environment = command.environment | {"TIDTAM_STATUS_URL": f"http://127.0.0.1:{port}"}
    assert "" == Command(environment, command.folder).run("case", "1", code=3)


def _step(name: str, at: str) -> str:
    named = f'<string key="concept:name" value="{name}"/>'
    return f'<event>{named}<date key="time:timestamp" value="{at}"/></event>'


TINY = (
    '<?xml version="1.0"?><log><trace><string key="concept:name" value="request 1"/>'
    + _step("Request For Payment SUBMITTED by EMPLOYEE", "2018-03-05T10:00:00+01:00")
    + _step("Request For Payment FINAL_APPROVED by SUPERVISOR", "2018-03-06T10:00:00+01:00")
    + _step("Coffee", "2018-03-06T11:00:00+01:00")
    + _step("Request Payment", "2018-03-07T10:00:00+01:00")
    + _step("Payment Handled", "2018-03-08T10:00:00+01:00")
    + "</trace></log>"
)
