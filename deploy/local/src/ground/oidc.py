"""
A small OpenID Connect provider for trying things out: invented people, one click, no password.

Run as `python -m ground.oidc PORT CALLBACK`, with `TIDTAM_OIDC_CLIENT_ID` and
`TIDTAM_OIDC_CLIENT_SECRET` set. It answers on loopback alone, leads back to loopback alone, and
refuses to start with production settings: whoever reaches it can be anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sys
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ground.errors import GroundError
from ground.oidc_page import page_of, refusal
from ground.oidc_people import PEOPLE, Person
from ground.ports import LOOPBACK

LOOPBACKS = frozenset({LOOPBACK, "localhost", "::1"})
ASKED_SECONDS = 600
CODE_SECONDS = 60
TOKEN_SECONDS = 300
REMEDY = "Use the identity provider of your body; `TIDTAM_OIDC_ISSUER` names it"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asked for, from the first page until its code is spent."""

    state: str
    nonce: str
    challenge: str
    at: float
    person: Person | None = None


@dataclass(slots=True)
class Provider:
    """One provider. *issuer* is its own URL, *callback* the one place it leads back to."""

    issuer: str
    client_id: str
    client_secret: str
    callback: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"use": "sig"}))
    now: Callable[[], float] = time.time
    asked: dict[str, Asked] = field(default_factory=dict)
    codes: dict[str, Asked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_others(self.issuer, self.callback, os.environ)
        self.key.ensure_kid()

    def app(self) -> Starlette:
        """Its pages."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.about),
                Route("/authorize", self.authorize),
                Route("/choose", self.choose),
                Route("/token", self.token, methods=["POST"]),
                Route("/keys", self.keys),
                Route("/health", self.health),
            ]
        )

    async def health(self, _request: Request) -> Response:
        """It answers."""
        return JSONResponse({"status": "ok"})

    async def about(self, _request: Request) -> Response:
        """What it can do, as OpenID Connect Discovery has it."""
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, _request: Request) -> Response:
        """Its public key."""
        return JSONResponse({"keys": [{**self.key.as_dict(private=False), "alg": "RS256"}]})

    async def authorize(self, request: Request) -> Response:
        """The page on which one chooses who to be."""
        said = request.query_params
        wanted = {
            "client_id": self.client_id,
            "redirect_uri": self.callback,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        for name, value in wanted.items():
            if said.get(name) != value:
                return refusal(f"{name} is not {value}")
        if "openid" not in said.get("scope", "").split() or not said.get("code_challenge"):
            return refusal("scope lacks openid, or code_challenge is missing")
        self._forget()
        trip = secrets.token_urlsafe(16)
        self.asked[trip] = Asked(
            said.get("state", ""), said.get("nonce", ""), said["code_challenge"], self.now()
        )
        return page_of(PEOPLE, trip)

    async def choose(self, request: Request) -> Response:
        """Lead back to the client as the one who was chosen."""
        asked = self.asked.pop(request.query_params.get("trip", ""), None)
        person = next((p for p in PEOPLE if p.key == request.query_params.get("person")), None)
        if asked is None or person is None:
            return refusal("this page is too old; begin again at the portal")
        code = secrets.token_urlsafe(24)
        self.codes[code] = Asked(asked.state, asked.nonce, asked.challenge, self.now(), person)
        back = urlencode({"code": code, "state": asked.state, "iss": self.issuer})
        return RedirectResponse(f"{self.callback}?{back}", 303)

    async def token(self, request: Request) -> Response:
        """An ID token for a code, once, to who began the trip."""
        if not self._is_client(request.headers.get("authorization", "")):
            return JSONResponse({"error": "invalid_client"}, 401)
        told = parse_qs((await request.body()).decode())
        said = {name: values[0] for name, values in told.items()}
        asked = self.codes.pop(said.get("code", ""), None)
        if (
            asked is None
            or asked.person is None
            or self.now() - asked.at > CODE_SECONDS
            or said.get("redirect_uri") != self.callback
            or not _proves(said.get("code_verifier", ""), asked.challenge)
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(24),
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "id_token": self.id_token(asked.person, asked.nonce),
            },
            headers={"cache-control": "no-store"},
        )

    def id_token(self, person: Person, nonce: str) -> str:
        """What it says of *person*, signed."""
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "nonce": nonce,
            **person.claims(),
        }
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def _is_client(self, header: str) -> bool:
        kind, _, told = header.partition(" ")
        try:
            name, _, secret = b64decode(told).decode().partition(":")
        except ValueError:
            return False
        right = f"{self.client_id}:{self.client_secret}"
        given = f"{unquote_plus(name)}:{unquote_plus(secret)}"
        return kind.lower() == "basic" and hmac.compare_digest(given.encode(), right.encode())

    def _forget(self) -> None:
        """Drop what nobody came back for."""
        old = self.now() - ASKED_SECONDS
        self.asked = {trip: one for trip, one in self.asked.items() if one.at > old}
        self.codes = {code: one for code, one in self.codes.items() if one.at > old}


def refuse_others(issuer: str, callback: str, environment: Mapping[str, str]) -> None:
    """Raise `GroundError` where anybody but the user of this machine could be anybody."""
    for what, url in (("the issuer", issuer), ("the place to lead back to", callback)):
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACKS:
            raise GroundError("the development sign-in", f"{what} is not loopback: {url}", REMEDY)
    if environment.get("TIDTAM_PRODUCTION", "").lower() not in ("", "0", "false", "no", "off"):
        raise GroundError("the development sign-in", "TIDTAM_PRODUCTION is set", REMEDY)


def _proves(verifier: str, challenge: str) -> bool:
    """Is *verifier* what *challenge* was made from (RFC 7636)?"""
    made = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(made, challenge)


def main(arguments: list[str], environment: Mapping[str, Any]) -> None:
    """Serve until told to end."""
    port, callback = int(arguments[0]), arguments[1]
    provider = Provider(
        f"http://{LOOPBACK}:{port}",
        environment["TIDTAM_OIDC_CLIENT_ID"],
        environment["TIDTAM_OIDC_CLIENT_SECRET"],
        callback,
    )
    uvicorn.run(provider.app(), host=LOOPBACK, port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1:], os.environ)
