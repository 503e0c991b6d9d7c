"""What the portal is told by its environment, once, at start."""

from __future__ import annotations

import base64
import binascii

from chassis.errors import SettingsError
from chassis.settings import ServiceSettings
from pydantic import SecretStr

KEY_BYTES = 32


class PortalSettings(ServiceSettings):
    """
    What the portal needs beside what every service does. Field `x` is read from `TIDTAM_X`.

    `payee_key`, `session_key`: 32 bytes in base64; the first is the one intake has, the second
    signs what a browser holds and hashes sign-in codes. `public_url`: where people reach this
    service. `intake_url`, `intake_token`: where what people do is sent, and the token of the source
    `portal`; the other services' URLs serve the operator's page, which asks them with the
    operator's token. `production`: refuse whatever is only for trying things out.
    """

    service: str = "portal"
    payee_key: SecretStr
    session_key: SecretStr
    public_url: str
    intake_url: str
    intake_token: SecretStr
    status_url: str = ""
    sla_url: str = ""
    notify_url: str = ""
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    zipkin_url: str = ""
    production: bool = False

    @property
    def session_secret(self) -> bytes:
        """The 32 bytes of `session_key`. Raises `SettingsError`."""
        return secret_of("TIDTAM_SESSION_KEY", self.session_key)

    @property
    def payee_secret(self) -> bytes:
        """The 32 bytes of `payee_key`. Raises `SettingsError`."""
        return secret_of("TIDTAM_PAYEE_KEY", self.payee_key)


def check_public_url(settings: PortalSettings) -> None:
    """Raise `SettingsError` where people would reach a real portal without https."""
    if settings.production and not settings.public_url.startswith("https://"):
        raise SettingsError("TIDTAM_PUBLIC_URL", "cannot be used: in production it is https://…")


def secret_of(variable: str, written: SecretStr) -> bytes:
    """The 32 bytes *written* in base64. Raises `SettingsError`, which never repeats the value."""
    try:
        secret = base64.b64decode(written.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError(variable, "cannot be used: it is not base64") from None
    if len(secret) != KEY_BYTES:
        raise SettingsError(variable, f"cannot be used: it has {len(secret)} bytes, not 32")
    return secret
