"""`tidtam sla` and `tidtam case` against small real HTTP servers that stand for the services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from tests.unit.cli.loopback import Told, serving
from tests.unit.cli.sla_told import clock, sla
from tests.unit.cli.test_answers import case, span


class Chain(NamedTuple):
    """The three services as far as the command asks them."""

    intake: Told
    status: Told
    sla: Told


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """One case, received on 12 November, of which sla has heard."""
    with ExitStack() as stack:
        told = Chain(*(stack.enter_context(serving()) for _ in Chain._fields))
        for name, one in zip(Chain._fields, told, strict=True):
            monkeypatch.setenv(f"TIDTAM_{name.upper()}_URL", one.url)
        monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "operator")
        monkeypatch.setenv("TIDTAM_CLOCK_AT", "2026-11-20T05:00:00Z")
        told.intake.answers["GET /ops/references"] = 200, {"cases": ["1"], "references": []}
        told.intake.answers["GET /ops/unmatched"] = 200, {"unmatched": []}
        received = span("received", "finance", "2026-11-12")
        told.status.answers["GET /ops/cases/1"] = 200, standing(received)
        told.sla.answers["GET /ops/cases/1"] = 200, sla(clock())
        yield told


def standing(*spans: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A case as status tells it at its seventh version."""
    return case(*spans, process="disbursement", version=7, **more)


def days_shown(printed: str) -> list[str]:
    """The lines under the second answer."""
    lines = printed.splitlines()
    begin = lines.index("How many days") + 1
    return lines[begin : lines.index("", begin)]


def test_a_case_shows_its_days_line_by_line(chain: Chain, call: Any) -> None:
    """The page names the case, then the ledger and the clauses; only sla's own words are read."""
    printed = call("sla", "case", "CHEM-1").stdout.splitlines()
    assert "Case 1234-5678-9 · sci-chem" == printed[0]
    assert "as of Wed 2026-11-18 12:00 · calendar thai-government@1 (Asia/Bangkok)" == printed[1]
    assert "  3  Mon 2026-11-16  คลัง · finance" in printed
    assert ["GET /ops/cases/1"] == [asked for asked, _ in chain.sla.asked]


@pytest.mark.usefixtures("chain")
def test_the_days_in_thai_and_folded(call: Any) -> None:
    """`--lang th` labels in Thai, `--short` folds."""
    printed = call("sla", "case", "CHEM-1", "--short", "--lang", "th").stdout
    assert "วันทำการเป็นของใคร" in printed
    assert "จ. 16 พ.ย. 2569 – อ. 17 พ.ย. 2569" in printed


@pytest.mark.usefixtures("chain")
def test_the_days_for_programs(told: Any) -> None:
    """With --json each case has what sla tells, unchanged."""
    expected = [{"case": "1", "number": "1234-5678-9", "sla": sla(clock())}]
    assert {"cases": expected, "redirected_from": []} == told("sla", "case", "CHEM-1")


def test_a_case_sla_has_not_heard_of(chain: Chain, call: Any, told: Any) -> None:
    """It is told from an unknown number, and says what to look at; for programs it is null."""
    del chain.sla.answers["GET /ops/cases/1"]
    assert "sla has not heard of case 1234-5678-9 yet" in call("sla", "case", "C", code=1).stderr
    assert told("sla", "case", "C")["cases"][0]["sla"] is None


def test_an_unknown_number_is_told_as_by_case(chain: Chain, call: Any) -> None:
    """Nothing found ends with 1 and says what to try."""
    chain.intake.answers["GET /ops/references"] = 200, {"cases": [], "references": []}
    assert "Nothing is known under NONE." in call("sla", "case", "NONE", code=1).stderr


def test_a_number_of_several_cases_lists_them(chain: Chain, call: Any, told: Any) -> None:
    """None of them is picked; the answer for programs has them all."""
    chain.intake.answers["GET /ops/references"] = 200, {"cases": ["1", "2"], "references": []}
    other = standing(span("at_unit", "unit", "2026-11-12"), case="2", number="8765-4321-0")
    chain.status.answers["GET /ops/cases/2"] = 200, other
    result = call("sla", "case", "CHEM-1")
    assert "8765-4321-0" in result.stdout
    assert "tidtam sla case 1234-5678-9" in result.stderr
    assert ["1", "2"] == [one["case"] for one in told("sla", "case", "CHEM-1")["cases"]]


def test_the_second_answer_is_the_promise(chain: Chain, call: Any, told: Any) -> None:
    """`tidtam case` says days used and due date of finance's promise, in either language."""
    expected = "  Finance pays within 9 days: 4 of 9 working days used · due Fri 2026-11-27"
    assert [expected] == days_shown(call("case", "CHEM-1").stdout)
    assert (
        "ใช้ไป 4 จาก 9 วันทำการ · ครบกำหนด ศ. 27 พ.ย. 2569"
        in call("case", "1", "--lang", "th").stdout
    )
    assert sla(clock()) == told("case", "CHEM-1")["cases"][0]["case"]["sla"]
    assert chain.sla.asked


