"""What the messages on our topics are made of: the envelope, keys, words, money."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Message(BaseModel):
    """What all parts share: values do not change, and fields we do not know yet are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CloudEvent(Message):
    """The envelope: CloudEvents 1.0 with Tidtam's extension attributes."""

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    type: str = Field(min_length=1)
    time: str
    datacontenttype: str = "application/json"
    timeprecision: str | None = None
    sequence: str | None = None
    traceparent: str | None = None
    recordedtime: str | None = None
    correlationid: str | None = None
    causationid: str | None = None


ReferenceRow = tuple[str, str, str, str]
"""scheme, issuer, scope, value"""

EventKey = tuple[str, str]
"""source, id of an event"""


class Words(Message):
    """One text in both languages."""

    th: str
    en: str


class Contact(Message):
    """The desk a person can turn to."""

    desk: Words
    telephone: str | None = None
    email: str | None = None
    hours: Words | None = None


class Amount(Message):
    """A sum of money: a decimal string and its ISO 4217 currency."""

    value: str
    currency: str
