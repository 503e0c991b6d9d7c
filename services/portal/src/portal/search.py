"""
Text that people type, made comparable: for what is searched and for what is asked alike. Pure.

PostgreSQL's own trigrams find nothing in Thai under the locale C, so the pieces are cut here. Tone
marks are left out altogether: text copied from a PDF has them twice, misplaced, or not at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contracts.normalise import ascii_digits

GRAM = 3
WORDS_MAX = 6
WORD_LETTERS_MAX = 60
TEXT_LETTERS_MAX = 4_000
WHOLE = "="
"""Before a whole word among the pieces: a number typed in full is found without cutting it up."""

_TONES = "\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e47\u0e4d\u0e4e\u0e3a"
_GLYPHS = {
    0xF700: "\u0e10",
    0xF701: "\u0e34",
    0xF702: "\u0e35",
    0xF703: "\u0e36",
    0xF704: "\u0e37",
    0xF70F: "\u0e0d",
    0xF710: "\u0e31",
    0xF718: "\u0e38",
    0xF719: "\u0e39",
}
"""Thai letters as old fonts placed them: what a PDF of those years yields when copied."""
_LOST_GLYPHS = [*range(0xF705, 0xF70F), *range(0xF711, 0xF718), 0xF71A]
_TABLE = str.maketrans(
    {
        **_GLYPHS,
        **dict.fromkeys(_LOST_GLYPHS, ""),
        **dict.fromkeys(map(ord, _TONES), ""),
        0x0E45: "\u0e32",
    }
)
_SARA_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
_TWO_SARA_E = re.compile("\u0e40\u0e40")


class Asked(NamedTuple):
    """
    What somebody searches for: its words, comparable.

    `pieces` are those of each word, in the order of `words`; a word of fewer than three letters has
    none, and is only looked for among what the others found.
    """

    words: Sequence[str]
    pieces: Sequence[Sequence[str]]

    @property
    def whole(self) -> Sequence[Sequence[str]]:
        """The same words, each as the one piece that only the whole word has."""
        told = zip(self.words, self.pieces, strict=True)
        return [[WHOLE + word] if pieces else [] for word, pieces in told]

    @property
    def too_short(self) -> bool:
        """Is there nothing to look for among all cases?"""
        return not any(self.pieces)


def comparable(text: str) -> str:
    """
    Return *text* as words of letters and digits, parted by one space.

    Unicode NFC, Thai digits as 0-9, ํา as ำ, เเ as แ, lower case, without tone marks. Punctuation
    inside a word vanishes, so `69-00123`, `69/00123` and `๖๙-๐๐๑๒๓` are one; at most 4,000 letters
    are read.
    """
    text = unicodedata.normalize("NFC", text[:TEXT_LETTERS_MAX])
    text = _SARA_AM.sub("\\1\u0e33", ascii_digits(text))
    text = _TWO_SARA_E.sub("\u0e41", text.translate(_TABLE)).casefold()
    return " ".join(word for word in map(_letters, text.split()) if word)


def _letters(word: str) -> str:
    """*word* without what is no letter, mark or digit."""
    return "".join(c for c in word if unicodedata.category(c)[0] in "LMN")


def grams(word: str) -> list[str]:
    """The runs of three letters of a comparable *word*, each once; none of a short one."""
    return sorted({word[at : at + GRAM] for at in range(len(word) - GRAM + 1)})


def index(texts: Iterable[str | None]) -> tuple[str, list[str]]:
    """What is kept of *texts* to be found by: their words as one text, and the pieces."""
    words = dict.fromkeys(word for text in texts if text for word in comparable(text).split())
    pieces = {piece for word in words for piece in grams(word)}
    return " ".join(words), sorted(pieces | {WHOLE + word for word in words})


def asked(text: str) -> Asked:
    """What is looked for when somebody types *text*: at most six words."""
    words = [word[:WORD_LETTERS_MAX] for word in comparable(text).split()]
    words = list(dict.fromkeys(words))[:WORDS_MAX]
    return Asked(words, [grams(word) for word in words])
