"""Each contradiction that status can find is explained."""

from __future__ import annotations

from contracts.contradictions import MEANINGS
from status.model import Refusal


def test_every_contradiction_has_a_meaning_and_a_remedy_in_both_languages() -> None:
    """No code reaches a person without words, and no words are left for a code that went."""
    assert {code.value for code in Refusal} == set(MEANINGS)
    for meaning in MEANINGS.values():
        for said in (meaning.title, meaning.remedy):
            assert said.th != said.en
            assert all((said.th.strip(), said.en.strip()))
