"""Rules about any text: no registry's host, no machine's path, no page from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.architecture.tree import Tree

# In pieces, so that this file holds none of them.
HOSTS = tuple(
    ".".join(pieces)
    for pieces in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("repo", "maven", "com"),
        ("registry", "npmjs", "org"),
        ("npmjs", "com"),
        ("docker", "io"),
        ("quay", "io"),
        ("ghcr", "io"),
        ("registry", "k8s", "io"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
    )
)
PATHS = re.compile(r"(?<![\w.~${}<>-])/" + "(?:root|home|work|Users|tmp/brief)" + r"/[\w.-]")
OUTSIDE = ("DESIGN" + ".md", "ENGINEERING" + ".md", "STYLE" + ".md", "PAGES" + ".md", "E" + "§")
PAYMENT = re.compile(
    r"payee|payment|invoice|disburs|voucher|receipt|amount|currency|finance|budget|baht|fiscal"
    r"|creditor|debtor|transfer(?!.encoding)|bounce",
    re.IGNORECASE,
)
SKIPPED = ("LICENSE",)


def text_lines(tree: Tree, names: Iterable[str]) -> Iterable[tuple[str, int, str]]:
    """Every line of these files with its place, binary files left out."""
    for name in names:
        text = tree.text(name)
        if "\0" not in text:
            for number, line in enumerate(text.splitlines(), 1):
                yield name, number, line


def registry_hosts(tree: Tree) -> list[str]:
    """No file names the host of a registry: a mirror must work, and none is given away."""
    return [
        f"{name}:{number} names {host}"
        for name, number, line in text_lines(tree, tree.files)
        for host in HOSTS
        if host in line.lower()
    ]


def machine_paths(tree: Tree) -> list[str]:
    """No file names a place of one machine."""
    return [
        f"{name}:{number} names {found[0]}…"
        for name, number, line in text_lines(tree, tree.files)
        if (found := PATHS.search(line)) is not None
    ]


def outside_pages(tree: Tree) -> list[str]:
    """Rules stand in the project's own words: no file cites a page that a reader does not have."""
    return [
        f"{name}:{number} cites {page}"
        for name, number, line in text_lines(tree, tree.files)
        for page in OUTSIDE
        if page in line
    ]


def payment_words(tree: Tree) -> list[str]:
    """The chassis would serve a shop that sells shoes: it knows no payment word."""
    return [
        f"{name}:{number} says {found[0]!r}"
        for name, number, line in text_lines(
            tree, [name for name in tree.files if name.startswith("chassis/src/")]
        )
        if (found := PAYMENT.search(line)) is not None
    ]
