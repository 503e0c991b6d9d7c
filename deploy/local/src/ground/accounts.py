"""The system user PostgreSQL runs as when we are root, and folders it can reach."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
from pathlib import Path

from ground.errors import GroundError

CANDIDATES = ("postgres", "nobody")
OUTSIDE = Path("/var/tmp")


def server_account() -> str:
    """The user to run PostgreSQL as: empty when we are not root, since PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in CANDIDATES if name in known)


def reachable(path: Path) -> bool:
    """Whether every other user may walk to `path`."""
    existing = [parent for parent in [path, *path.parents] if parent.is_dir()]
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in existing)


def owned_folder(wanted: Path, account: str) -> Path:
    """
    A folder `account` owns and can walk to: `wanted`, else one in /var/tmp that `wanted` links to.

    Root's own folders are closed to other users, and PostgreSQL cannot run as root.
    """
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if not account:
        wanted.mkdir(exist_ok=True)
        return wanted
    folder = wanted if reachable(wanted.parent) else _outside(wanted)
    if folder.exists():
        refuse_strangers(folder, account)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.chown(folder, account)
    if folder != wanted and not wanted.is_symlink():
        wanted.symlink_to(folder)
    return folder


def refuse_strangers(folder: Path, account: str) -> None:
    """
    End where somebody else made `folder` before us.

    Anybody may write in /var/tmp, and what lies in a folder of ours is run or trusted.
    """
    owner = folder.lstat().st_uid
    if folder.is_symlink() or owner not in (0, pwd.getpwnam(account).pw_uid):
        raise GroundError(
            str(folder), f"it was made by user {owner}, not by us", "Look at it, then remove it"
        )


def _outside(wanted: Path) -> Path:
    mark = hashlib.sha256(str(wanted.absolute()).encode()).hexdigest()[:12]
    return OUTSIDE / f"tidtam-{os.getuid()}-{mark}"
