"""Folders of runs that were killed with their keeper."""

from __future__ import annotations

import os
from pathlib import Path

from ground.leftovers import MARK, mark, remove_leftovers


def _folder(place: Path, name: str) -> Path:
    folder = place / name
    folder.mkdir()
    (folder / "data").write_text("rows")
    return folder


def test_only_folders_without_a_keeper_are_removed(tmp_path: Path) -> None:
    """What a living process keeps stays, also what is not ours; the rest goes."""
    kept, left = _folder(tmp_path, "tidtam-kept"), _folder(tmp_path, "tidtam-left")
    other = _folder(tmp_path, "tidtam-unmarked")
    mark(kept, os.getpid())
    (left / MARK).write_text('{"pid": 999999999, "started": 1.0}')
    assert remove_leftovers(tmp_path) == [left]
    assert [kept.exists(), other.exists(), left.exists()] == [True, True, False]


def test_a_reused_pid_keeps_nothing(tmp_path: Path) -> None:
    """A process that has the keeper's pid by chance began at another time."""
    left = _folder(tmp_path, "tidtam-left")
    (left / MARK).write_text(f'{{"pid": {os.getpid()}, "started": 1.0}}')
    assert remove_leftovers(tmp_path) == [left]
