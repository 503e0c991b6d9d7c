"""The small parts of the house: settings, keys, rules, totals, what intake answered."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from chassis.errors import SettingsError
from chassis.sealing import Sealed
from contracts.events import Identity
from intake.payees import PayeeKeys
from portal.counting import counts, first_month
from portal.outgoing import Outcome, new_id, said_of
from portal.rules import Rules
from portal.settings import PortalSettings
from portal.vault import Vault
from pydantic import SecretStr

from tests.integration.portal.bed import rules as shipped
from tests.unit.contracts.saying import process

SECRET = bytes(range(32))


def settings(**more: Any) -> PortalSettings:
    """Settings that can be used."""
    key = SecretStr(base64.b64encode(SECRET).decode())
    told: dict[str, Any] = {
        "database_url": "postgresql://portal@127.0.0.1/x",
        "kafka": "127.0.0.1:1",
        "http_port": 0,
        "payee_key": key,
        "session_key": key,
        "public_url": "https://tidtam.example",
        "intake_url": "http://127.0.0.1:1",
        "intake_token": "tdt_x",
    }
    return PortalSettings(**{**told, **more})


@pytest.mark.parametrize("wrong", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_refused_by_name_and_never_repeated(wrong: str) -> None:
    """Whoever starts the portal reads which variable to mend."""
    for name in ("session", "payee"):
        with pytest.raises(SettingsError) as refused:
            getattr(settings(**{f"{name}_key": SecretStr(wrong)}), f"{name}_secret")
        assert f"TIDTAM_{name.upper()}_KEY" in str(refused.value)
        assert not wrong or wrong not in str(refused.value)


def test_the_portal_finds_a_payee_by_what_intake_keeps_one_under() -> None:
    """The same secret gives the same keyed hash on both sides, in any digits."""
    kept = PayeeKeys(SECRET).blind(Identity("tax-id", "TH", "1101700230708"))
    schemes = list(process().identities.values())
    assert [kept] == Vault(SECRET).blinds("๑-๑๐๑๗-๐๐๒๓๐-๗๐-๘", schemes)


def test_only_numbers_of_one_issuer_sign_anybody_in() -> None:
    """A vendor code, or a passport number without its country, says nothing of who it is."""
    schemes = [process().identities[name] for name in ("vendor", "passport", "staff", "student")]
    assert [] == Vault(SECRET).blinds("AB12345", schemes)


def test_a_payee_sealed_under_another_key_is_as_good_as_unknown() -> None:
    """A changed key breaks no page."""
    sealed: Sealed = PayeeKeys(bytes(32)).seal("anna", {"name": "Anna"})
    assert {} == Vault(SECRET).open("anna", sealed)


def test_rules_before_they_were_applied_are_empty() -> None:
    """A page may ask at any time."""
    rules = Rules()
    assert (None, [], None, {}) == (
        rules.process("disbursement"),
        rules.processes(),
        rules.calendar("thai-government"),
        rules.offices_on(date(2026, 11, 23)),
    )
    assert "Asia/Bangkok" == rules.zone()


def test_a_case_reads_the_process_it_has_pinned() -> None:
    """An older version while it is known, else the newest."""
    body = orjson.dumps(shipped()["processes"][0]).decode()
    rules = Rules()
    rules.read([("process", "disbursement", version, body) for version in (1, 2)])
    asked = [rules.process("disbursement", version) for version in (1, 2, 9, None)]
    assert [1, 2, 2, 2] == [None if one is None else one.version for one in asked]


def test_a_unit_is_called_by_the_name_in_force_on_the_day() -> None:
    """Where the lists do not have it, by its code."""
    rules = Rules()
    rules.read(
        [("offices", one["name"], 1, orjson.dumps(one).decode()) for one in shipped()["offices"]]
    )
    offices = rules.offices_on(date(2026, 11, 23))
    unit = next(id_ for kind, id_ in offices if kind == "unit-office")
    title = offices["unit-office", unit].title
    assert title is not None
    assert title.th == rules.unit_title(unit, date(2026, 11, 23))
    assert title.en == rules.unit_title(unit, date(2026, 11, 23), "en")
    assert "nowhere" == rules.unit_title("nowhere", date(2026, 11, 23))


def test_the_last_twelve_months_begin_where_they_begin_there() -> None:
    """In Bangkok the new month has begun while London is still in the old one."""
    late = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
    found = first_month(late, "Asia/Bangkok")
    assert (2026, 1, 1, 0) == (found.year, found.month, found.day, found.hour)
    assert 2025 == first_month(datetime(2026, 11, 30, 1, tzinfo=UTC), "Asia/Bangkok").year


def test_totals_have_all_four_groups_and_sum_currencies_apart() -> None:
    """A group nobody is in has a zero, not a gap."""
    groups = [
        (4, "THB", 2, Decimal("30.00"), 0),
        (4, "EUR", 1, Decimal("5.00"), 0),
        (0, "THB", 1, None, 1),
    ]
    months = [("2026-10", "THB", 1, 0, None), ("2026-11", "THB", 2, 2, Decimal("30.00"))]
    found = counts(groups, months)
    assert [0, 0, 0, 3] == [found.groups[group].cases for group in (1, 2, 3, 4)]
    assert {"THB": Decimal("30.00"), "EUR": Decimal("5.00")} == found.groups[4].net
    assert (1, 1) == (found.outside, found.needs_me)
    assert [("2026-10", 1, 0), ("2026-11", 2, 2)] == [month[:3] for month in found.months]


FINDING = b'{"verdict": "rejected", "findings": [{"pointer": "/a", "rule": "r", "remedy": "do"}]}'


@pytest.mark.parametrize(
    ("status", "body", "outcome", "findings"),
    [
        (202, b'{"verdict": "accepted"}', Outcome.ACCEPTED, 0),
        (200, b'{"verdict": "resent"}', Outcome.RESENT, 0),
        (409, b'{"verdict": "altered"}', Outcome.REFUSED, 0),
        (422, FINDING, Outcome.REFUSED, 1),
        (503, b'{"error": "not committed"}', Outcome.AWAY, 0),
        (401, b'{"error": "a token is needed"}', Outcome.AWAY, 0),
        (202, b"<html>a proxy</html>", Outcome.AWAY, 0),
        (202, b"[]", Outcome.AWAY, 0),
    ],
)
def test_what_intake_answered_is_understood(
    status: int, body: bytes, outcome: Outcome, findings: int
) -> None:
    """What nobody can read did not happen: the same may be sent again."""
    said = said_of(status, body)
    assert (outcome, findings) == (said.outcome, len(said.findings))
    assert said.ok == (outcome in (Outcome.ACCEPTED, Outcome.RESENT))


def test_no_two_events_have_one_id() -> None:
    """An id says nothing of who made it."""
    assert 100 == len({new_id() for _ in range(100)})
