"""Small groups are left out of open data, and what would tell them is left out with them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from portal.suppress import GROUP_MIN, hidden, suppressed

SIZES = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 40), max_size=8)


def test_a_large_group_stays() -> None:
    """Nothing is left out where no group is small."""
    assert frozenset() == hidden({"chemistry": 5, "biology": 80, "law": 0})


def test_a_small_group_takes_the_next_smallest_with_it() -> None:
    """Left out alone, a group of 2 would be the whole less the others."""
    assert {"law", "biology"} == hidden({"chemistry": 80, "biology": 9, "law": 2})


def test_two_small_groups_that_are_under_five_together_take_a_third() -> None:
    """Two and one are still three people."""
    assert {"law", "arts", "biology"} == hidden(
        {"chemistry": 80, "biology": 9, "law": 2, "arts": 1}
    )


def test_where_the_whole_is_not_told_only_the_small_ones_go() -> None:
    """Without the whole nothing can be subtracted."""
    assert {"law"} == hidden({"biology": 9, "law": 2}, whole_is_known=False)


@given(SIZES)
def test_what_is_left_out_is_never_under_five_while_others_are_told(sizes: dict[str, int]) -> None:
    """Whoever subtracts all that is told from the whole finds five people or more."""
    out = hidden(sizes)
    told = [key for key, size in sizes.items() if size and key not in out]
    assert all(sizes[key] >= GROUP_MIN for key in told)
    if out and told:
        assert sum(sizes[key] for key in out) >= GROUP_MIN
        assert len([key for key in out if sizes[key]]) >= 2


def test_a_left_out_size_is_nothing() -> None:
    """A row without a number, not a row that is gone."""
    assert [("a", 30), ("b", None), ("c", None)] == suppressed([("a", 30), ("b", 3), ("c", 7)])
