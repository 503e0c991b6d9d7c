"""
A small event log of the same shape as a university's payment log, with answers worked out by hand.

Each course is a way a claim goes, told in the words of such a log; every course is walked by
several claims. Nothing is random: the answers below can be checked by reading.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

SAVED = "Request For Payment SAVED by EMPLOYEE"
SUBMITTED = "Request For Payment SUBMITTED by EMPLOYEE"
APPROVED = "Request For Payment APPROVED by ADMINISTRATION"
RECEIVED = "Request For Payment FINAL_APPROVED by SUPERVISOR"
REJECTED = "Request For Payment REJECTED by ADMINISTRATION"
TAKEN_BACK = "Request For Payment REJECTED by EMPLOYEE"
IN_PROCESS = "Request Payment"
PAID = "Payment Handled"
# What no mapping knows: it is counted and left aside.
PERMIT = "Permit SUBMITTED by EMPLOYEE"

Step = tuple[int, str, str]
"""Days after the claim's first day, local time of that day, activity."""


@dataclass(frozen=True, slots=True)
class Course:
    """
    One way of a claim: `stage` where it stands at the end, `claims` how many go it.

    `by_dates` is its stage when finance tells only dates: a date means the end of its day, so a
    receipt of the day on which the unit sends the claim back is ordered behind that return.
    `contradictions` are the facts of one claim without effect when finance's clock is one hour
    behind: a submission that then seems to come after the receipt.
    """

    claims: int
    steps: tuple[Step, ...]
    stage: str
    by_dates: str = ""
    contradictions: int = 0

    @property
    def stage_by_dates(self) -> str:
        """Where it stands when finance tells only dates."""
        return self.by_dates or self.stage


COURSES = (
    # Straight through.
    Course(
        90,
        (
            (0, "09:00:00", SUBMITTED),
            (0, "09:05:30", APPROVED),
            (1, "10:00:00", RECEIVED),
            (3, "12:00:00", IN_PROCESS),
            (6, "16:30:00", PAID),
        ),
        "paid",
    ),
    # Everything within two hours; finance's clock an hour behind puts the receipt first.
    Course(
        12,
        (
            (0, "09:00:00", SUBMITTED),
            (0, "09:20:00", RECEIVED),
            (0, "09:40:00", IN_PROCESS),
            (0, "10:30:00", PAID),
        ),
        "paid",
        contradictions=1,
    ),
    # Sent back once, mended, paid.
    Course(
        25,
        (
            (0, "08:30:00", PERMIT),
            (0, "11:00:00", SAVED),
            (1, "09:00:00", SUBMITTED),
            (2, "13:00:00", REJECTED),
            (5, "09:10:00", SUBMITTED),
            (5, "15:00:00", APPROVED),
            (6, "11:00:00", RECEIVED),
            (8, "09:00:00", IN_PROCESS),
            (12, "16:30:00", PAID),
        ),
        "paid",
    ),
    # Sent back, taken back by the claimant, sent again after a week, paid.
    Course(
        6,
        (
            (0, "10:00:00", SUBMITTED),
            (1, "10:00:00", REJECTED),
            (1, "15:00:00", TAKEN_BACK),
            (9, "10:00:00", SUBMITTED),
            (10, "10:00:00", RECEIVED),
            (12, "10:00:00", IN_PROCESS),
            (15, "16:30:00", PAID),
        ),
        "paid",
    ),
    # Sent back and taken back for good.
    Course(
        17,
        ((0, "10:00:00", SUBMITTED), (1, "10:00:00", REJECTED), (1, "15:00:00", TAKEN_BACK)),
        "withdrawn",
    ),
    # Begun and never sent.
    Course(9, ((0, "14:00:00", SAVED),), "draft"),
    # Sent back and left lying.
    Course(7, ((0, "14:00:00", SUBMITTED), (2, "09:00:00", REJECTED)), "returned"),
    # Received and left lying.
    Course(4, ((0, "14:00:00", SUBMITTED), (2, "09:00:00", RECEIVED)), "received"),
    # The document is made, the money has not gone.
    Course(
        3,
        ((0, "14:00:00", SUBMITTED), (2, "09:00:00", RECEIVED), (4, "09:00:00", IN_PROCESS)),
        "in_process",
    ),
    # Received in the morning, sent back at noon: a date cannot tell which was first.
    Course(
        5,
        ((0, "08:00:00", SUBMITTED), (0, "10:00:00", RECEIVED), (0, "12:30:00", REJECTED)),
        "returned",
        by_dates="received",
    ),
)

# By hand: 90 + 12 + 25 + 6 paid, 7 + 5 returned; 4 + 5 received when only dates are told.
CLAIMS = 178
STAGES = {"draft": 9, "in_process": 3, "paid": 133, "received": 4, "returned": 12, "withdrawn": 17}
BY_DATES = {"draft": 9, "in_process": 3, "paid": 133, "received": 9, "returned": 7, "withdrawn": 17}
# By hand: 90·5 + 12·4 + 25·8 + 6·7 + 17·3 + 9·1 + 7·2 + 4·2 + 3·3 + 5·3.
EVENTS = 846
IGNORED = 25
CONTRADICTIONS_AN_HOUR_BEHIND = 12
# By hand, stopped, running and void: finance was given all that is paid, what lies there (4 + 3),
# and the 5 it had for a morning; everyone's clock runs from the first step past a draft.
CLOCKS = {"finance": (133, 12, 0), "everyone": (133, 19, 17)}


def told_by(courses: tuple[Course, ...], dates: bool) -> dict[str, int]:
    """The stages these courses lead to, counted by the machine: it must agree with the hand."""
    counts = Counter[str]()
    for course in courses:
        counts[course.stage_by_dates if dates else course.stage] += course.claims
    return dict(sorted(counts.items()))
