"""The services over HTTP: one small client; each refusal becomes a sentence and an exit code."""

from __future__ import annotations

import json
import weakref
from typing import Any

import httpx

from tidtam.trouble import Trouble, unreachable
from tidtam.whereabouts import Whereabouts

TIMEOUT_SECONDS = 30.0
SERVICES = ("intake", "status")
"""The services without which nothing can be asked."""

SLA, NOTIFY, PORTAL = "sla", "notify", "portal"
_STARTING = (502, 503, 504)


class Service:
    """One service; *token* is the operator's, or that of a source."""

    def __init__(self, name: str, url: str, token: str) -> None:
        self.name = name
        self.url = url.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False)
        weakref.finalize(self, self._client.close)

    def get(self, path: str, **params: str) -> Any:
        """Return the JSON at *path*. Raises `Trouble`."""
        return self.checked(self.send("GET", path, params=params))

    def maybe(self, path: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Any | None:
        """Return the JSON at *path*, or None where there is nothing. Raises `Trouble`."""
        answer = self.send("GET", path, timeout=timeout_seconds)
        return None if answer.status_code == 404 else self.checked(answer)

    def post(self, path: str, body: Any = None, patient: bool = False, **params: str) -> Any:
        """Post *body*; *patient* waits for ever. Raises `Trouble`."""
        timeout = httpx.Timeout(None, connect=5.0) if patient else httpx.USE_CLIENT_DEFAULT
        return self.checked(self.send("POST", path, json=body, params=params, timeout=timeout))

    def put(self, path: str, body: Any) -> Any:
        """Put *body*. Raises `Trouble`."""
        return self.checked(self.send("PUT", path, json=body))

    def delete(self, path: str) -> Any:
        """Delete what is at *path*. Raises `Trouble`."""
        return self.checked(self.send("DELETE", path))

    def send(self, method: str, path: str, **asked: Any) -> httpx.Response:
        """Send one request. Raises `Trouble` where nobody answers."""
        try:
            answer = self._client.request(method, self.url + path, **asked)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise unreachable(self.name, self.url, type(error).__name__) from None
        if answer.status_code in _STARTING:
            raise unreachable(self.name, self.url, f"HTTP {answer.status_code}: {_said(answer)}")
        if answer.status_code == 401:
            raise Trouble(
                f"{self.name} refuses the token.",
                "The operator's is TIDTAM_OPERATOR_TOKEN; `tidtam source token SLUG` makes others.",
            )
        return answer

    def checked(self, answer: httpx.Response) -> Any:
        """Return the JSON of a good answer. Raises `Trouble` with what the service says else."""
        if answer.is_success:
            return answer.json()
        raise Trouble(f"{self.name} refuses (HTTP {answer.status_code}): {_said(answer)}")


def service(name: str, at: Whereabouts) -> Service:
    """Return the service *name* as the operator reaches it. Raises `Trouble`."""
    return Service(name, at.need(f"{name.upper()}_URL"), at.need("OPERATOR_TOKEN"))


def has_sla(at: Whereabouts) -> bool:
    """Return whether a service sla is set up here: the chain also runs without it."""
    return bool(at.get(f"{SLA.upper()}_URL"))


def services_at(at: Whereabouts) -> tuple[str, ...]:
    """Return the services that stand here, in the order in which events go through them."""
    beside = [name for name in (SLA, NOTIFY, PORTAL) if at.get(f"{name.upper()}_URL")]
    return (*SERVICES, *beside)


def _said(answer: httpx.Response) -> str:
    """What a refusal says, in one line."""
    try:
        told = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return answer.text[:200]
    return str(told.get("error", told)) if isinstance(told, dict) else str(told)[:200]
