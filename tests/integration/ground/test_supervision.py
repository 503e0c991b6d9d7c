"""What a run starts on its servers is kept alive, until it is stopped."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from ground.errors import GroundError
from ground.ports import free_ports
from ground.throwaway import Servers, throwaway

SERVING = (
    "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port={port}, bind='127.0.0.1')"
)


@pytest.fixture(scope="module")
def run() -> Iterator[Servers]:
    """A run without Kafka and PostgreSQL."""
    with throwaway(kafka=False, postgres=False) as own:
        yield own


def _serve(run: Servers, name: str) -> None:
    (port,) = free_ports(1)
    argv = [sys.executable, "-c", SERVING.format(port=port)]
    run.run(name, argv, http_port=port, path="/")
    run.await_up(name)


def test_a_killed_process_comes_back(run: Servers) -> None:
    """After kill -9 it serves again under another pid, and the outage is on record."""
    _serve(run, "killed")
    before = run.pid("killed")
    run.kill("killed")
    run.await_up("killed")
    (outage,) = run.outages("killed")
    assert run.pid("killed") != before
    assert (outage.why, outage.up_at is not None) == ("killed", True)


def test_a_killed_process_stays_away_as_long_as_asked(run: Servers) -> None:
    """With `away_seconds` it does not come back before they have passed."""
    _serve(run, "away")
    killed_at = run.kill("away", away_seconds=1.0)
    run.await_up("away")
    (outage,) = run.outages("away")
    assert outage.up_at is not None
    assert outage.up_at - killed_at >= 1.0


def test_a_stopped_process_stays_down(run: Servers) -> None:
    """Stop ends it by TERM and tells the exit code; afterwards it may be started anew."""
    _serve(run, "stopped")
    assert run.stop("stopped") == -15
    assert (run.is_up("stopped"), run.pid("stopped")) == (False, None)
    _serve(run, "stopped")
    assert run.is_up("stopped")


def test_a_process_deaf_to_term_is_killed(run: Servers) -> None:
    """What does not end when asked is killed once patience is over."""
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True)"
    run.run("deaf", [sys.executable, "-c", f"{deaf}; time.sleep(600)"])
    while "deaf" not in run.log_tail("deaf"):
        run.await_up("deaf")
    assert run.stop("deaf", patience_seconds=0.3) == -9


def test_what_cannot_run_is_told_with_its_log(run: Servers) -> None:
    """A process that ends before it serves is reported with its exit code and last lines."""
    argv = [sys.executable, "-c", "raise SystemExit('no settings')"]
    run.run("broken", argv, http_port=1, restart=False)
    with pytest.raises(GroundError, match=r"(?s)broken is not up: ended with 1\. .*no settings"):
        run.await_up("broken")


def test_an_unknown_name_is_named(run: Servers) -> None:
    """Asking for what was never started says which name is unknown."""
    with pytest.raises(GroundError, match="nothing is called 'kafka'"):
        run.kill("kafka")
