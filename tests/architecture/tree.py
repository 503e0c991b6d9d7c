"""The files a rule looks at: those git knows or would add, or those of a folder."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder and the files in it that count, each by its path inside the folder."""

    root: Path
    files: tuple[str, ...]

    def matching(self, *patterns: str) -> Iterator[str]:
        """The files whose path fits one of the glob *patterns*, sorted."""
        for name in self.files:
            if any(Path(name).match(pattern) for pattern in patterns):
                yield name

    def text(self, name: str) -> str:
        """The text of a file; bytes that are no UTF-8 become U+FFFD."""
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def parsed(self, name: str) -> ast.Module:
        """The syntax tree of a Python file."""
        return ast.parse(self.text(name), name)

    def has(self, name: str) -> bool:
        """Is there such a file or folder?"""
        return (self.root / name).exists()


Rule = Callable[[Tree], list[str]]
"""A rule names each of its faults, with file and line; an empty list is a tidy house."""


def checkout() -> Tree:
    """What a commit of everything would hold."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = sorted({name for name in listed.split("\0") if name and (ROOT / name).is_file()})
    return Tree(ROOT, tuple(names))


def folder(root: Path) -> Tree:
    """All files of a folder: what the tests with planted faults look at."""
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    return Tree(root, tuple(names))
