"""`make up` and its family, without the services: twice, with a death, with a taken port."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from ground import demo, processes, stack
from ground.__main__ import down, logs, reset, status
from ground.errors import GroundError
from ground.ports import LOOPBACK
from ground.state import Endpoints, endpoints
from ground.up import up
from rich.console import Console

NAMES = {"postgres", "kafka", "zipkin", "oidc", "otlp", "mail"}


class Said(Console):
    """A console that keeps what was said."""

    def __init__(self) -> None:
        self.kept = io.StringIO()
        super().__init__(file=self.kept, width=140)

    @property
    def text(self) -> str:
        """All that was said."""
        return self.kept.getvalue()


DEAD_SECONDS_MAX = 30.0
"""A killed process is one until whoever started it has taken note."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state folder of a system without services whose demo says one line; up, later gone."""
    place = tmp_path_factory.mktemp("ground") / "state"

    def played(_found: Endpoints, _say: Callable[[str], None]) -> list[str]:
        return ["tidtam case 4821-7735-6   two part payments"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stack, "SERVICES", ())
        patch.setattr(demo, "play_demo", played)
        patch.setattr(demo, "lay_topics", lambda _found, _say: None)
        patch.setattr(demo, "register_portal", lambda _found: None)
        try:
            up(place, Said())
            yield place
        finally:
            reset(place, Said())


def _pids(folder: Path) -> dict[str, int | None]:
    return {item.name: processes.look(item).pid for item in processes.remembered(folder)}


def test_everything_runs_and_is_shown(folder: Path) -> None:
    """After the first up each process runs, and status shows its pid and port."""
    said = Said()
    assert status(folder, said) == 0
    assert _pids(folder).keys() == NAMES
    assert all(str(pid) in said.text for pid in _pids(folder).values())


def test_the_environment_file_leads_to_the_servers(folder: Path) -> None:
    """What the CLI reads names the broker, the database, the services and the token."""
    lines = (folder / "env").read_text().splitlines()
    written = dict(line.split("=", 1) for line in lines)
    assert written == endpoints(folder).environment()


def test_a_second_up_changes_nothing_and_says_so(folder: Path) -> None:
    """Up on what runs starts nothing, and repeats what to open and the demo's lines."""
    before, said = _pids(folder), Said()
    up(folder, said)
    assert _pids(folder) == before
    assert "Everything runs already; nothing was changed." in said.text
    assert "two part payments" in said.text


def test_a_dead_process_is_shown_and_started_again(folder: Path) -> None:
    """Status tells which process died, how, and its last words; up starts only that one."""
    before = _pids(folder)
    psutil.Process(before["mail"]).kill()
    (mail,) = [item for item in processes.remembered(folder) if item.name == "mail"]
    mail.log.write_text("the last words\n")
    deadline = time.monotonic() + DEAD_SECONDS_MAX
    while status(folder, said := Said()) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert status(folder, said) == 1
    assert "dead" in said.text
    assert "the last words" in said.text
    again = Said()
    up(folder, again)
    after = _pids(folder)
    assert "mail: had died, starting it again" in again.text
    assert {name for name in NAMES if after[name] != before[name]} == {"mail"}


def test_a_taken_port_names_its_owner(folder: Path) -> None:
    """When another process holds a port, up names that process and what to do."""
    (mail,) = [item for item in processes.remembered(folder) if item.name == "mail"]
    processes.stop(mail)
    with (
        socket.create_server((LOOPBACK, endpoints(folder).ports["mail"])),
        pytest.raises(GroundError, match=rf"it is held by .*pid {psutil.Process().pid}") as told,
    ):
        up(folder, Said())
    assert told.value.what == f"mail cannot have its port {endpoints(folder).ports['mail']}"
    up(folder, Said())


def test_an_unknown_log_names_the_known_ones(folder: Path) -> None:
    """Asking for the log of what is not there lists what is."""
    said = Said()
    assert logs(folder, said, ["payroll"], follow=False) == 1
    assert all(name in said.text for name in NAMES)


def test_data_outlives_down(folder: Path) -> None:
    """Down ends everything; the next up finds the same data, ports and demo."""
    before = endpoints(folder)
    said = Said()
    down(folder, said)
    assert set(_pids(folder).values()) == {None}
    up(folder, Said())
    assert endpoints(folder) == before


def test_reset_leaves_nothing(folder: Path) -> None:
    """After reset neither processes nor the folder are there; the next up starts from nothing."""
    pids = _pids(folder).values()
    reset(folder, Said())
    assert not folder.exists()
    assert not any(psutil.pid_exists(pid or 0) for pid in pids)
    said = Said()
    assert status(folder, said) == 1
    assert "`make up` starts it" in said.text
