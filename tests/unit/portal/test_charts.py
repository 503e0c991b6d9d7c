"""Charts are SVG without a style or a script, named for who cannot see them."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from portal import charts

SVG = "{http://www.w3.org/2000/svg}"
PERCENT = st.none() | st.floats(0, 100)


def parsed(drawn: str) -> ElementTree.Element:
    """The drawing as XML; raises where it is none."""
    return ElementTree.fromstring(drawn)


@given(st.lists(PERCENT, max_size=14), st.none() | st.integers(0, 100))
def test_columns_stand_on_the_ground_and_below_the_top(
    percents: list[float | None], target: int | None
) -> None:
    """However many there are, and whatever is missing."""
    bars = [charts.Column(str(i), one, "x") for i, one in enumerate(percents)]
    drawn = charts.columns(
        "a", bars, None if target is None else charts.Target(target, "goal", "85")
    )
    if not percents:
        assert "" == drawn
        return
    rects = parsed(drawn).findall("rect")
    assert len([one for one in percents if one is not None]) == len(rects)
    ground = charts.LABEL_PX + charts.COLUMN_PX
    for rect in rects:
        assert ground == round(float(rect.attrib["y"]) + float(rect.attrib["height"]), 1)
        assert charts.LABEL_PX <= float(rect.attrib["y"])


def test_names_are_text_and_never_markup() -> None:
    """What a unit is called cannot end the drawing."""
    drawn = charts.bar('"><script>alert(1)</script>', 1, 2)
    assert "<script" not in drawn
    assert '"><script>alert(1)</script>' == parsed(drawn).attrib["aria-label"]


def test_parts_of_a_bar_fill_it() -> None:
    """Their widths come to the whole, and only what is wide enough bears a number."""
    parts = [charts.Part("unit", 9, "9", "unit"), charts.Part("bank", 1, "1", "bank")]
    drawn = parsed(charts.stacked("days", parts))
    assert ["90.00%", "10.00%"] == [one.attrib["width"] for one in drawn.findall("rect")]
    assert ["9"] == [one.text for one in drawn.findall("text")]


def test_nothing_is_drawn_of_nothing() -> None:
    """A month without a claim has no bar."""
    assert "" == charts.stacked("days", [])
    assert "0.00%" == parsed(charts.bar("a", 3, 0)).find("rect").attrib["width"]  # type: ignore[union-attr]


def test_a_spread_marks_the_promise_only_where_it_lies_on_the_scale() -> None:
    """A promise past the scale would be drawn outside the picture."""
    days = charts.Spread(1, 4, 9)
    assert 2 == len(parsed(charts.spread("a", days, 10, 9)).findall("line"))
    assert 1 == len(parsed(charts.spread("a", days, 10, 12)).findall("line"))
