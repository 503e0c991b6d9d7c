"""
Make .venv what requirements.lock says: the only step that runs on the machine's own Python.

Called by `make sync`. Needs nothing but the standard library; does nothing when nothing changed.
Kept to syntax that older Pythons read, so that they can be told what is missing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
MEMBERS = (
    "contracts",
    "chassis",
    "deploy/local",
    "services/intake",
    "services/status",
    "services/sla",
    "services/notify",
    "services/portal",
    "cli",
)
OLDEST = (3, 11)
BEHIND = (
    "Behind a proxy set HTTPS_PROXY (and SSL_CERT_FILE for its certificate); with a mirror of PyPI "
    "set PIP_INDEX_URL to its address; then run the same again."
)


def require_python() -> None:
    """Go on only with a Python that is new enough and can make environments."""
    here = ".".join(str(part) for part in sys.version_info[:2])
    if sys.version_info < OLDEST:
        found = [shutil.which(f"python3.{minor}") for minor in range(19, 10, -1)]
        newer = next((path for path in found if path), None)
        if newer:
            os.execv(newer, [newer, *sys.argv])
        sys.exit(f"Python 3.11 or newer is needed, this is {here}. Install it.")
    lacking = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if lacking:
        named = " and ".join(lacking).replace("ensurepip", "pip (ensurepip)")
        sys.exit(
            f"This Python lacks {named}, so no environment can be made. Install it: on Debian and "
            f"Ubuntu `apt-get install python{here}-venv`, elsewhere Python's own venv and pip."
        )


def fingerprint() -> str:
    """Changes when the lock or what a member declares changes, or the place of the checkout."""
    wanted = hashlib.sha256(str(ROOT).encode())
    for path in [LOCK, Path(__file__), *(ROOT / member / "pyproject.toml" for member in MEMBERS)]:
        wanted.update(path.read_bytes())
    return wanted.hexdigest()


def locked_uv() -> str:
    """The lines of the lock that pin uv with its hashes."""
    found = re.search(r"^uv==.*?(?=^\S|\Z)", LOCK.read_text(), re.MULTILINE | re.DOTALL)
    if not found:
        sys.exit("requirements.lock does not pin uv. Run `make lock` where uv is at hand.")
    return found[0]


def run(what: str, *command: object) -> None:
    """Run a command; end with what failed, why, and what to do."""
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV)}
    if "PIP_INDEX_URL" in os.environ:
        environment.setdefault("UV_DEFAULT_INDEX", os.environ["PIP_INDEX_URL"])
    done = subprocess.run(
        [str(word) for word in command], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        why = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        sys.exit(f"{what} failed:\n{why}\n{BEHIND}")


def make_environment() -> None:
    """The environment with the pinned uv in it."""
    python = VENV / "bin" / "python"
    if not python.exists():
        print("Making .venv …", flush=True)
        run("Making .venv", sys.executable, "-m", "venv", "--clear", VENV)
    if (VENV / "bin" / "uv").exists():
        return
    print("Getting uv …", flush=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write(locked_uv())
        wanted.flush()
        quiet = ("-q", "--disable-pip-version-check", "--require-hashes", "--no-deps")
        run("Getting uv", python, "-m", "pip", "install", *quiet, "-r", wanted.name)


def sync() -> None:
    """Install exactly what the lock says, then our own members as they stand."""
    uv, python = VENV / "bin" / "uv", VENV / "bin" / "python"
    print("Installing what requirements.lock says …", flush=True)
    # Compiled once here, a service starts in a third of the time, also where none is kept later.
    compiled = ("--compile-bytecode", "--require-hashes")
    run("Installing", uv, "pip", "sync", "-q", "--python", python, *compiled, LOCK)
    editable = [word for member in MEMBERS for word in ("-e", ROOT / member)]
    own = ("-q", "--python", python, "--no-deps", "--no-build-isolation")
    run("Installing our own members", uv, "pip", "install", *own, *editable)


def main() -> None:
    """Bring .venv in line with the lock, if it is not."""
    require_python()
    stamp = VENV / "synced"
    wanted = fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    make_environment()
    sync()
    stamp.write_text(wanted)
    print("In sync with requirements.lock.")


if __name__ == "__main__":
    main()
