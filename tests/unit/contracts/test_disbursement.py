"""The disbursement process as committed says what its users were promised."""

from __future__ import annotations

from contracts.process import LineEffect, Role

from tests.unit.contracts.saying import process


def test_stages() -> None:
    """Each stage has its rank, its group, whether its days count, its end and its holder."""
    table = {
        code: (s.rank, s.group, s.counts, s.ends, s.holder) for code, s in process().stages.items()
    }
    assert table == {
        "draft": (0, 1, False, False, "unit"),
        "at_unit": (1, 1, True, False, "unit"),
        "returned": (1, 1, True, False, "unit"),
        "received": (2, 2, True, False, "finance"),
        "in_process": (3, 3, True, False, "finance"),
        "bounced": (3, 3, True, False, "finance"),
        "paid": (4, 4, False, True, "nobody"),
        "withdrawn": (None, None, False, True, "nobody"),
        "cancelled": (None, None, False, True, "nobody"),
    }


def test_what_facts_assert() -> None:
    """Only these facts assert a stage; all others are kept, shown, and move nothing."""
    asserted = {name: f.asserts for name, f in process().facts.items() if f.asserts is not None}
    assert asserted == {
        "drafted": "draft",
        "submitted": "at_unit",
        "returned": "returned",
        "withdrawn": "withdrawn",
        "received": "received",
        "in-process": "in_process",
        "transferred": "paid",
        "bounced": "bounced",
        "cancelled": "cancelled",
    }
    assert [name for name, fact in process().facts.items() if fact.restores] == ["reopened"]


def test_what_opens_a_case() -> None:
    """Only drafted, submitted and received open a case."""
    opening = {name for name, fact in process().facts.items() if fact.opens}
    assert opening == {"drafted", "submitted", "received"}


def test_ways_out_of_an_end() -> None:
    """An end is left only by the facts listed on it, some of them with a flag."""
    ends = {code: s for code, s in process().stages.items() if s.ends}
    assert {code: set(s.left_by) for code, s in ends.items()} == {
        "paid": {"bounced", "reopened"},
        "withdrawn": {"drafted", "submitted", "received", "transferred"},
        "cancelled": {"reopened", "transferred"},
    }
    assert {code: dict(s.flags) for code, s in ends.items()} == {
        "paid": {},
        "withdrawn": {"transferred": "paid although withdrawn"},
        "cancelled": {"transferred": "paid although cancelled"},
    }


def test_ways_back() -> None:
    """Only a return leads back from every stage that does not end."""
    back = {name: set(f.back_from) for name, f in process().facts.items() if f.back_from}
    assert back == {"returned": {"*"}}


def test_who_holds_a_bounced_payment() -> None:
    """A wrong or closed account is the payee's to mend, all else is finance's."""
    assert process().stages["bounced"].holder_by_reason == {
        "wrong-account": "payee",
        "account-closed": "payee",
    }


def test_which_numbers_join() -> None:
    """Only claim, receipt and ERP document bind an event to a case."""
    joining = {name for name, scheme in process().schemes.items() if scheme.joins}
    assert joining == {"claim", "receipt", "erp-document"}


def test_which_numbers_identify() -> None:
    """A vendor code identifies nobody; all other identity schemes do."""
    table = {name: scheme.identifies for name, scheme in process().identities.items()}
    assert table == {
        "tax-id": True,
        "citizen-id": True,
        "passport": True,
        "staff": True,
        "student": True,
        "vendor": False,
    }


def test_effects_on_lines() -> None:
    """What each fact does to the lines it names."""
    effects = {name: f.lines for name, f in process().facts.items() if f.lines is not None}
    assert effects == {
        "drafted": LineEffect.DESCRIBES,
        "submitted": LineEffect.DESCRIBES,
        "received": LineEffect.DESCRIBES,
        "in-process": LineEffect.DESCRIBES,
        "transferred": LineEffect.TRANSFERS,
        "credited": LineEffect.CREDITS,
        "bounced": LineEffect.BOUNCES,
        "cancelled": LineEffect.CANCELS,
        "delayed": LineEffect.DELAYS,
    }


def test_facts_about_facts_and_about_no_case() -> None:
    """Retractions and links are about other facts; three facts are about no case."""
    facts = process().facts
    assert [name for name, f in facts.items() if f.retracts] == ["retracted"]
    assert [name for name, f in facts.items() if f.links] == ["linked"]
    assert [name for name, f in facts.items() if f.unlinks] == ["unlinked"]
    assert {name for name, f in facts.items() if not f.about_case} == {
        "payee-registered",
        "contact-changed",
        "heartbeat",
    }
    assert [name for name, f in facts.items() if f.reason_required] == ["delayed"]


def test_only_officers_link() -> None:
    """References are linked and parted by officers alone, who may say every other fact too."""
    facts = process().facts
    assert facts["linked"].roles == facts["unlinked"].roles == {Role.OFFICER}
    assert all(Role.OFFICER in fact.roles for fact in facts.values())
