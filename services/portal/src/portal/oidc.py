"""
Staff sign in with the body's own identity provider: OpenID Connect, the code flow with PKCE.

    trip = await provider.begin(callback)              # send the browser to trip.url, keep trip
    claims = await provider.finish(trip, callback, request.query_params)

Nothing but an ID token that this provider signed, for us, for this very trip, lets anybody in.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from chassis.clock import Clock
from chassis.errors import SettingsError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from portal.settings import PortalSettings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Signatures with a key pair alone: with `none`, or a shared secret, anybody could make one."""
SCOPE = "openid profile"
LEEWAY_SECONDS = 60
ANSWER_SECONDS_MAX = 10.0
KNOWN_FOR_SECONDS = 3600.0
KEYS_AGAIN_SECONDS = 30.0
CODE_LETTERS_MAX = 4_000


class NotSignedIn(Exception):
    """
    The trip came to nothing. `key` says why: `away`, `refused`, `stale`, `not_proved`.

    Its text is for the log, and holds neither tokens nor persons.
    """

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


@dataclass(frozen=True, slots=True)
class Trip:
    """What is kept while the browser is with the provider, and where it is to be sent."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider says of itself, its keys, and when that was read."""

    said: Mapping[str, Any]
    keys: KeySet
    read_at: float


def check_issuer(issuer: str, production: bool) -> None:
    """
    Raise `SettingsError` for an issuer whose word could be forged on the way.

    http is for trying things out on one machine, and never with production settings.
    """
    parts = urlsplit(issuer)
    if parts.scheme == "https" and parts.hostname and not parts.query and not parts.fragment:
        return
    if not _is_loopback(issuer):
        raise SettingsError("TIDTAM_OIDC_ISSUER", f"must be https, or http on loopback: {issuer}")
    if production:
        raise SettingsError("TIDTAM_OIDC_ISSUER", "must be https where TIDTAM_PRODUCTION is set")


def _is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


class Provider:
    """
    The identity provider of this body; one per process.

    Raises `SettingsError` for settings that would let a forged word in.
    """

    def __init__(
        self,
        settings: PortalSettings,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        check_issuer(settings.oidc_issuer, settings.production)
        if not settings.oidc_client_id:
            raise SettingsError("TIDTAM_OIDC_CLIENT_ID", "is missing")
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._clock = clock
        self._transport = transport
        self._known: _Known | None = None
        self._reading = asyncio.Lock()

    async def begin(self, callback: str) -> Trip:
        """A new trip that comes back to *callback*. Raises `NotSignedIn`."""
        known = await self._read()
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        verifier = secrets.token_urlsafe(48)
        url: str = prepare_grant_uri(
            known.said["authorization_endpoint"],
            self._client_id,
            "code",
            redirect_uri=callback,
            scope=SCOPE,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Trip(url, state, nonce, verifier)

    async def finish(
        self, trip: Trip, callback: str, returned: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """The claims of who comes back with *returned* from *trip*. Raises `NotSignedIn`."""
        if not hmac.compare_digest(returned.get("state", "").encode(), trip.state.encode()):
            raise NotSignedIn("stale", "the state is of another trip")
        if returned.get("iss", self._issuer) != self._issuer:
            raise NotSignedIn("not_proved", "another provider answered")
        if "error" in returned:
            raise NotSignedIn("refused", "the provider let nobody in")
        code = returned.get("code", "")
        if not 0 < len(code) <= CODE_LETTERS_MAX:
            raise NotSignedIn("refused", "no code came back")
        known = await self._read()
        token = await self._token(known, trip, callback, code)
        return await self._claims(known, trip, token)

    async def _token(
        self, known: _Known, trip: Trip, callback: str, code: str
    ) -> Mapping[str, Any]:
        """What the provider gives for the code and the proof that the trip is ours."""
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": trip.verifier,
        }
        # RFC 6749, 2.3.1: both are form-encoded before they are joined.
        who = (quote_plus(self._client_id), quote_plus(self._secret))
        try:
            async with self._http() as http:
                answer = await http.post(known.said["token_endpoint"], data=said, auth=who)
            token = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NotSignedIn("away", type(error).__name__) from None
        if answer.status_code != httpx.codes.OK or not isinstance(token, dict):
            away = answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
            raise NotSignedIn("away" if away else "stale", f"answered {answer.status_code}")
        return token

    async def _claims(
        self, known: _Known, trip: Trip, token: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The claims of the ID token, proved: signature, issuer, audience, time, nonce."""
        raw = token.get("id_token")
        if not isinstance(raw, str):
            raise NotSignedIn("not_proved", "no ID token came")
        try:
            told = await self._decoded(known, raw)
            claims = CodeIDToken(
                told.claims,
                told.header,
                options={
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                params={
                    "nonce": trip.nonce,
                    "client_id": self._client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as error:
            raise NotSignedIn("not_proved", type(error).__name__) from None
        return dict(claims)

    async def _decoded(self, known: _Known, raw: str) -> jwt.Token:
        try:
            return jwt.decode(raw, known.keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # Providers change their keys: once, look whether there is a new one.
            again = await self._read(again=True)
            return jwt.decode(raw, again.keys, algorithms=ALGORITHMS)

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            timeout=ANSWER_SECONDS_MAX, trust_env=False, transport=self._transport
        )

    async def _read(self, again: bool = False) -> _Known:
        """What the provider says of itself, read at most once an hour. Raises `NotSignedIn`."""
        async with self._reading:
            known, now = self._known, self._clock.now().timestamp()
            age_max = KEYS_AGAIN_SECONDS if again else KNOWN_FOR_SECONDS
            if known is not None and 0 <= now - known.read_at < age_max:
                return known
            try:
                said, keys = await self._fetch()
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                raise NotSignedIn("away", type(error).__name__) from None
            self._known = _Known(said, keys, now)
            return self._known

    async def _fetch(self) -> tuple[Mapping[str, Any], KeySet]:
        async with self._http() as client:
            where = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            said = (await client.get(where)).raise_for_status().json()
            if said["issuer"] != self._issuer:
                raise ValueError("the provider calls itself otherwise")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._check_address(said[name])
            keys = (await client.get(said["jwks_uri"])).raise_for_status().json()
            return said, KeySet.import_key_set(keys)

    def _check_address(self, url: str) -> None:
        """Raise `ValueError` where an address of the provider is less safe than its issuer."""
        if urlsplit(url).scheme == "https":
            return
        if not (_is_loopback(url) and _is_loopback(self._issuer)):
            raise ValueError("an address of the provider is not https")
