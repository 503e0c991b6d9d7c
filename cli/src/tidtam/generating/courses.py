"""What happens to a claim: the ordinary ways, and one way for each thing worth seeing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from random import Random
from typing import NamedTuple

from tidtam.generating.claim import Clerk
from tidtam.generating.days import BUDDHIST_ERA_YEARS

RETURNS = 0.12
WITHDRAWALS = 0.03
CANCELLATIONS = 0.01
DELAYS = 0.03
RETURN_REASONS: Mapping[str, tuple[str, ...]] = {
    "incomplete-papers": ("receipt", "inspection-report"),
    "missing-signature": (),
    "wrong-amount": (),
    "wrong-budget": (),
}


def ordinary(clerk: Clerk, day: date) -> None:
    """Most claims are paid within two weeks; some come back, some are taken back, some wait."""
    random, later = clerk.random, clerk.days.later
    day = hand_in(clerk, day)
    if random.random() < WITHDRAWALS:
        clerk.unit(
            "withdrawn", later(day, 1), reason={"code": random.choice(("duplicate", "other"))}
        )
        return
    day = later(day, random.choice((1, 1, 2, 3)))
    clerk.receive(day)
    if random.random() < RETURNS:
        day = send_back_and_again(clerk, day)
    if random.random() < CANCELLATIONS:
        clerk.desk("cancelled", later(day, 2), reason={"code": "wrong-claim"})
        return
    if random.random() < DELAYS:
        clerk.desk("delayed", later(day, 1), reason={"code": "awaiting-budget"})
        day = later(day, 4)
    pay(clerk, later(day, random.choice((1, 1, 2, 3))), random.choice((1, 1, 2, 3, 5)))


def hand_in(clerk: Clerk, day: date) -> date:
    """Draft, submit, approve; return the day of the approval."""
    clerk.submit("drafted", day, clerk.random.randint(515, 600))
    clerk.submit("submitted", day, clerk.random.randint(605, 720))
    approved = clerk.days.later(day, clerk.random.choice((0, 1, 1)))
    clerk.unit("approved", approved, clerk.random.randint(785, 985), step="head")
    return approved


def send_back(clerk: Clerk, day: date, code: str = "") -> date:
    """Finance sends the papers back the next working day, for *code* or any reason; return it."""
    back = clerk.days.later(day, 1)
    # Drawn also where it is not needed: the rest of the month stays as its seed says.
    drawn = clerk.random.choice(sorted(RETURN_REASONS))
    code = code or drawn
    papers = list(RETURN_REASONS[code])
    reason = {"code": code, "papers": papers} if papers else {"code": code}
    clerk.desk("returned", back, reason=reason)
    return back


def send_back_and_again(clerk: Clerk, day: date) -> date:
    """Finance sends the papers back, the unit corrects them; return the day of the new receipt."""
    back = send_back(clerk, day)
    again = clerk.days.later(back, clerk.random.choice((1, 2, 3)))
    clerk.submit("submitted", again)
    received = clerk.days.later(again, 1)
    clerk.receive(received)
    return received


def pay(clerk: Clerk, day: date, wait: int) -> date:
    """Document on *day*, transfer *wait* working days later, credited the morning after."""
    clerk.process(day)
    paid = clerk.days.later(day, wait)
    clerk.transfer(paid)
    clerk.bank("credited", clerk.days.later(paid, 1), paid)
    return paid


def _received(clerk: Clerk, day: date) -> date:
    received = clerk.days.later(hand_in(clerk, day), 1)
    clerk.receive(received)
    return received


def _paid(clerk: Clerk, day: date) -> None:
    pay(clerk, clerk.days.later(_received(clerk, day), 1), 2)


def _returned(clerk: Clerk, day: date) -> None:
    send_back(clerk, _received(clerk, day), "incomplete-papers")


def _resubmitted(clerk: Clerk, day: date) -> None:
    again = send_back_and_again(clerk, _received(clerk, day))
    pay(clerk, clerk.days.later(again, 1), 1)


def _part_paid(clerk: Clerk, day: date, lines: tuple[str, ...]) -> None:
    document = clerk.days.later(_received(clerk, day), 1)
    clerk.process(document)
    clerk.transfer(clerk.days.later(document, 2), lines)


def _one_of_three(clerk: Clerk, day: date) -> None:
    _part_paid(clerk, day, ("1",))


def _two_of_three(clerk: Clerk, day: date) -> None:
    _part_paid(clerk, day, ("1", "2"))


def _bounced(clerk: Clerk, day: date) -> None:
    document = clerk.days.later(_received(clerk, day), 1)
    clerk.process(document)
    paid = clerk.days.later(document, 1)
    clerk.transfer(paid)
    clerk.bank("bounced", clerk.days.later(paid, 1), paid, reason={"code": "wrong-account"})


def _night_batch(clerk: Clerk, day: date) -> None:
    """Document and transfer of one date come in one night, the transfer first."""
    night = clerk.days.later(_received(clerk, day), 1)
    document, paid = clerk.process(night), clerk.transfer(night)
    early, late = sorted((document.delivered, paid.delivered))
    paid.delivered, document.delivered = early, late


def _unmatched(clerk: Clerk, day: date) -> None:
    """The transfer names the document with two digits swapped."""
    document = clerk.days.later(_received(clerk, day), 1)
    clerk.process(document)
    clerk.transfer(clerk.days.later(document, 2), document=swapped(clerk.claim.document))


def _rejected(clerk: Clerk, day: date) -> None:
    """The unit's system writes the year of the Buddhist era."""
    clerk.submit("drafted", day, 540)
    said = clerk.submit("submitted", day, 630)
    year = said.event["time"][:4]
    said.event["time"] = str(int(year) + BUDDHIST_ERA_YEARS) + said.event["time"][4:]


def _withdrawn(clerk: Clerk, day: date) -> None:
    approved = hand_in(clerk, day)
    clerk.unit("withdrawn", clerk.days.later(approved, 1), reason={"code": "duplicate"})


def swapped(document: str) -> str:
    """Return *document* with its first two digits swapped, as a hurried hand types it."""
    return document[1] + document[0] + document[2:]


class Shown(NamedTuple):
    """A claim worth opening: where it will stand, what it shows, how many payees it has."""

    course: Callable[[Clerk, date], None]
    stage: str
    shows: str
    payees: int = 1


SHOWCASE: Mapping[str, Shown] = {
    "paid": Shown(_paid, "paid", "a claim that went straight through"),
    "returned": Shown(_returned, "returned", "sent back to the unit, with the papers it lacks"),
    "resubmitted": Shown(_resubmitted, "paid", "sent back, sent again, and paid"),
    "part-paid": Shown(_one_of_three, "in_process", "three payees, one of them paid", 3),
    "part-paid-2": Shown(_two_of_three, "in_process", "three payees, two of them paid", 3),
    "bounced": Shown(_bounced, "bounced", "the bank sent the money back: wrong account"),
    "night-batch": Shown(_night_batch, "paid", "told by dates only, in a night batch out of order"),
    "unmatched": Shown(_unmatched, "in_process", "its transfer names a wrong document number"),
    "rejected": Shown(_rejected, "draft", "its submission was refused: a Buddhist-era year"),
    "withdrawn": Shown(_withdrawn, "withdrawn", "taken back by the unit"),
}


def weighted(random: Random, weights: Mapping[str, float]) -> str:
    """Return one of the keys, each as often as its weight says."""
    return random.choices(list(weights), list(weights.values()))[0]
