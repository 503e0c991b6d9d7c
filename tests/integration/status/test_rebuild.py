"""Refolding everything: it agrees with what was told, finds what was planted, and asks first."""

from __future__ import annotations

from contracts.canonical import canonical_sha256

from tests.integration.status.bed import Bed, Told, fact, moved

CASES = range(1, 61)


async def fill(bed: Bed) -> Told:
    """Sixty cases, a third of them paid."""
    told = []
    for case in CASES:
        facts = ["submitted", "received", "transferred"][: 1 + case % 3]
        told += await bed.say(
            *(fact(case, f"{case}-{name}", name, hour, text={"title": f"เรื่องที่ {case}"})
              for hour, name in enumerate(facts))
        )  # fmt: skip
    return told


def state_hash(told: Told) -> bytes:
    """SHA-256 over what the newest states say, without case, version and title."""
    newest = {state["case"]: state for state in told}
    ours = ("stage", "since", "spans", "contradictions", "joining", "timeline", "lines")
    return canonical_sha256([{name: state[name] for name in ours} for state in newest.values()])


async def test_after_normal_running_there_is_nothing_to_rebuild(bed: Bed) -> None:
    """Facts late, twice and regrouped: refolding every case finds no difference."""
    await fill(bed)
    await bed.say(fact(1, "late", "drafted", -5), fact(2, "2-submitted", "submitted", 0))
    await bed.say(moved(3, 9, ins=[("unit", "1-submitted")]))
    await bed.say(moved(1, 9, outs=[(("unit", "1-submitted"), 3)]))
    found = await bed.rebuild()
    assert (len(CASES), (), False) == (found.cases, found.changed, found.published)
    assert [] == await bed.outbox()


async def test_planted_changes_are_found_and_told_marked(bed: Bed) -> None:
    """Three cases whose told state is not theirs are told again, with the next version."""
    before = {state["case"]: state for state in await fill(bed)}
    await bed.execute("update followed_case set visible_sha256 = 'x' where case_id in (7, 8, 60)")
    found = await bed.rebuild()
    assert ((7, 8, 60), True) == (found.changed, found.published)
    told = await bed.cases()
    assert [("7", 2, True), ("8", 2, True), ("60", 2, True)] == [
        (state["case"], state["version"], state["rebuilt"]) for state in told
    ]
    for state in told:
        assert state_hash([before[state["case"]]]) == state_hash([state])
        assert ([], []) == (state["established"], state["withdrawn"])
    assert () == (await bed.rebuild()).changed


async def test_more_than_fifty_changes_wait_for_an_operator(bed: Bed) -> None:
    """Sixty changes are listed and not told; once approved they are."""
    await fill(bed)
    await bed.execute("update followed_case set visible_sha256 = null")
    found = await bed.rebuild()
    assert (tuple(CASES), False) == (found.changed, found.published)
    assert [] == await bed.outbox()
    approved = await bed.rebuild(approved=True)
    assert (tuple(CASES), True) == (approved.changed, approved.published)
    assert [str(case) for case in CASES] == [state["case"] for state in await bed.cases()]


async def test_fifty_changes_need_no_word(bed: Bed) -> None:
    """Fifty are told at once."""
    await fill(bed)
    await bed.execute("update followed_case set visible_sha256 = null where case_id <= 50")
    assert True is (await bed.rebuild()).published


async def test_deleting_personal_text_changes_no_state(bed: Bed) -> None:
    """Retention deletes the texts: the rebuild takes the titles away and the hash stays."""
    told = await fill(bed)
    assert "เรื่องที่ 1" == told[0]["title"]
    await bed.execute("delete from event_text")
    await bed.rebuild(approved=True)
    after = await bed.cases()
    assert [None] * len(CASES) == [state["title"] for state in after]
    assert state_hash(told) == state_hash(after)


async def test_a_rebuild_beside_live_events_finds_nothing(bed: Bed) -> None:
    """Each batch is whole to whoever looks: between two of them no case seems to differ."""
    await fill(bed)
    for hour in range(5):
        await bed.deliver([fact(case, f"d{hour}", "delayed", hour + 9) for case in CASES])
        assert () == (await bed.rebuild()).changed
