"""
Which servers the tests use: given ones, containers, or the ground's own.

Given by address wins; containers only when an engine answers and has or gets the images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from ground.containers import containers, engine_has_images
from ground.databases import Databases
from ground.throwaway import Servers, throwaway

Ground = Literal["given", "containers", "local"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Where Kafka and PostgreSQL come from, and the given addresses (empty otherwise)."""

    kafka: Ground
    postgres: Ground
    kafka_address: str = ""
    postgres_address: str = ""


def choose(environment: Mapping[str, str], engine_answers: Callable[[], bool]) -> Choice:
    """
    The choice for both servers.

    `TIDTAM_TEST_KAFKA` is bootstrap servers, `TIDTAM_TEST_POSTGRES` a superuser's URL without
    database. The engine is asked only where one of them is not given.
    """
    kafka = environment.get("TIDTAM_TEST_KAFKA", "")
    postgres = environment.get("TIDTAM_TEST_POSTGRES", "")
    other: Ground = "local"
    if not (kafka and postgres) and engine_answers():
        other = "containers"
    return Choice("given" if kafka else other, "given" if postgres else other, kafka, postgres)


@contextmanager
def chosen_servers(environment: Mapping[str, str]) -> Iterator[Servers]:
    """The servers of the choice, as `throwaway` gives them; only local ones can be killed."""
    choice = choose(environment, engine_has_images)
    local = throwaway(choice.kafka == "local", choice.postgres == "local")
    wanted = (
        "kafka" * (choice.kafka == "containers"),
        "postgres" * (choice.postgres == "containers"),
    )
    with local as servers, containers([name for name in wanted if name]) as addresses:
        servers.kafka = choice.kafka_address or addresses.get("kafka", servers.kafka)
        if address := choice.postgres_address or addresses.get("postgres", ""):
            servers.postgres = Databases(address)
            servers.postgres.prepare()
        yield servers
