"""Settings, clock and named queries: read once, and clear about what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chassis.clock import StandingClock, SystemClock, clock_from
from chassis.errors import SettingsError
from chassis.queries import Queries
from chassis.settings import ServiceSettings, load_settings
from pydantic import ValidationError

GIVEN = {
    "TIDTAM_SERVICE": "shoe",
    "TIDTAM_DATABASE_URL": "postgresql://shoe@127.0.0.1:5432/shop",
    "TIDTAM_KAFKA": "127.0.0.1:9092",
    "TIDTAM_HTTP_PORT": "8080",
    "TIDTAM_TOPIC_PREFIX": "t1.",
    "TIDTAM_OPERATOR_TOKEN": "operator-1",
    "TIDTAM_CLOCK_AT": "",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with every required setting."""
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.usefixtures("environment")
def test_settings_come_from_the_environment() -> None:
    """
    Each variable fills its field; topics are prefixed and read back; nothing changes afterwards.
    """
    settings = load_settings(ServiceSettings)
    assert (settings.kafka, settings.http_port, settings.clock_at) == ("127.0.0.1:9092", 8080, None)
    assert settings.prefixed("order") == "t1.order"
    assert settings.unprefixed("t1.order") == "order"
    with pytest.raises(ValidationError):
        settings.kafka = "elsewhere"


@pytest.mark.usefixtures("environment")
def test_secrets_do_not_show() -> None:
    """Printing the settings tells neither the token nor the database's address."""
    shown = repr(load_settings(ServiceSettings))
    assert [word in shown for word in ("operator-1", "postgresql")] == [False, False]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TIDTAM_KAFKA", None, "TIDTAM_KAFKA: is not set"),
        ("TIDTAM_HTTP_PORT", "many", "TIDTAM_HTTP_PORT: cannot be used: Input should be"),
        ("TIDTAM_CLOCK_AT", "2026-01-01T00:00:00", "TIDTAM_CLOCK_AT: cannot be used"),
        ("TIDTAM_TRACE_SAMPLE_RATIO", "2", "TIDTAM_TRACE_SAMPLE_RATIO: cannot be used"),
        ("TIDTAM_DATABASE_URL", "mysql://x", "TIDTAM_DATABASE_URL: cannot be used"),
    ],
)
def test_a_wrong_setting_is_named(
    environment: pytest.MonkeyPatch, name: str, value: str | None, told: str
) -> None:
    """A missing or wrong variable stops the start with its own name and a remedy, not its value."""
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(ServiceSettings)
    assert str(caught.value).startswith(told)
    assert (caught.value.variable, f"'{value}'" in str(caught.value)) == (name, False)


def test_the_clock_stands_where_it_is_told(environment: pytest.MonkeyPatch) -> None:
    """With `TIDTAM_CLOCK_AT` the time stands still, told in UTC; without, it is the machine's."""
    environment.setenv("TIDTAM_CLOCK_AT", "2026-03-01T15:00:00+07:00")
    clock = clock_from(load_settings(ServiceSettings))
    assert clock == StandingClock(datetime.fromisoformat("2026-03-01T15:00:00+07:00"))
    assert clock.now() == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_queries_have_names(tmp_path: Path) -> None:
    """A query is found by name, without its reason; comments inside it stay."""
    file = tmp_path / "store.sql"
    file.write_text("-- Head.\n-- name: one\n-- Why.\nselect 1\n-- in\n;\n\n-- name: two\nselect 2")
    queries = Queries(file)
    assert dict(queries) == {"one": "select 1\n-- in\n", "two": "select 2"}
    assert (queries["two"], queries.two) == ("select 2", "select 2")


def test_an_unknown_query_names_the_known_ones(tmp_path: Path) -> None:
    """A mistyped name says which file was asked and what it has; a doubled one is refused."""
    file = tmp_path / "store.sql"
    file.write_text("-- name: one\nselect 1;\n-- name: two\nselect 2;")
    queries = Queries(file)
    with pytest.raises(KeyError, match=r"store.sql has no query 'tow'; it has: one, two"):
        queries["tow"]
    with pytest.raises(AttributeError, match="it has: one, two"):
        _ = queries.tow
    file.write_text("-- name: one\nselect 1;\n-- name: one\nselect 2;")
    with pytest.raises(ValueError, match="names twice: one"):
        Queries(file)
