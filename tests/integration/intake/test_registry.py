"""Who may say what: registering sources and applying rules while events keep coming."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.intake.bed import Chain
from tests.integration.intake.words import registration, rules


async def test_the_same_rules_applied_twice_are_one_version(chain: Chain) -> None:
    """A second apply of the same process file makes no new version, in both services."""
    before = [await chain.ask("/ops/config", service) for service in ("intake", "status")]
    applied = [await chain.apply(service=service) for service in ("intake", "status")]
    assert [{"disbursement": None}, {"disbursement": None}] == applied
    assert before == [await chain.ask("/ops/config", service) for service in ("intake", "status")]


async def test_rules_changed_in_mid_stream_judge_the_very_next_event(chain: Chain) -> None:
    """An unknown kind becomes known by an apply, without a restart, on HTTP and Kafka."""
    unit = await chain.register()

    def event(number: str) -> dict[str, Any]:
        return unit.event("submitted", number, data={"kind": f"kind-of-{unit.slug}"})

    assert 422 == (await unit.post(event("g-1"))).status_code
    changed = rules()
    kinds = changed["processes"][0]["codes"]["kind"]
    kinds[f"kind-of-{unit.slug}"] = {"th": "ทดสอบ", "en": "Test"}
    for service in ("status", "intake"):
        await chain.apply(changed, service)
    await unit.publish(event("g-1"))
    await unit.ended(accepted=1, rejected=1)
    assert 202 == (await unit.post(event("g-2"))).status_code
    for service in ("status", "intake"):
        await chain.apply(service=service)
    assert 422 == (await unit.post(event("g-3"))).status_code


@pytest.mark.parametrize("body", ['{"processes": [{"name": "x"}]}', "{", "[]", '{"processes": 5}'])
async def test_a_rule_file_with_a_mistake_changes_nothing(chain: Chain, body: str) -> None:
    """What is no process file is refused whole, in words, and the rules in force stay."""
    before = await chain.ask("/ops/config")
    async with chain.http() as http:
        answer = await http.put("/ops/config", content=body)
    assert 422 == answer.status_code, answer.text
    assert answer.json()["error"]
    assert before == await chain.ask("/ops/config")


async def test_a_source_is_changed_and_keeps_its_name_and_topics(chain: Chain) -> None:
    """Registering a source again changes it and makes a new version of it."""
    unit = await chain.register()
    wider = registration(unit.slug, "unit", issuers=["*"])
    answer = await chain.tell("/ops/sources", wider)
    assert (200, 2) == (answer.status_code, answer.json()["version"])
    foreign = {"scheme": "claim", "value": "g-4", "issuer": "elsewhere"}
    assert 202 == (await unit.post(unit.event("submitted", foreign))).status_code


async def test_a_slug_is_never_given_to_another(chain: Chain) -> None:
    """Neither may another source take a slug, nor a source take another slug."""
    unit = await chain.register()
    taken = registration(unit.slug, "unit", source="another")
    moved = registration(f"{unit.slug}-b", "unit", source=unit.slug)
    answers = [await chain.tell("/ops/sources", body) for body in (taken, moved)]
    assert [409, 409] == [answer.status_code for answer in answers]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown fact": ({"facts": {"disbursement": ["submited"]}}, "submited"),
    "another role's fact": ({"facts": {"disbursement": ["transferred"]}}, "transferred"),
    "an unknown process": ({"facts": {"petition": ["filed"]}}, "petition"),
    "a zone that is a folder": ({"zone": "Asia"}, "zone"),
    "a zone outside": ({"zone": "../etc/passwd"}, "zone"),
    "no zone": ({"zone": "Asia/Nowhere"}, "zone"),
    "a start without offset": ({"starts_at": "2025-01-01T00:00:00"}, "starts_at"),
    "an hour of 29": ({"promise": "daily by 29:00"}, "promise"),
    "a field too much": ({"colour": "red"}, "colour"),
    "capitals": ({"slug": "Unit"}, "slug"),
    "two hyphens": ({"slug": "a--b"}, "slug"),
    "a hyphen at the end": ({"slug": "unit-"}, "slug"),
    "61 letters": ({"slug": "x" * 61}, "slug"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_registration_with_a_mistake_is_refused_by_name(chain: Chain, case: str) -> None:
    """The answer names the field, or the fact, and nothing is registered."""
    changes, named = WRONG[case]
    answer = await chain.tell("/ops/sources", {**registration("never", "unit"), **changes})
    assert 422 == answer.status_code, answer.text
    assert named in answer.json()["error"]
    sources = (await chain.ask("/ops/sources"))["sources"]
    assert "never" not in {source["source"] for source in sources}
