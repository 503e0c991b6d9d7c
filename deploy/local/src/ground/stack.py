"""Which processes make up the running system: servers, their helpers, each service there is."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from ground import kafka, postgres, zipkin
from ground.program import Probe, Program
from ground.state import Endpoints

SERVICES = ("intake", "status", "sla", "notify", "portal")


def servers(folder: Path, found: Endpoints) -> list[Program]:
    """PostgreSQL and Kafka first, since all stands on them, then Zipkin and the helpers."""
    ports = found.ports
    return [
        postgres.program(folder / "postgres", ports["postgres"]),
        kafka.program(folder / "kafka", ports["kafka"], ports["kafka_controller"]),
        zipkin.program(folder / "zipkin", ports["zipkin"]),
        *helpers(folder, found),
    ]


def helpers(folder: Path, found: Endpoints) -> list[Program]:
    """The bridge to Zipkin, the mail sink, and the sign-in of invented staff."""
    ports, box = found.ports, str(folder / "mail" / "box")
    bridge = ("ground.otlp_bridge", str(ports["otlp"]), found.http("zipkin"))
    sink = ("ground.mail", str(ports["smtp"]), str(ports["mail"]), box)
    back = found.http("portal") + "/staff/callback"
    sign_in = ("ground.oidc", str(ports["oidc"]), back)
    return [
        _helper(folder, "otlp", bridge, Probe("http", ports["otlp"], "/health")),
        _helper(folder, "mail", sink, Probe("http", ports["mail"], "/health")),
        _helper(
            folder, "oidc", sign_in, Probe("http", ports["oidc"], "/health"), found.oidc_client()
        ),
    ]


def services(folder: Path, found: Endpoints) -> list[Program]:
    """Each service that is there, as a process of its own."""
    return [_service(folder, name, found) for name in SERVICES if _exists(name)]


def _exists(service: str) -> bool:
    there = importlib.util.find_spec(service)
    return there is not None and importlib.util.find_spec(f"{service}.app") is not None


def _helper(
    folder: Path,
    name: str,
    command: tuple[str, ...],
    probe: Probe,
    environment: Mapping[str, str] | None = None,
) -> Program:
    module, *arguments = command
    argv = (sys.executable, "-m", module, *arguments)
    return Program(name, argv, folder / name, environment=environment or {}, probe=probe)


def _service(folder: Path, name: str, found: Endpoints) -> Program:
    return Program(
        name=name,
        argv=(sys.executable, "-m", f"{name}.app"),
        folder=folder / name,
        environment=found.service_environment(name),
        probe=Probe("http", found.ports[name], "/readyz"),
    )
