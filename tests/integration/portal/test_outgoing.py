"""What people do reaches a real intake as events of the source `portal`, each once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from ground.throwaway import Servers
from portal.outgoing import Outcome, Outgoing, new_id
from tidtam.registering import portal_source

from tests.integration.intake.bed import Chain, make_chain
from tests.integration.portal.bed import HandClock
from tests.unit.contracts.saying import process

NOW = datetime(2026, 1, 31, 5, tzinfo=UTC)
REASON = {"code": "awaiting-budget"}


@pytest.fixture
async def chain(servers: Servers) -> AsyncIterator[Chain]:
    """Intake and status, running, with the portal registered."""
    made = await make_chain(servers)
    source = {"source": "portal", **portal_source([process()])}
    answer = await made.tell("/ops/sources", source)
    assert answer.status_code == 200, answer.text
    yield made
    await made.close()


async def test_what_people_do_is_heard_once(chain: Chain) -> None:
    """A second try is the same event; what intake refuses comes back with its remedy."""
    token = (await chain.tell("/ops/sources/portal/tokens")).json()["token"]
    unit = await chain.register()
    event = unit.event("submitted", "69-77")
    assert 202 == (await unit.post(event)).status_code
    (ref,) = event["data"]["refs"]
    refs = [{**ref, "issuer": unit.slug}]
    outgoing = Outgoing(chain.urls["intake"], token, HandClock(NOW))
    away = Outgoing("http://127.0.0.1:9", token, HandClock(NOW))
    one, at = new_id(), outgoing.now()
    said = {"refs": refs, "reason": REASON}
    first = await outgoing.say(one, "disbursement", "delayed", said, time=at)
    again = await outgoing.say(one, "disbursement", "delayed", said, time=at)
    other = await outgoing.say(one, "disbursement", "delayed", {"refs": refs}, time=at)
    wrong = await outgoing.say(new_id(), "disbursement", "delayed", {"refs": refs})
    lost = await away.say(new_id(), "disbursement", "delayed", said)
    await outgoing.close()
    await away.close()
    assert (Outcome.ACCEPTED, Outcome.RESENT, Outcome.AWAY) == (
        first.outcome,
        again.outcome,
        lost.outcome,
    )
    assert Outcome.REFUSED == other.outcome
    assert (Outcome.REFUSED, ["/data/reason"]) == (
        wrong.outcome,
        [finding.pointer for finding in wrong.findings],
    )
