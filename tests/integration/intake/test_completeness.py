"""Up to when a source has told everything, and what is shown when its totals differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from tests.integration.intake.bed import Chain, Sender
from tests.integration.intake.words import until

NOON = "2026-01-31T11:30:00+07:00"


def beat(sender: Sender, at: str = NOON, **said: Any) -> dict[str, Any]:
    """A heartbeat; with totals it is a closing one."""
    return sender.event("heartbeat", time=at, data={"closing": bool(said), **said})


def claims(sender: Sender, *names: str) -> list[dict[str, Any]]:
    """Claims of 10.50 baht each."""
    said = {"amount": {"value": "10.50", "currency": "THB"}}
    return [sender.event("submitted", f"b-{name}", id=name, data=said) for name in names]


def ids_sha256(names: Iterable[str]) -> str:
    """The hash of ids a closing heartbeat brings."""
    ordered = sorted(names, key=str.encode)
    return hashlib.sha256("\n".join(ordered).encode()).hexdigest()


async def state(sender: Sender) -> dict[str, Any]:
    """The last `source-status` of a source."""
    records = await sender.chain.records("source-status")
    told = [orjson.loads(r.value)["data"] for r in records if r.key == sender.slug.encode()]
    assert [told[n]["version"] for n in range(len(told))] == list(range(1, len(told) + 1))
    return dict(told[-1])


async def complete(sender: Sender, until_: str | None, difference: Any = None) -> None:
    """Wait until a source is complete so far, with this difference."""

    async def there() -> bool:
        now = await state(sender)
        return bool((now["complete_until"], now["difference"]) == (until_, difference))

    await until(there)


async def test_a_live_source_is_complete_but_for_a_quarter_of_an_hour(chain: Chain) -> None:
    """Each heartbeat moves completeness to 15 minutes before it; none moves it back."""
    unit = await chain.register()
    await complete_after(unit, [beat(unit)], "2026-01-31T04:15:00+00:00")
    await complete_after(unit, [beat(unit, "2026-01-31T10:00:00+07:00")], None)
    await complete_after(unit, [beat(unit, "2026-01-31T12:00:00+07:00")], None)
    assert "2026-01-31T04:45:00+00:00" == (await state(unit))["complete_until"]


async def complete_after(
    sender: Sender, events: list[dict[str, Any]], expected: str | None
) -> None:
    """Send and wait; with *expected*, also until completeness is there."""
    answer = await sender.post(events)
    assert {"accepted"} == {item["verdict"] for item in answer.json()["items"]}
    if expected is not None:
        await complete(sender, expected)
        return
    version = (await sender.chain.ask("/ops/sources"))["sources"]
    wanted = next(s["version"] for s in version if s["slug"] == sender.slug)

    async def said() -> bool:
        return bool((await state(sender))["version"] == wanted)

    await until(said)


async def test_a_daily_source_is_complete_to_the_end_of_yesterday(chain: Chain) -> None:
    """A closing heartbeat that agrees closes the day; refused events count by their ids."""
    erp = await chain.register(promise="daily by 02:00")
    await erp.publish(*claims(erp, "a", "ข"), erp.event("submited", "b-x", id="bad"))
    await erp.ended(accepted=2, rejected=1)
    totals: dict[str, Any] = {
        "count": 3,
        "sums": {"THB": "99.00"},
        "ids_sha256": ids_sha256(["a", "ข", "bad"]),
    }
    await erp.publish(beat(erp, **totals))
    await complete(erp, "2026-01-30T16:59:59.999999+00:00")


async def test_all_in_one_batch_counts_as_it_was_sent(chain: Chain) -> None:
    """What comes after a heartbeat in the same batch belongs to the next one, refusals too."""
    erp = await chain.register(promise="daily by 02:00")
    bad = [erp.event("submited", "b-y", id=f"bad{n}") for n in range(2)]
    one, two, three = claims(erp, "one", "two", "three")
    batch = [
        one,
        bad[0],
        beat(erp, count=2, ids_sha256=ids_sha256(["one", "bad0"])),
        two,
        bad[1],
        three,
        beat(erp, count=3, ids_sha256=ids_sha256(["two", "three", "bad1"])),
    ]
    answer = await erp.post(batch)
    assert 200 == answer.status_code
    await complete(erp, "2026-01-30T16:59:59.999999+00:00")
    assert 3 == (await state(erp))["version"]


async def test_a_difference_stays_until_what_was_missing_comes(chain: Chain) -> None:
    """Declared and received stand side by side; the lost event makes the next totals agree."""
    erp = await chain.register(promise="daily by 02:00")
    lost, *rest = claims(erp, "lost", "kept", "next")
    await erp.publish(rest[0], beat(erp, count=2, sums={"THB": "21.00"}))
    shown = {
        "count": {"declared": 2, "received": 1},
        "sums": {"declared": {"THB": "21.00"}, "received": {"THB": "10.50"}},
    }
    await complete(erp, None, shown)
    await erp.publish(beat(erp, "2026-01-31T11:31:00+07:00"))
    await erp.publish(lost, rest[1], beat(erp, count=1, sums={"THB": "10.50"}))
    await complete(erp, "2026-01-30T16:59:59.999999+00:00")


async def test_an_ordinary_heartbeat_hides_no_difference(chain: Chain) -> None:
    """A live source with a difference does not become complete by saying that it lives."""
    unit = await chain.register()
    await complete_after(unit, [*claims(unit, "only"), beat(unit, count=5)], None)
    await complete_after(unit, [beat(unit, "2026-01-31T11:45:00+07:00")], None)
    difference = {"count": {"declared": 5, "received": 1}}
    now = await state(unit)
    assert (None, difference) == (now["complete_until"], now["difference"])


async def test_anothers_rejects_do_not_count(chain: Chain) -> None:
    """What somebody else sent under this source's name belongs to that sender's totals."""
    unit, rogue = await chain.register(), await chain.register()
    await rogue.publish(unit.event("submitted", "b-z", id="forged"))
    await rogue.ended(rejected=1)
    await complete_after(unit, [beat(unit, count=0)], "2026-01-31T04:15:00+00:00")


async def test_the_lead_of_a_clock_is_measured(chain: Chain) -> None:
    """The largest lead of the day stands with the source; late events do not shrink it."""
    unit = await chain.register()
    ahead = unit.event("submitted", "b-1", time="2026-01-31T12:03:20+07:00")
    late = unit.event("approved", "b-1", time="2026-01-31T09:00:00+07:00")
    await unit.publish(ahead)
    await unit.ended(accepted=1)
    await unit.publish(late, beat(unit))
    await unit.ended(accepted=3)
    await complete(unit, "2026-01-31T04:15:00+00:00")
    sources = (await chain.ask("/ops/sources"))["sources"]
    assert 200_000 == next(s["clock_lead_ms"] for s in sources if s["slug"] == unit.slug)
