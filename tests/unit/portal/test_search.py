"""Text made comparable: what people type finds what was written, however either was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from portal.search import WORDS_MAX, asked, comparable, grams, index

SAME = [
    ("Thai digits", "๖๙-๐๐๑๒๓", "69-00123"),
    ("punctuation inside a number", "69/00123", "6900123"),
    ("letter case", "INV-77a", "inv77A"),
    ("a tone mark twice", "ค่่าจ้าง", "ค่าจ้าง"),
    ("a tone mark lost", "คาจาง", "ค่าจ้าง"),
    ("a tone mark after the vowel", "คา่จา้ง", "ค่าจ้าง"),
    ("sara am in two letters", "ทํางาน", "ทำงาน"),
    ("sara am in two letters, the tone mark between", "นํ้า", "น้ำ"),
    ("sara am, the tone mark first", "น้ํา", "น้ำ"),
    ("two sara e for sara ae", "เเพทย์", "แพทย์"),
    ("a silent letter's mark lost", "แพทย", "แพทย์"),
    ("glyphs of old fonts", "คา\uf70bจา\uf70cง", "ค่าจ้าง"),
    ("invisible letters", "ค่า\u200bจ้าง", "ค่าจ้าง"),
    ("decomposed Latin", "Cafe\u0301", "café"),
    ("space around", "  69-00123\u00a0", "69-00123"),
]


@pytest.mark.parametrize(("why", "typed", "written"), SAME, ids=[one[0] for one in SAME])
def test_two_ways_to_write_it_are_one(why: str, typed: str, written: str) -> None:
    """What differs only in how it was typed is the same."""
    assert comparable(typed) == comparable(written), why


def test_different_words_stay_different() -> None:
    """Vowels and consonants are never dropped."""
    assert 6 == len({comparable(word) for word in ("กา", "กี", "กู", "แก", "เก", "ไก")})


def test_hostile_text_becomes_letters_or_nothing() -> None:
    """Script, SQL, emoji, marks that turn the writing, a letter no database keeps."""
    assert "scriptalert1script" == comparable("<script>alert(1)</script>")
    assert "or 11" == comparable("' or 1=1 --")
    assert "" == comparable("😀 \u202e \0 -- %%%")
    assert len(comparable("x" * 10_000)) <= 4_000


def test_a_word_is_cut_into_runs_of_three() -> None:
    """Each once; a shorter word has none."""
    assert ["001", "012", "123", "690", "900"] == grams("6900123")
    assert ["aaa"] == grams("aaaa")
    assert [] == grams("กา")


def test_what_is_asked_has_at_most_six_words() -> None:
    """Whatever is pasted into the box, the question stays small."""
    question = asked(" ".join(f"word{n}" for n in range(100)))
    assert WORDS_MAX == len(question.words)
    assert asked("ก า").too_short
    assert not asked("ก 69-00123").too_short
    assert [[], ["=6900123"]] == asked("ก 69-00123").whole


@given(st.text())
def test_made_comparable_twice_is_once(text: str) -> None:
    """What is kept and what is asked meet, whatever was made comparable before."""
    assert comparable(comparable(text)) == comparable(text)


@given(st.text(alphabet="กขคงเแำา่้์ํabc012 -/๑๒๓", min_size=1), st.data())
def test_every_piece_of_a_word_finds_it(text: str, data: st.DataObject) -> None:
    """A run of letters of what is kept, three or more, is found by its pieces and in its words."""
    words, pieces = index([text])
    long = [word for word in words.split() if len(word) >= 3]
    if not long:
        return
    word = data.draw(st.sampled_from(long))
    begin = data.draw(st.integers(0, len(word) - 3))
    part = word[begin : data.draw(st.integers(begin + 3, len(word)))]
    assert set(grams(part)) <= set(pieces)
    assert part in words
    assert f"={word}" in pieces
