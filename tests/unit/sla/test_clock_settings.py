"""A clock moved from outside can be had on one machine alone, and no deployment asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from chassis.errors import SettingsError
from chassis.settings import load_settings
from sla.app import SlaSettings

DEPLOY = Path(__file__).parents[3] / "deploy"
GIVEN = {
    "TIDTAM_DATABASE_URL": "postgresql://sla@127.0.0.1:5432/proof",
    "TIDTAM_KAFKA": "127.0.0.1:9092,localhost:9093",
    "TIDTAM_HTTP_HOST": "127.0.0.1",
    "TIDTAM_HTTP_PORT": "8080",
    "TIDTAM_CLOCK_AT": "2026-01-05T00:00:00+07:00",
    "TIDTAM_CLOCK_FILE": "/tmp/sla.clock",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which the clock may be moved."""
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_on_this_machine_it_may_be_moved(environment: pytest.MonkeyPatch) -> None:
    """Also where the database is reached through a socket; an empty variable asks for nothing."""
    assert Path("/tmp/sla.clock") == load_settings(SlaSettings).clock_file
    environment.setenv("TIDTAM_DATABASE_URL", "postgresql:///proof?host=/run/postgresql")
    assert Path("/tmp/sla.clock") == load_settings(SlaSettings).clock_file
    environment.setenv("TIDTAM_CLOCK_FILE", "")
    assert load_settings(SlaSettings).clock_file is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIDTAM_KAFKA", "127.0.0.1:9092,kafka.example.org:9092"),
        ("TIDTAM_DATABASE_URL", "postgresql://sla@10.0.0.5/tidtam"),
        ("TIDTAM_HTTP_HOST", "0.0.0.0"),
        ("TIDTAM_CLOCK_AT", ""),
    ],
)
def test_elsewhere_it_is_refused(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A server on another machine, an address others reach, or no beginning: sla does not start."""
    environment.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(SlaSettings)
    assert "TIDTAM_CLOCK_FILE" == caught.value.variable


def test_no_deployment_asks_for_it() -> None:
    """Nothing that starts services for people names the variable."""
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert [] == [path for path in files if b"CLOCK_FILE" in path.read_bytes()]
