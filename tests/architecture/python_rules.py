"""Rules about Python and SQL files: sizes, docstrings, names, and what a decision may not do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import Tree

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 300
ANYTHING = frozenset({"util", "utils", "helper", "helpers", "common", "misc", "shared", "stuff"})
PURE = frozenset(
    {
        "bounds",
        "bundle",
        "changes",
        "clocks",
        "corrections",
        "dates",
        "days",
        "decide",
        "guard",
        "hearing",
        "identity",
        "legs",
        "matching",
        "model",
        "placing",
        "queues",
        "lines",
        "order",
        "recipients",
        "seen",
        "shortnumber",
        "standing",
        "terms",
        "paid_by",
        "verdicts",
        "windows",
        "workdays",
        "instants",
    }
)
CLOCKS = frozenset({"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter"})
SQL = re.compile(
    r"\s*(select\b.+\bfrom|insert\s+into|update\b.+\bset|delete\s+from)\b", re.I | re.S
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(node: ast.AST) -> Iterator[Function]:
    """Every function under *node*, nested ones too."""
    for child in ast.walk(node):
        if isinstance(child, Function):
            yield child


def long_functions(tree: Tree) -> list[str]:
    """No function is longer than 50 lines: longer ones do two things."""
    faults = []
    for name in tree.matching("*.py"):
        for function in functions(tree.parsed(name)):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                faults.append(f"{name}:{function.lineno} {function.name} has {lines} lines")
    return faults


def long_files(tree: Tree) -> list[str]:
    """No file of ours is longer than 300 lines: longer ones are two things."""
    faults = []
    for name in tree.matching("*.py", "*.sql"):
        lines = len(tree.text(name).splitlines())
        if lines > FILE_LINES_MAX:
            faults.append(f"{name} has {lines} lines")
    return faults


def undocumented(tree: Tree) -> list[str]:
    """Every module and all public in it says what it is; every test, which behaviour it shows."""
    faults = []
    for name in tree.matching("*.py"):
        module = tree.parsed(name)
        if module.body and ast.get_docstring(module) is None:
            faults.append(f"{name} has no docstring")
        wanted = tests_of(module) if name.startswith("tests/") else public_parts(module)
        for part in wanted:
            if ast.get_docstring(part) is None:
                faults.append(f"{name}:{part.lineno} {part.name} has no docstring")
    return faults


def tests_of(module: ast.Module) -> Iterator[Function]:
    """The test functions of a module."""
    return (f for f in functions(module) if f.name.startswith("test_"))


def public_parts(node: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    """Public functions and classes, and the public methods of public classes."""
    for part in node.body:
        if isinstance(part, Function | ast.ClassDef) and not part.name.startswith("_"):
            yield part
            if isinstance(part, ast.ClassDef):
                yield from public_parts(part)


def stray_names(tree: Tree) -> list[str]:
    """No module or folder has a name under which anything could stand."""
    faults = []
    for name in tree.matching("*.py", "*.sql"):
        path = Path(name)
        for part in (*path.parts[:-1], path.stem):
            if part in ANYTHING:
                faults.append(f"{name} says nothing by {part!r}: name what it is about")
    return faults


def impure_decisions(tree: Tree) -> list[str]:
    """Decisions and models read no clock and wait for nothing: the moment is given to them."""
    faults = []
    for name in tree.matching("services/*/src/*/*.py", "chassis/src/chassis/*.py"):
        if Path(name).stem not in PURE:
            continue
        for node in ast.walk(tree.parsed(name)):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await):
                faults.append(f"{name}:{node.lineno} waits")
            if isinstance(node, ast.Call) and (clock := clock_read(node)) is not None:
                faults.append(f"{name}:{node.lineno} reads the clock: {clock}()")
    return faults


def clock_read(node: ast.Call) -> str | None:
    """The clock a call reads. `time(9, 30)` is a value and reads none; `now(zone)` does."""
    if not isinstance(node.func, ast.Attribute):
        return None
    name = node.func.attr
    makes_a_value = name == "time" and bool(node.args)
    return name if name in CLOCKS and not makes_a_value else None


def sql_outside_stores(tree: Tree) -> list[str]:
    """In services SQL stands in `.sql` files alone, each query with a name and a reason."""
    faults = []
    for name in tree.matching("services/*/src/*/*.py"):
        for node in ast.walk(tree.parsed(name)):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if SQL.match(node.value):
                faults.append(f"{name}:{node.lineno} holds SQL")
    return faults


def unnamed_queries(tree: Tree) -> list[str]:
    """Each query of a store is followed by the reason why it is there."""
    faults = []
    for name in tree.matching("services/*/src/*/store.sql"):
        lines = tree.text(name).splitlines()
        for place, line in enumerate(lines[:-1]):
            if line.startswith("-- name:") and not lines[place + 1].startswith("-- "):
                faults.append(f"{name}:{place + 1} {line[8:].strip()} has no reason")
    return faults


def unused_queries(tree: Tree) -> list[str]:
    """Each query of a store is called by name from the Python beside it."""
    faults = []
    for name in tree.matching("services/*/src/*/store.sql"):
        beside = [
            other for other in tree.matching("*.py") if Path(other).parent == Path(name).parent
        ]
        words = set(re.findall(r"\w+", "\n".join(map(tree.text, beside))))
        queries = re.findall(r"^-- name: *(\w+)", tree.text(name), re.MULTILINE)
        faults += [f"{name}: nobody asks {query}" for query in queries if query not in words]
    return faults
