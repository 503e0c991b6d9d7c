"""
Folders of runs: marked by who keeps them, and removed when nobody does any more.

A keeper removes its own folder; only where run and keeper were both killed does one stay behind.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import psutil

PREFIX = "tidtam-"
MARK = "keeper.json"


def mark(folder: Path, pid: int) -> None:
    """Write down that the process `pid` keeps `folder`."""
    started = psutil.Process(pid).create_time()
    (folder / MARK).write_text(json.dumps({"pid": pid, "started": started}))


def remove_run(folder: Path) -> None:
    """Remove a folder of servers and what its links lead to; gone already is fine."""
    for link in folder.glob("*/*"):
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(place: Path | None = None) -> list[Path]:
    """Remove our folders in `place` (temporary files) whose keeper is gone; which they were."""
    place = place or Path(tempfile.gettempdir())
    mine = [path for path in place.glob(f"{PREFIX}*/{MARK}") if path.stat().st_uid == os.getuid()]
    left = [path.parent for path in mine if not _is_kept(path)]
    for folder in left:
        remove_run(folder)
    return left


def _is_kept(path: Path) -> bool:
    try:
        kept = json.loads(path.read_text())
        return abs(psutil.Process(kept["pid"]).create_time() - float(kept["started"])) < 1
    except psutil.NoSuchProcess:
        return False
    except (OSError, ValueError):
        return True
