"""
Charts as inline SVG, made on the server. Pure.

Widths are percentages and heights pixels, so a chart fits any screen while its letters keep their
size. Colours come from classes (`unit`, `good` …): a policy without inline styles lets no
others in, and one party has one colour everywhere. Each chart is a picture with a name; the table
behind it is the page's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

LABEL_PX = 22
COLUMN_PX = 150
BAR_PX = 26
ROW_PX = 22
PART_LABEL_PERCENT_MIN = 12.0
GUTTER_PERCENT = 17.0


class Column(NamedTuple):
    """
    One column. `percent` is its height (None: nothing is known), `shown` the number written above.

    `tone`: `good`, `bad`, `part` (a month that is not over).
    """

    label: str
    percent: float | None
    shown: str
    tone: str = "good"


class Target(NamedTuple):
    """A height to be reached, with the word and the number that stand at the end of its line."""

    percent: float
    word: str
    shown: str


class Part(NamedTuple):
    """One part of a bar. `tone` is its class, such as `finance`."""

    label: str
    size: float
    shown: str
    tone: str


class Spread(NamedTuple):
    """Where the days of a group lie: of 100 claims 15 took at most `low`, 50 `mid`, 85 `high`."""

    low: float
    mid: float
    high: float


def columns(name: str, bars: Sequence[Column], target: Target | None = None) -> Markup:
    """Columns from 0 to 100, with *target* as a line across them that says what it is."""
    if not bars:
        return Markup("")
    room = 100.0 if target is None else 100.0 - GUTTER_PERCENT
    width = room / len(bars)
    # A label for each column only where there is room; the newest always has one.
    every = 1 if len(bars) <= 7 else 2
    drawn = [
        _column(bar, index * width, width, (len(bars) - 1 - index) % every == 0)
        for index, bar in enumerate(bars)
    ]
    if target is not None:
        drawn.append(_target(target))
    return _picture(name, LABEL_PX + COLUMN_PX + LABEL_PX, drawn, "months")


def _target(target: Target) -> Markup:
    y = _y(target.percent)
    return Markup(
        '<line class="target" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        '<text class="target-words" x="100%" y="{above}">{shown}</text>'
        '<text class="target-words" x="100%" y="{below}">{word}</text>'
    ).format(y=y, above=y - 6, below=y + 17, shown=target.shown, word=target.word)


def _y(percent: float) -> float:
    return round(LABEL_PX + COLUMN_PX * (1 - min(max(percent, 0.0), 100.0) / 100), 1)


def _column(bar: Column, left: float, width: float, labelled: bool) -> Markup:
    centre = left + width / 2
    low = LABEL_PX + COLUMN_PX
    parts = []
    if bar.percent is not None:
        top = _y(bar.percent)
        parts.append(
            Markup(
                '<rect class="{tone}" x="{x:.2f}%" y="{top}" width="{w:.2f}%" height="{h}" rx="3"/>'
            ).format(tone=bar.tone, x=left + width * 0.14, w=width * 0.72, top=top, h=low - top)
        )
        said = Markup('<text class="figure{wide}" x="{x:.2f}%" y="{y}">{shown}</text>')
        wide = "" if labelled else " wide-only"
        parts.append(said.format(wide=wide, x=centre, y=top - 5, shown=bar.shown))
    wide = "" if labelled else " wide-only"
    label = Markup('<text class="label{wide}" x="{x:.2f}%" y="{y}">{label}</text>')
    parts.append(label.format(wide=wide, x=centre, y=low + 16, label=bar.label))
    return Markup("").join(parts)


def stacked(name: str, parts: Sequence[Part], of: float = 0.0) -> Markup:
    """
    One bar made of *parts*; what is wide enough bears its number.

    *of*: how much the full width stands for, so that bars can be compared; else the bar's own.
    """
    whole = max(sum(part.size for part in parts), of)
    if whole <= 0 or not parts:
        return Markup("")
    drawn, left = [], 0.0
    for part in parts:
        width = 100 * part.size / whole
        drawn.append(
            Markup(
                '<rect class="{tone}" x="{x:.2f}%" y="0" width="{w:.2f}%" height="{h}"/>'
            ).format(tone=part.tone, x=left, w=width, h=BAR_PX)
        )
        if width >= PART_LABEL_PERCENT_MIN:
            drawn.append(
                Markup('<text class="on-bar" x="{x:.2f}%" y="{y}">{shown}</text>').format(
                    x=left + width / 2, y=BAR_PX - 8, shown=part.shown
                )
            )
        left += width
    return _picture(name, BAR_PX, drawn, "stacked")


def bar(name: str, size: float, of: float, tone: str = "plain") -> Markup:
    """One bar in a row of a table: *size* of the longest, *of*. The number stands beside it."""
    width = 0.0 if of <= 0 else 100 * max(size, 0.0) / of
    drawn = Markup('<rect class="{tone}" x="0" y="5" width="{w:.2f}%" height="12" rx="2"/>')
    return _picture(name, ROW_PX, [drawn.format(tone=tone, w=width)], "bar")


def spread(name: str, days: Spread, of: float, promise: float | None = None) -> Markup:
    """
    A dot for the middle and a line from low to high, on a scale from 0 to *of* days.

    *promise* days are marked by a line across.
    """
    scale = 96 / of if of > 0 else 0.0

    def at(value: float) -> str:
        return f"{2 + value * scale:.2f}%"

    y = ROW_PX / 2
    drawn = [
        Markup('<line class="range" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>').format(
            low=at(days.low), high=at(days.high), y=y
        ),
        Markup('<circle class="dot" cx="{x}" cy="{y}" r="5"/>').format(x=at(days.mid), y=y),
    ]
    if promise is not None and promise <= of:
        mark = Markup('<line class="mark" x1="{x}" x2="{x}" y1="0" y2="{h}"/>')
        drawn.insert(0, mark.format(x=at(promise), h=ROW_PX))
    return _picture(name, ROW_PX, drawn, "spread")


def _picture(name: str, height: float, parts: Iterable[Markup], kind: str) -> Markup:
    drawn = Markup("").join(parts)
    return Markup(
        '<svg class="drawing {kind}" role="img" aria-label="{name}" width="100%" height="{height}">'
        "{drawn}</svg>"
    ).format(kind=kind, name=escape(name), height=height, drawn=drawn)
