"""Who a payee is: one person one id, and only the topic `payee` knows more, sealed."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from chassis.sealing import Sealed
from cryptography.exceptions import InvalidTag
from intake.payees import PayeeKeys

from tests.integration.intake.bed import PAYEE_SECRET, Chain, Sender
from tests.integration.intake.words import until

TAX_ID = "1100000000172"


def said(*identities: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A payee as a source writes it."""
    named = [{"scheme": scheme, "value": value} for scheme, value in identities]
    return {"identities": named, "name": "นาย ทดสอบ ระบบ", **more}


async def payee_ids(sender: Sender, number: str, *payees: dict[str, Any]) -> list[str]:
    """Send a claim with one line for each payee; the payee ids its event carries."""
    lines = [{"id": str(n), "gross": "1.00", "payee": p} for n, p in enumerate(payees)]
    event = sender.event("submitted", number, data={"lines": lines})
    answer = await sender.post(event)
    assert answer.status_code == 202, answer.text
    query = "select envelope from intake.journal where source = $1 and id = $2"
    (row,) = await sender.chain.rows(query, sender.slug, event["id"])
    return [line["payee"] for line in orjson.loads(row["envelope"])["said"]["lines"]]


async def messages(chain: Chain, payee_id: str) -> list[dict[str, Any]]:
    """What the topic `payee` says of one, oldest first."""
    records = await chain.records("payee")
    return [orjson.loads(r.value)["data"] for r in records if r.key == payee_id.encode()]


async def lead(chain: Chain, payee_id: str) -> str:
    """Whom a payee id leads to in the end."""
    query = "select redirect_to from intake.payee where payee_id = $1"
    while True:
        (row,) = await chain.rows(query, payee_id)
        if row["redirect_to"] is None:
            return payee_id
        payee_id = row["redirect_to"]


async def test_one_tax_id_is_one_payee(chain: Chain) -> None:
    """The same number, also in Thai digits, as citizen id and from another source, is one payee."""
    unit, other = await chain.register(), await chain.register()
    thai = TAX_ID.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    first = await payee_ids(unit, "p-1", said(("tax-id", TAX_ID)), said(("tax-id", thai)))
    second = await payee_ids(other, "p-1", said(("citizen-id", "1-1000-00000-17-2")))
    assert 1 == len({*first, *second})
    assert first[0].startswith("p")


async def test_a_vendor_code_never_makes_two_persons_one(chain: Chain) -> None:
    """Two persons under one shared vendor code stay two, and no redirect appears."""
    unit = await chain.register()
    shared = ("vendor", "ONETIME")
    ids = await payee_ids(
        unit,
        "p-2",
        said(shared, ("student", "S6501")),
        said(shared, ("student", "S6502")),
        said(shared),
    )
    assert 3 == len(set(ids))
    assert ids == [await lead(chain, payee_id) for payee_id in ids]


async def test_a_mention_with_two_numbers_unites_two_payees(chain: Chain) -> None:
    """Both ids lead to the smaller one, the topic says so, whatever order the numbers came in."""
    unit = await chain.register()
    numbers = [("student", f"T65{n}0") for n in range(6)]
    alone = [(await payee_ids(unit, "p-3", said(number)))[0] for number in numbers]
    assert 6 == len(set(alone))
    for one, two in ((0, 1), (2, 3), (4, 5), (1, 2), (5, 0)):
        await payee_ids(unit, "p-3", said(numbers[one], numbers[two]))
    assert {min(alone)} == {await lead(chain, payee_id) for payee_id in alone}
    told = await until(lambda: messages(chain, max(alone)))
    assert told[-1]["redirect_to"] is not None
    assert list(range(1, len(told) + 1)) == [message["version"] for message in told]


async def test_a_batch_that_unites_a_whole_family_at_once(chain: Chain) -> None:
    """Numbers tied pairwise in one event are one payee, though no mention names them all."""
    unit = await chain.register()
    numbers = [("student", f"F65{n}0") for n in range(5)]
    pairs = [said(numbers[n], numbers[n + 1]) for n in (3, 0, 2, 1)]
    ids = await payee_ids(unit, "p-4", *pairs)
    assert 1 == len({await lead(chain, payee_id) for payee_id in ids})


async def test_what_is_sealed_opens_with_the_key_alone(chain: Chain) -> None:
    """The topic's value opens with the body's key for its own payee id, and with no other."""
    unit = await chain.register()
    account = {"bank": "006", "number": "4711000815"}
    (payee_id,) = await payee_ids(unit, "p-5", said(("student", "K6501"), account=account))
    (told,) = await until(lambda: messages(chain, payee_id))
    sealed = Sealed(
        told["key_id"], base64.b64decode(told["nonce"]), base64.b64decode(told["sealed"])
    )
    content = PayeeKeys(PAYEE_SECRET).open(payee_id, sealed)
    assert account == content["account"]
    assert [["student", unit.slug, "K6501"]] == content["identities"]
    with pytest.raises(InvalidTag):
        PayeeKeys(bytes(32)).open(payee_id, sealed)
    with pytest.raises(InvalidTag):
        PayeeKeys(PAYEE_SECRET).open("p-other", sealed)


async def test_nothing_new_said_is_no_new_version(chain: Chain) -> None:
    """A payee named again as before is not told again; a changed account is, with its time."""
    unit = await chain.register()
    for number in ("p-6", "p-7"):
        (payee_id,) = await payee_ids(unit, number, said(("student", "N6501")))
    await payee_ids(unit, "p-8", said(("student", "N6501"), account={"number": "1"}))
    told = await until(lambda: _two(chain, payee_id))
    assert [1, 2] == [message["version"] for message in told]
    assert {"2026-01-12T03:15:00.000000Z"} == {message["said_at"] for message in told}


async def _two(chain: Chain, payee_id: str) -> list[dict[str, Any]]:
    told = await messages(chain, payee_id)
    return told if len(told) >= 2 else []
