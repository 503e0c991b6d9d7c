"""Rules about the house around the code: pages, changelog, migrations, lock, services' shape."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath

from tests.architecture.tree import Tree

CITED = re.compile(r"(?<![\w/.-])docs/(?:architecture|decisions|howto|why)[\w/-]*\.md")
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
RELEASE = re.compile(r"## \[(Unreleased|\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$)")
MIGRATION = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
DECISION = ("## Decision", "## Alternatives", "## Revisit when")
SERVICE = ("README.md", "migrations", "src/{0}/app.py", "src/{0}/handlers.py", "src/{0}/decide.py")
SERVICE_MORE = ("src/{0}/model.py", "src/{0}/store.py", "src/{0}/store.sql", "src/{0}/py.typed")
PINNED = re.compile(r"([A-Za-z0-9._-]+)==(\S+)")


def missing_pages(tree: Tree) -> list[str]:
    """Every page of `docs/` that anything cites is there."""
    faults = []
    for name in tree.matching("*.py", "*.sql", "*.md", "*.yaml", "*.toml", "Makefile"):
        if name.startswith("tests/architecture/"):
            continue
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            for page in CITED.findall(line):
                if not tree.has(page):
                    faults.append(f"{name}:{number} cites {page}, which is not there")
    return faults


def broken_links(tree: Tree) -> list[str]:
    """Every link of a page to another file leads somewhere."""
    faults = []
    for name in tree.matching("*.md"):
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            for target in LINK.findall(line):
                if not (tree.root / PurePosixPath(name).parent / target).exists():
                    faults.append(f"{name}:{number} leads to {target}, which is not there")
    return faults


def unlinked_pages(tree: Tree) -> list[str]:
    """The README leads to each howto, and each index to all of its pages."""
    faults = []
    for index, folder in (
        ("README.md", "howto"),
        ("docs/howto/README.md", "howto"),
        ("docs/architecture/README.md", "architecture"),
        ("docs/decisions/README.md", "decisions"),
    ):
        base = PurePosixPath(index).parent
        text = tree.text(index) if tree.has(index) else ""
        linked = {str((tree.root / base / link).resolve()) for link in LINK.findall(text)}
        for page in tree.matching(f"docs/{folder}/*.md"):
            if page.endswith("/README.md"):
                continue
            if str((tree.root / page).resolve()) not in linked:
                faults.append(f"{index} does not lead to {page}")
    return faults


def incomplete_decisions(tree: Tree) -> list[str]:
    """A decision names what was decided, what else was possible, and when to think again."""
    return [
        f"{name} lacks {heading!r}"
        for name in tree.matching("docs/decisions/[0-9]*.md")
        for heading in DECISION
        if heading not in tree.text(name).splitlines()
    ]


def changelog_form(tree: Tree) -> list[str]:
    """The changelog has the form of Keep a Changelog, with what is not released on top."""
    if not tree.has("CHANGELOG.md"):
        return ["CHANGELOG.md is not there"]
    lines = tree.text("CHANGELOG.md").splitlines()
    releases = [line for line in lines if line.startswith("## ")]
    faults = [] if lines[:1] == ["# Changelog"] else ["CHANGELOG.md begins otherwise"]
    if releases[:1] != ["## [Unreleased]"]:
        faults.append("CHANGELOG.md has no [Unreleased] on top")
    faults += [f"CHANGELOG.md: {line!r}" for line in releases if not RELEASE.match(line)]
    kinds = [line[4:] for line in lines if line.startswith("### ")]
    return faults + [
        f"CHANGELOG.md: no section is called {k!r}" for k in kinds if k not in SECTIONS
    ]


def migration_gaps(tree: Tree) -> list[str]:
    """Migrations count 1, 2, 3 … in each folder, and no service uses a name of the chassis."""
    folders: dict[str, list[str]] = {}
    for name in tree.matching(
        "services/*/migrations/*", "chassis/src/chassis/migrations_sql/*.sql"
    ):
        path = PurePosixPath(name)
        folders.setdefault(str(path.parent), []).append(path.name)
    shared = {n for folder, names in folders.items() if folder.startswith("chassis") for n in names}
    faults = []
    for folder, names in sorted(folders.items()):
        numbers = [int(m[1]) if (m := MIGRATION.fullmatch(n)) else 0 for n in sorted(names)]
        if numbers != list(range(1, len(names) + 1)):
            faults.append(f"{folder} is not numbered 1, 2, 3 …: {', '.join(sorted(names))}")
        if not folder.startswith("chassis"):
            faults += [f"{folder}/{n} has a name of the chassis" for n in names if n in shared]
    return faults


def service_shape(tree: Tree) -> list[str]:
    """Every service has the same rooms."""
    services = {PurePosixPath(name).parts[1] for name in tree.files if name.startswith("services/")}
    return [
        f"services/{service}/{part.format(service)} is not there"
        for service in sorted(services)
        for part in (*SERVICE, *SERVICE_MORE)
        if not tree.has(f"services/{service}/{part.format(service)}")
    ]


def unlocked(tree: Tree) -> list[str]:
    """The lock pins what members ask for, each with its hashes, and names no host."""
    pinned: dict[str, int] = {}
    faults, last = [], ""
    for number, line in enumerate(tree.text("requirements.lock").splitlines(), 1):
        if "://" in line or line.startswith("-") or " @ " in line:
            faults.append(f"requirements.lock:{number} names a place")
        elif (found := PINNED.match(line)) is not None:
            last = canonical(found[1])
            pinned.setdefault(last, 0)
        elif line.strip().startswith("--hash=sha256:"):
            pinned[last] += 1
        elif line.strip():
            faults.append(f"requirements.lock:{number} pins nothing")
    faults += [f"requirements.lock: {name} has no hash" for name, n in pinned.items() if not n]
    return faults + [
        f"{w} asks for {n}, which is not locked" for w, n in asked(tree) if n not in pinned
    ]


def asked(tree: Tree) -> list[tuple[str, str]]:
    """What each pyproject asks for by name, our own members left out."""
    found = []
    for name in tree.matching("pyproject.toml"):
        told = tomllib.loads((tree.root / Path(name)).read_text(encoding="utf-8"))
        lines = list(told.get("project", {}).get("dependencies", ()))
        lines += told.get("dependency-groups", {}).get("dev", [])
        names = [canonical(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]) for line in lines]
        found += [(name, n) for n in names if not n.startswith("tidtam-")]
    return found


def canonical(name: str) -> str:
    """A project's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def silent_targets(tree: Tree) -> list[str]:
    """Each target of the Makefile says in one line what it does."""
    targets = re.findall(r"^([a-z][\w-]*):(.*)$", tree.text("Makefile"), re.MULTILINE)
    return [f"Makefile: {target} has no help" for target, rest in targets if "## " not in rest]