PLAIN = ["  6 working days since received (Thu 2026-11-12)"]


@pytest.mark.parametrize(
    "answer",
    [
        (404, {"error": "no case 1"}),
        (500, {"error": "bug"}),
        (503, {"error": "starting"}),
        (200, sla()),
        (200, sla(clock(state="void"))),
        (200, sla(clock(), status_version=6)),
    ],
    ids=["unknown", "refuses", "starts", "no clock", "void", "behind status"],
)
def test_without_a_promise_the_second_answer_counts_plain_days(
    chain: Chain, call: Any, answer: tuple[int, Any]
) -> None:
    """Where sla is away, behind, or has no clock, days since the receipt are counted as before."""
    chain.sla.answers["GET /ops/cases/1"] = answer
    assert PLAIN == days_shown(call("case", "CHEM-1").stdout)


def test_a_case_is_shown_where_there_is_no_sla(
    chain: Chain, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain without sla, or one that does not answer, shows the case; `sla case` ends with 3."""
    monkeypatch.setenv("TIDTAM_SLA_URL", "http://127.0.0.1:9")
    assert PLAIN == days_shown(call("case", "CHEM-1").stdout)
    assert "http://127.0.0.1:9" in call("sla", "case", "CHEM-1", code=3).stderr
    monkeypatch.delenv("TIDTAM_SLA_URL")
    assert PLAIN == days_shown(call("case", "CHEM-1").stdout)
    assert "TIDTAM_SLA_URL" in call("sla", "case", "CHEM-1", code=3).stderr
    assert [] == chain.sla.asked


ROW = {
    "month": "2026-10", "key": None, "clause": "finance-9-days@1#finance", "n": 20, "met": 17,
    "met_percent": 85.0, "missed_or_breached": 3, "open": 0, "void": 1, "p50": 4, "p85": 9,
    "p95": 12, "target_percent": 85,
}  # fmt: skip


def test_attainment_asks_what_it_is_asked(chain: Chain, call: Any, told: Any) -> None:
    """Agreement, clause and grouping are sla's to apply; the table has a row per month."""
    chain.sla.answers["GET /ops/attainment"] = 200, {"as_of": "2026-11-20", "rows": [ROW]}
    printed = call("sla", "attainment", "--agreement", "f", "--clause", "c", "--by", "unit").stdout
    assert ["2026-10", "–", "finance-9-days@1#finance", "20"] == printed.splitlines()[1].split()[:4]
    assert "GET /ops/attainment?by=unit&agreement=f&clause=c" == chain.sla.asked[0][0]
    assert [ROW] == told("sla", "attainment")["rows"]
    assert "GET /ops/attainment?by=month" == chain.sla.asked[-1][0]


def test_attainment_warns_of_a_target_that_will_be_lost(chain: Chain, call: Any) -> None:
    """Below the table stands on which day the target is lost at the pace so far."""
    outlook = {"state": "at-risk", "misses_left": 3, "exhausted_on": "2026-11-24"}
    answer = {"as_of": "2026-11-20", "rows": [{**ROW, "outlook": outlook}]}
    chain.sla.answers["GET /ops/attainment"] = 200, answer
    printed = call("sla", "attainment").stdout
    assert "is lost on 2026-11-24; 3 more may be late." in printed


def test_a_case_page_says_how_many_wait_before_it(chain: Chain, call: Any) -> None:
    """Under the days of `tidtam case` stands the place in the queue of who has it."""
    place = {"agreement": "finance-9-days", "position": 3, "waiting": 12, "overtaken": []}
    queue = {"party": "finance", "since": "2026-11-13T03:00:00Z", "places": [place]}
    chain.sla.answers["GET /ops/cases/1"] = 200, sla(clock(), queue=queue)
    expected = "  number 3 of 12 that wait for finance (finance-9-days)"
    assert expected == days_shown(call("case", "CHEM-1").stdout)[-1]


def test_attainment_without_rows_says_why(chain: Chain, call: Any) -> None:
    """No agreement at all, none of this name, and no clock yet are told apart."""
    chain.sla.answers["GET /ops/attainment"] = 200, {"as_of": "2026-11-20", "rows": []}
    chain.sla.answers["GET /ops/config"] = 200, {"agreements": []}
    assert "tidtam config apply" in call("sla", "attainment").stdout
    rows = [{"name": "finance-9-days", "version": 1, "sha256": "0"}]
    chain.sla.answers["GET /ops/config"] = 200, {"agreements": rows}
    assert "No clock has started yet" in call("sla", "attainment").stdout
    refused = call("sla", "attainment", "--agreement", "finance", code=1).stderr
    assert "In force: finance-9-days." in refused
    assert "month" in call("sla", "attainment", "--by", "week", code=2).stderr
