"""The house is tidy: every rule of this folder holds for every file a commit would hold."""

from __future__ import annotations

import pytest

from tests.architecture import house_rules, python_rules, security_rules, text_rules
from tests.architecture.tree import Rule, Tree, checkout

RULES: tuple[Rule, ...] = (
    python_rules.long_functions,
    python_rules.long_files,
    python_rules.undocumented,
    python_rules.stray_names,
    python_rules.impure_decisions,
    python_rules.sql_outside_stores,
    python_rules.unnamed_queries,
    python_rules.unused_queries,
    text_rules.registry_hosts,
    text_rules.machine_paths,
    text_rules.outside_pages,
    text_rules.payment_words,
    house_rules.missing_pages,
    house_rules.broken_links,
    house_rules.unlinked_pages,
    house_rules.incomplete_decisions,
    house_rules.changelog_form,
    house_rules.migration_gaps,
    house_rules.service_shape,
    house_rules.unlocked,
    house_rules.silent_targets,
    security_rules.missing_requirements,
    security_rules.unproved_rows,
)


@pytest.fixture(scope="module")
def everything() -> Tree:
    """All files of the checkout."""
    return checkout()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_tidy(rule: Rule, everything: Tree) -> None:
    """No file breaks this rule; each fault that does is named with its place."""
    faults = rule(everything)
    assert faults == [], "\n" + "\n".join(faults)


def test_every_rule_has_a_planted_fault() -> None:
    """A guard that was never seen to catch anything guards nothing."""
    from tests.architecture.test_planted import PLANTED

    assert {rule for rule, *_ in PLANTED} == set(RULES)
