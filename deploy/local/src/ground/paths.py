"""Where the ground keeps things: the download cache, and the folders of servers."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]


def hide_system() -> bool:
    """Whether `TIDTAM_HIDE_SYSTEM` says to pass over the machine's own Java and PostgreSQL."""
    return os.environ.get("TIDTAM_HIDE_SYSTEM", "") not in ("", "0")


def cache_folder() -> Path:
    """`TIDTAM_CACHE`, else `tidtam` in the user's cache folder; made when missing."""
    given = os.environ.get("TIDTAM_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(given) if given else home / "tidtam"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def state_folder() -> Path:
    """`TIDTAM_STATE`, else `.state` in the repository: everything `make up` leaves behind."""
    return Path(os.environ.get("TIDTAM_STATE") or REPOSITORY / ".state")
