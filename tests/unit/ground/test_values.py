"""The small pure parts: Java's version, programs as text, ports, remembered ports and secrets."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest
from ground.java import version_in
from ground.ports import LOOPBACK, free_ports, is_free, owner_of
from ground.program import Probe, Program, from_json, to_json
from ground.state import endpoints, write_environment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_412"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("no Java here", 0),
    ],
)
def test_javas_version_is_read(text: str, expected: int) -> None:
    """The major version is found in what `java -version` says, also in the old way of counting."""
    assert version_in(text) == expected


def test_a_program_survives_its_way_through_text() -> None:
    """A program read back is the one that was written."""
    program = Program(
        "name", ("a", "b"), Path("/f"), (("c",),), {"K": "V"}, Probe("http", 1, "/p"), "nobody"
    )
    assert from_json(to_json(program)) == program


def test_a_taken_port_has_an_owner() -> None:
    """A port somebody listens on is not free, and its owner is named by pid."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        port = listening.getsockname()[1]
        assert not is_free(port)
        assert f"pid {os.getpid()}" in str(owner_of(port))


def test_free_ports_differ() -> None:
    """Ports asked for together are different and free."""
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)


def test_ports_and_secrets_are_chosen_once(tmp_path: Path) -> None:
    """The same folder gives the same ports and secrets ever after."""
    assert endpoints(tmp_path) == endpoints(tmp_path)


def test_only_the_owner_reads_the_secrets(tmp_path: Path) -> None:
    """Each file that holds a secret has mode 600."""
    write_environment(tmp_path, endpoints(tmp_path))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"ports.json": 0o600, "secrets.json": 0o600, "env": 0o600}
