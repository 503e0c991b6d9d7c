"""The servers tests stand on: one Kafka and one PostgreSQL per run, fresh names per test."""

from __future__ import annotations

import gc
import os
import uuid
from collections.abc import Iterator

import pytest
from ground.choosing import chosen_servers
from ground.databases import Database
from ground.throwaway import Servers, throwaway
from hypothesis import settings

from tests.system.proving import REQUESTS, TRAVEL, real_logs

# The same examples in every run; `make soak` draws new ones.
settings.register_profile("seeded", derandomize=True, deadline=None, database=None)
settings.register_profile("random", deadline=None)
settings.load_profile(os.environ.get("TIDTAM_EXAMPLES", "seeded"))


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open() -> Iterator[None]:
    """What a module leaves open is a fault of that module, and is not found at the run's end."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The run's servers, shared by all tests: `.kafka` and `.postgres`. Not to be killed."""
    with chosen_servers(os.environ) as chosen:
        yield chosen


@pytest.fixture(scope="session")
def killable() -> Iterator[Servers]:
    """Other servers, always local, for the tests that kill them and wait till they are back."""
    with throwaway(fsync=True) as own:
        yield own


@pytest.fixture
def database(servers: Servers) -> Iterator[Database]:
    """A fresh database with every service's empty schema; `.url(role)` leads to it."""
    name = f"t{uuid.uuid4().hex[:12]}"
    servers.postgres.create_database(name)
    yield Database(servers.postgres, name)
    servers.postgres.drop_database(name)


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics and consumer groups that no other test has."""
    return f"t{uuid.uuid4().hex[:8]}."


def pytest_unconfigure() -> None:
    """End the run, after its figures, with one line that names what did not run."""
    missing = [known.path.name for known in (REQUESTS, TRAVEL) if not known.path.exists()]
    if missing:
        print(
            f"not run: the real logs {' and '.join(missing)} are not in the folder"
            f" {real_logs()} (TIDTAM_REAL_LOGS); a generated log stood in for them"
        )
