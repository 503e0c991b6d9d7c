"""What is kept of messages before anything is decided, what is claimed, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest
from aiokafka.structs import ConsumerRecord
from chassis.errors import SettingsError
from hypothesis import given
from hypothesis import strategies as st
from notify.claims import ROWS_MAX
from notify.gateway import smtp_settings
from notify.grouping import PARCELS_MAX, first_messages
from notify.kept import Arrival, Followed, advanced
from notify.model import Recipient
from notify.notice_store import Due
from notify.reading import read

from tests.integration.notify.said import case_status, event

NOBODY = Followed(1, 0, -1, "[]", 0, -1)
TOPICS = {"case-status": "case-status"}
EVENTS = [event("returned", f"2026-11-23T0{hour}:00", "noted") for hour in range(6)]


def arrivals(*replays: bool) -> list[Arrival]:
    """One version for each event that comes, with or without the mark of a replay."""
    said = [
        case_status(version, *EVENTS[:version], replay=replay)
        for version, replay in enumerate(replays, 1)
    ]
    records = [
        ConsumerRecord("case-status", 0, place, 0, 0, b"1", value, None, 1, len(value), ())
        for place, value in enumerate(said)
    ]
    batch = read(records, TOPICS)
    assert batch.letters == []
    return batch.states.get(1, [])


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.integers(0, 6), st.booleans())
def test_replayed_events_are_known_however_they_are_batched(
    replays: Sequence[bool], cut: int, repeated: bool
) -> None:
    """One batch or two, with or without repetition: each event is what it was when it came."""
    all_of_them = arrivals(*replays)
    kept = NOBODY
    for batch in (all_of_them[:cut], all_of_them[cut:], all_of_them if repeated else []):
        made = advanced(kept, batch)
        kept = kept if made is None else made[0]
    expected = [e["id"] for e, replay in zip(EVENTS, replays, strict=False) if replay]
    assert (len(replays), expected) == (kept.version, [id for _, id in orjson.loads(kept.replayed)])


def test_what_is_as_new_changes_nothing() -> None:
    """An older or equal version is passed over."""
    newest = arrivals(False, False)
    made = advanced(NOBODY, newest)
    assert made is not None
    assert advanced(made[0], newest) is None


def each(_process: str, recipient: Recipient) -> Recipient:
    """Everybody has messages of their own."""
    return recipient


def due(place: int, recipient: str, **more: str) -> Due:
    """A notice that is due."""
    said = {"process": "p", "kind": "payee", "channel": "email", "language": "th"} | more
    return Due(
        str(place),
        place,
        said["process"],
        said["kind"],
        recipient,
        said["channel"],
        said["language"],
        said.get("message"),
    )


def test_a_message_that_may_be_cut_off_waits_for_the_next_round() -> None:
    """Where more is due than is looked at, the last message may lack notices: it is left out."""
    rows = [due(place, "anna" if place < 10 else "boon") for place in range(ROWS_MAX)]
    assert rows[:10] == first_messages(rows, each, ROWS_MAX)
    assert rows[:-1] == first_messages(rows[:-1], each, ROWS_MAX)
    assert rows[10:] == first_messages(
        [due(p, "boon") for p in range(10, ROWS_MAX)], each, ROWS_MAX
    )


def test_only_so_many_messages_are_claimed_at_once() -> None:
    """Each inbox notice is a message of its own; the rest stays due."""
    rows = [due(place, "anna", channel="inbox") for place in range(PARCELS_MAX + 5)]
    assert rows[:PARCELS_MAX] == first_messages(rows, each, ROWS_MAX)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "none", "")),
        ("smtp://mail.example.org", ("mail.example.org", 587, "starttls", "")),
        ("smtps://u%40x:p%3A@mail.example.org", ("mail.example.org", 465, "tls", "u@x")),
    ],
)
def test_the_mail_server_is_one_address(url: str, expected: tuple[object, ...]) -> None:
    """Host, port, seal and login come from one URL; only this very machine is spoken to openly."""
    told = smtp_settings(url, "Tidtam <notices@tidtam.example>")
    assert expected == (told.host, told.port, told.security, told.username)


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail", "smtp://", "smtp://m:secret"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """The refusal names the variable and repeats nothing."""
    with pytest.raises(SettingsError, match="TIDTAM_SMTP_URL") as refused:
        smtp_settings(url, "Tidtam <notices@tidtam.example>")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("sender", ["", "nobody", "Tidtam <@>"])
def test_a_sender_that_is_none_is_refused(sender: str) -> None:
    """Letters without a sender would all be refused."""
    with pytest.raises(SettingsError, match="TIDTAM_MAIL_FROM"):
        smtp_settings("smtp://127.0.0.1:25", sender)
