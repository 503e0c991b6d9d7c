"""Rules about `docs/security.md`: each requirement once, each row filled, each proof there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.architecture.python_rules import functions
from tests.architecture.tree import Tree

PAGE = "docs/security.md"
STATES = ("met", "partly", "not met", "not here", "deployment")
ASKED = {
    1: (2, 9, 11, 3, 2),
    2: (3, 3, 4, 1),
    3: (0, 2, 4, 6, 5, 0, 2),
    4: (3, 1, 2, 4),
    5: (1, 3, 2, 3),
    6: (3, 12, 4, 4, 5, 3, 0, 4),
    7: (3, 4, 2, 5, 2, 2),
    8: (2, 3, 1, 1),
    9: (3, 4),
    10: (2, 2, 4, 11, 5, 2, 3),
    11: (2, 3, 3, 4, 1, 1),
    12: (3, 2, 4),
    13: (1, 5, 2, 5),
    14: (2, 4, 3),
    15: (3, 3, 7),
    16: (1, 5, 4, 3, 3),
    17: (1, 4, 2),
}
"""
Of each chapter of ASVS 5.0, how many requirements of the first two levels each section has. In
every section they come before those of the third: 6.3 has four, 6.3.1 to 6.3.4.
"""
REQUIREMENTS = tuple(
    f"{chapter}.{section}.{number}"
    for chapter, counts in ASKED.items()
    for section, count in enumerate(counts, 1)
    for number in range(1, count + 1)
)
ROW = re.compile(r"\|\s*\d+\.\d+\.\d+")
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FILE = re.compile(r"`((?:services|chassis|cli|contracts|deploy|tests)/[\w/.-]+\.\w+)(?:::\w+)?`")
LINKED = re.compile(r"\]\([\w./-]+\.md\)")


class Row(NamedTuple):
    """One row: its line, its numbers, and its other cells."""

    line: int
    numbers: tuple[str, ...]
    cells: tuple[str, ...]


def rows(tree: Tree) -> Iterator[Row]:
    """The rows of requirements."""
    text = tree.text(PAGE) if tree.has(PAGE) else ""
    for line, written in enumerate(text.splitlines(), 1):
        if ROW.match(written):
            first, *cells = (cell.strip() for cell in written.strip().strip("|").split("|"))
            yield Row(line, tuple(first.split(", ")), tuple(cells))


def missing_requirements(tree: Tree) -> list[str]:
    """Every requirement of the first two levels stands in exactly one row, and no other does."""
    told = [number for row in rows(tree) for number in row.numbers]
    faults = [f"{PAGE} lacks {one}" for one in REQUIREMENTS if one not in told]
    faults += [f"{PAGE} has {one} twice" for one in sorted(set(told)) if told.count(one) > 1]
    unknown = sorted(set(told) - set(REQUIREMENTS))
    return faults + [f"{PAGE}: there is no {one} on the first two levels" for one in unknown]


def unproved_rows(tree: Tree) -> list[str]:
    """Each row is filled and has a state; what is met is shown by a test or a page, all there."""
    faults = []
    for row in rows(tree):
        at = f"{PAGE}:{row.line}"
        if len(row.cells) != 4 or not all(row.cells):
            faults.append(f"{at} is not filled")
            continue
        _, state, _, shown = row.cells
        if state not in STATES:
            faults.append(f"{at} has no state, but {state!r}")
        if state == "met" and not (PROOF.search(shown) or LINKED.search(shown)):
            faults.append(f"{at} is met, and nothing shows it")
        faults += [f"{at}: {one}" for one in _absent(tree, " ".join(row.cells))]
    return faults


def _absent(tree: Tree, told: str) -> Iterator[str]:
    for name in FILE.findall(told):
        if not tree.has(name):
            yield f"{name} is not there"
    for name, test in PROOF.findall(told):
        if tree.has(name) and test not in {one.name for one in functions(tree.parsed(name))}:
            yield f"{name} has no {test}"
