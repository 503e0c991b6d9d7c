"""
What `make up` remembers, all in one ignored folder: ports, secrets, the processes' files.

`env` in it is what the CLI reads to find the servers: one `NAME=value` a line.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from ground.ports import LOOPBACK, free_ports

PORTS = (
    "postgres",
    "kafka",
    "kafka_controller",
    "zipkin",
    "otlp",
    "smtp",
    "mail",
    "intake",
    "status",
    "sla",
    "notify",
    "portal",
    "oidc",
)
DATABASE = "tidtam"
OIDC_CLIENT = "tidtam-portal"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where everything is, as the environment variables the services and the CLI read."""

    ports: dict[str, int]
    operator_token: str
    payee_key: str
    session_key: str
    portal_token: str
    oidc_secret: str

    def http(self, name: str) -> str:
        """The base URL of the process `name`."""
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def database_url(self, role: str) -> str:
        """The database as `role` sees it."""
        return f"postgresql://{role}@{LOOPBACK}:{self.ports['postgres']}/{DATABASE}"

    @property
    def kafka(self) -> str:
        """The bootstrap address."""
        return f"{LOOPBACK}:{self.ports['kafka']}"

    def environment(self) -> dict[str, str]:
        """What the CLI reads."""
        return {
            "TIDTAM_KAFKA": self.kafka,
            "TIDTAM_DATABASE_URL": self.database_url("postgres"),
            "TIDTAM_INTAKE_URL": self.http("intake"),
            "TIDTAM_STATUS_URL": self.http("status"),
            "TIDTAM_SLA_URL": self.http("sla"),
            "TIDTAM_NOTIFY_URL": self.http("notify"),
            "TIDTAM_PORTAL_URL": self.http("portal"),
            "TIDTAM_PORTAL_TOKEN": self.portal_token,
            "TIDTAM_ZIPKIN_URL": self.http("zipkin"),
            "TIDTAM_MAIL_URL": self.http("mail"),
            "TIDTAM_SMTP": f"{LOOPBACK}:{self.ports['smtp']}",
            "TIDTAM_OTLP_ENDPOINT": self.http("otlp"),
            "TIDTAM_OPERATOR_TOKEN": self.operator_token,
        }

    def service_environment(self, name: str) -> dict[str, str]:
        """What the service `name` reads."""
        return {
            "TIDTAM_KAFKA": self.kafka,
            "TIDTAM_DATABASE_URL": self.database_url(name),
            "TIDTAM_HTTP_HOST": LOOPBACK,
            "TIDTAM_HTTP_PORT": str(self.ports[name]),
            "TIDTAM_OTLP_ENDPOINT": self.http("otlp"),
            "TIDTAM_TRACE_SAMPLE_RATIO": "1.0",
            "TIDTAM_OPERATOR_TOKEN": self.operator_token,
            **self._own(name),
        }

    def oidc_client(self) -> dict[str, str]:
        """How the portal names itself to who signs staff in: both read the same."""
        return {
            "TIDTAM_OIDC_CLIENT_ID": OIDC_CLIENT,
            "TIDTAM_OIDC_CLIENT_SECRET": self.oidc_secret,
        }

    def _own(self, name: str) -> dict[str, str]:
        """What only the service `name` reads, and those that share it."""
        own: dict[str, str] = {}
        if name in ("intake", "notify", "portal"):
            own["TIDTAM_PAYEE_KEY"] = self.payee_key
        if name in ("notify", "portal"):
            own |= {
                "TIDTAM_SMTP_URL": f"smtp://{LOOPBACK}:{self.ports['smtp']}",
                "TIDTAM_MAIL_FROM": "Tidtam ติดตามการจ่ายเงิน <tidtam@finance.example>",
                "TIDTAM_PUBLIC_URL": self.http("portal"),
            }
        if name == "portal":
            own |= {
                "TIDTAM_SESSION_KEY": self.session_key,
                "TIDTAM_INTAKE_URL": self.http("intake"),
                "TIDTAM_INTAKE_TOKEN": self.portal_token,
                "TIDTAM_STATUS_URL": self.http("status"),
                "TIDTAM_SLA_URL": self.http("sla"),
                "TIDTAM_NOTIFY_URL": self.http("notify"),
                "TIDTAM_ZIPKIN_URL": self.http("zipkin"),
                "TIDTAM_OIDC_ISSUER": self.http("oidc"),
                **self.oidc_client(),
            }
        return own


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(".new")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    making.rename(path)


def read_json(path: Path) -> dict[str, object]:
    """A JSON object; empty when there is no such file."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


def remembered_ports(folder: Path) -> dict[str, int]:
    """The ports of this folder's servers: chosen once, the same ever after."""
    path = folder / "ports.json"
    known = {name: int(str(port)) for name, port in read_json(path).items()}
    missing = [name for name in PORTS if name not in known]
    if missing:
        fresh = [port for port in free_ports(len(PORTS) * 2) if port not in known.values()]
        known |= dict(zip(missing, fresh, strict=False))
        write_private(path, json.dumps(known, indent=1))
    return known


def remembered_secrets(folder: Path) -> dict[str, str]:
    """The secrets of this folder's servers: each made once."""
    path = folder / "secrets.json"
    known = {name: str(value) for name, value in read_json(path).items()}
    fresh = {
        "operator_token": secrets.token_urlsafe(32),
        "payee_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "session_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "portal_token": "tdt_" + secrets.token_urlsafe(32),
        "oidc_secret": secrets.token_urlsafe(32),
    }
    if fresh.keys() - known.keys():
        known = fresh | known
        write_private(path, json.dumps(known))
    return known


def endpoints(folder: Path) -> Endpoints:
    """The endpoints of this folder's servers; ports and secrets are made where none are."""
    return Endpoints(remembered_ports(folder), **remembered_secrets(folder))


def write_environment(folder: Path, found: Endpoints) -> None:
    """Write `env` for the CLI."""
    lines = [f"{name}={value}\n" for name, value in found.environment().items()]
    write_private(folder / "env", "".join(lines))
