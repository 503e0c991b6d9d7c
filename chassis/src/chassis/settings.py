"""
The settings every service reads from its environment, once, at start.

A service subclasses `ServiceSettings`, gives `service` a default and adds its own fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from pydantic import AwareDatetime, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.errors import SettingsError

PREFIX = "TIDTAM_"


class ServiceSettings(BaseSettings):
    """
    What each service needs. Field `x` is read from the variable `TIDTAM_X`; nothing changes
    afterwards.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    service: str = Field(min_length=1)
    database_url: str = Field(repr=False, pattern="^postgres(ql)?://")
    kafka: str = Field(min_length=3)
    instance: str = "0"
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=0, le=65535)
    topic_prefix: str = ""
    otlp_endpoint: str = ""
    trace_sample_ratio: float = Field(default=0.01, ge=0, le=1)
    clock_at: AwareDatetime | None = None
    operator_token: SecretStr | None = None
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$")

    @field_validator("clock_at", "operator_token", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """An empty variable means that the setting is not given."""
        return None if value == "" else value

    def prefixed(self, topic: str) -> str:
        """Return the real name of *topic* on the broker (also used for consumer groups)."""
        return self.topic_prefix + topic

    def unprefixed(self, topic: str) -> str:
        """Return the house's name for a *topic* as a record carries it."""
        return topic.removeprefix(self.topic_prefix)


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def load_settings(cls: type[SettingsT]) -> SettingsT:
    """
    Read *cls* from the environment.

    Raises `SettingsError` naming the first variable that is missing or wrong; never repeats its
    value.
    """
    try:
        # The environment gives the arguments that the checker misses.
        return cast(Callable[[], SettingsT], cls)()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else "?"
    variable = (PREFIX + field).upper()
    if first["type"] == "missing":
        raise SettingsError(variable, "is not set; set it in the environment of this process")
    raise SettingsError(variable, f"cannot be used: {first['msg']}")
