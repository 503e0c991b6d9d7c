"""Each rule catches a planted fault and lets the same thing done right pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import house_rules, python_rules, security_rules, text_rules
from tests.architecture.text_rules import HOSTS, OUTSIDE
from tests.architecture.tree import Rule, folder

DECIDE = "services/shoe/src/shoe/decide.py"
STORE = "services/shoe/src/shoe/store.sql"
LOCK = "orjson==3.11.0 \\\n    --hash=sha256:00\n"
ASKS = '[project]\ndependencies = ["orjson>=3", "tidtam-chassis"]\n'
DECIDED = "# One\n## Decision\n## Alternatives\n## Revisit when\n"
LOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n- All.\n\n## [0.1.0] - 2026-11-21\n"
ROOMS = (*house_rules.SERVICE[2:], *house_rules.SERVICE_MORE, "migrations/0001_a.sql", "README.md")
SHOE = {f"services/shoe/{part.format('shoe')}": "" for part in ROOMS}
INDEXES = {
    f"docs/{name}/README.md": "[a](a.md)" for name in ("howto", "architecture", "decisions")
} | {"README.md": "[a](docs/howto/a.md)"}
PAGES = {f"docs/{name}/a.md": "A." for name in ("howto", "architecture", "decisions")}

WHOLE = [f"| {one} | a | not here | b | c |" for one in security_rules.REQUIREMENTS]
SHOWN = "`tests/test_shoe.py::test_size`"

Files = dict[str, str]


def function(lines: int) -> str:
    """A module whose one function has so many lines."""
    return "def f():\n" + "    x = 1\n" * (lines - 1)


def module(lines: int) -> str:
    """A module of so many lines."""
    return "x = 1\n" * lines


PLANTED: list[tuple[Rule, Files, Files, list[str]]] = [
    # rule, files with the fault, the same files done right, what the rule says of the fault
    (
        python_rules.long_functions,
        {"a.py": function(51)},
        {"a.py": function(50)},
        ["a.py:1 f has 51 lines"],
    ),
    (python_rules.long_files, {"a.py": module(301)}, {"a.py": module(300)}, ["a.py has 301 lines"]),
    (
        python_rules.undocumented,
        {"a.py": "class A:\n    def b(self): ...\n    def _c(self): ...\n"},
        {"a.py": '"""A."""\nclass A:\n    """A."""\n    def b(self):\n        """B."""\n'},
        ["a.py has no docstring", "a.py:1 A has no docstring", "a.py:2 b has no docstring"],
    ),
    (
        python_rules.undocumented,
        {"tests/a.py": '"""A."""\ndef test_b(): ...\n'},
        {"tests/a.py": '"""A."""\ndef test_b():\n    """B is so."""\ndef c(): ...\n'},
        ["tests/a.py:2 test_b has no docstring"],
    ),
    (
        python_rules.stray_names,
        {"services/shoe/src/shoe/utils.py": ""},
        {"services/shoe/src/shoe/sizes.py": ""},
        ["services/shoe/src/shoe/utils.py says nothing by 'utils': name what it is about"],
    ),
    (
        python_rules.impure_decisions,
        {DECIDE: "async def f():\n    return datetime.now(UTC)\n"},
        {DECIDE: "def f(now):\n    return datetime.time(9, 30)\n"},
        [f"{DECIDE}:1 waits", f"{DECIDE}:2 reads the clock: now()"],
    ),
    (
        python_rules.sql_outside_stores,
        {DECIDE: 'Q = "select size from shoe"\n'},
        {DECIDE: 'Q = "select a size"\n', STORE: "select size from shoe"},
        [f"{DECIDE}:1 holds SQL"],
    ),
    (
        python_rules.unnamed_queries,
        {STORE: "-- name: sizes\nselect 1;\n"},
        {STORE: "-- name: sizes\n-- For the shelf.\nselect 1;\n"},
        [f"{STORE}:1 sizes has no reason"],
    ),
    (
        python_rules.unused_queries,
        {STORE: "-- name: sizes\nselect 1;\n", DECIDE: "x = 'size'\n"},
        {STORE: "-- name: sizes\nselect 1;\n", DECIDE: "SQL.sizes\n"},
        [f"{STORE}: nobody asks sizes"],
    ),
    (
        text_rules.registry_hosts,
        {"a.toml": f"index = 'https://{HOSTS[0]}/simple'"},
        {"a.toml": "index = ''"},
        [f"a.toml:1 names {HOSTS[0]}"],
    ),
    (
        text_rules.machine_paths,
        {"a.md": "See /" + "home/somebody"},
        {"a.md": "See ~/home/somebody and https://x.example/home/x"},
        ["a.md:1 names /" + "home/s…"],
    ),
    (
        text_rules.outside_pages,
        {"a.py": f"# By {OUTSIDE[0]}"},
        {"a.py": "# By docs/why.md"},
        [f"a.py:1 cites {OUTSIDE[0]}"],
    ),
    (
        text_rules.payment_words,
        {"chassis/src/chassis/a.py": "# one invoice"},
        {"chassis/src/chassis/a.py": "# one shoe", "services/shoe/a.py": "# one invoice"},
        ["chassis/src/chassis/a.py:1 says 'invoice'"],
    ),
    (
        house_rules.missing_pages,
        {"a.py": "# Rule: docs/architecture/shoes.md."},
        {"a.py": "# Rule: docs/architecture/shoes.md.", "docs/architecture/shoes.md": "Shoes."},
        ["a.py:1 cites docs/architecture/shoes.md, which is not there"],
    ),
    (
        house_rules.broken_links,
        {"docs/a.md": "[b](b.md)"},
        {"docs/a.md": "[b](b.md#top) [c](https://c.example)", "docs/b.md": ""},
        ["docs/a.md:1 leads to b.md, which is not there"],
    ),
    (
        house_rules.unlinked_pages,
        PAGES | INDEXES | {"README.md": ""},
        PAGES | INDEXES,
        ["README.md does not lead to docs/howto/a.md"],
    ),
    (
        house_rules.incomplete_decisions,
        {"docs/decisions/0001-a.md": DECIDED.replace("## Revisit when\n", "")},
        {"docs/decisions/0001-a.md": DECIDED},
        ["docs/decisions/0001-a.md lacks '## Revisit when'"],
    ),
    (
        house_rules.changelog_form,
        {"CHANGELOG.md": LOG.replace("2026-11-21", "today").replace("Added", "New")},
        {"CHANGELOG.md": LOG},
        ["CHANGELOG.md: '## [0.1.0] - today'", "CHANGELOG.md: no section is called 'New'"],
    ),
    (
        house_rules.migration_gaps,
        {"services/shoe/migrations/0001_a.sql": "", "services/shoe/migrations/0003_b.sql": ""},
        {"services/shoe/migrations/0001_a.sql": "", "services/shoe/migrations/0002_b.sql": ""},
        ["services/shoe/migrations is not numbered 1, 2, 3 …: 0001_a.sql, 0003_b.sql"],
    ),
    (
        house_rules.service_shape,
        {name: text for name, text in SHOE.items() if not name.endswith("decide.py")},
        SHOE,
        [f"{DECIDE} is not there"],
    ),
    (
        house_rules.unlocked,
        {"requirements.lock": "attrs==1.0\n--index-url https://x.example", "pyproject.toml": ASKS},
        {"requirements.lock": LOCK, "pyproject.toml": ASKS},
        [
            "requirements.lock:2 names a place",
            "requirements.lock: attrs has no hash",
            "pyproject.toml asks for orjson, which is not locked",
        ],
    ),
    (
        house_rules.silent_targets,
        {"Makefile": "up: sync ## Start\ndown: sync\n\ttrue\n"},
        {"Makefile": "up: sync ## Start\n"},
        ["Makefile: down has no help"],
    ),
    (
        security_rules.missing_requirements,
        {"docs/security.md": "\n".join([*WHOLE[1:], WHOLE[5], "| 6.3.5 | a | met | b | c |"])},
        {"docs/security.md": "\n".join([*WHOLE[:-2], "| 17.3.1, 17.3.2 | a | met | b | c |"])},
        [
            "docs/security.md lacks 1.1.1",
            "docs/security.md has 1.2.4 twice",
            "docs/security.md: there is no 6.3.5 on the first two levels",
        ],
    ),
    (
        security_rules.unproved_rows,
        {
            "docs/security.md": f"| 1.1.1 | a | met | b | {SHOWN}, `tests/test_hat.py::test_a` |\n"
            "| 1.1.2 | a | met | `chassis/shoe.py` | — |\n| 1.2.1 | a | | b | c |\n"
            "| 1.2.2 | a | done | b | c |\n",
            "tests/test_shoe.py": "def test_colour(): ...\n",
        },
        {
            "docs/security.md": f"| 1.1.1 | a | met | b | {SHOWN} |\n"
            "| 1.1.2 | a | met | b | [c](c.md) |\n| 1.2.1 | a | not met | b | — |\n",
            "tests/test_shoe.py": "async def test_size(): ...\n",
        },
        [
            "docs/security.md:1: tests/test_hat.py is not there",
            "docs/security.md:1: tests/test_shoe.py has no test_size",
            "docs/security.md:2 is met, and nothing shows it",
            "docs/security.md:2: chassis/shoe.py is not there",
            "docs/security.md:3 is not filled",
            "docs/security.md:4 has no state, but 'done'",
        ],
    ),
]


def written(place: Path, files: Files) -> Path:
    """The files in a folder of their own."""
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return place


@pytest.mark.parametrize(
    ("rule", "wrong", "right", "said"),
    PLANTED,
    ids=[f"{rule.__name__}-{n}" for n, (rule, *_) in enumerate(PLANTED)],
)
def test_a_planted_fault_is_caught(
    rule: Rule, wrong: Files, right: Files, said: list[str], tmp_path: Path
) -> None:
    """The rule names the fault and its place, and is silent where the same is done right."""
    assert rule(folder(written(tmp_path / "wrong", wrong))) == said
    assert rule(folder(written(tmp_path / "right", right))) == []
