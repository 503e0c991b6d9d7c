"""The composition root of the portal: settings in, running service out."""

from __future__ import annotations

import asyncio
import importlib
import logging
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from chassis.consuming import Consumption
from chassis.service import Base, Parts, serve
from chassis.settings import load_settings
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal import pages
from portal.asking import Services
from portal.code_mail import CodeMail
from portal.figuring import Figuring
from portal.frame import Frame
from portal.handlers import Handlers
from portal.house import House
from portal.lag import Lag
from portal.ops import ops_routes
from portal.outgoing import Outgoing
from portal.people import People
from portal.people_ops import people_routes
from portal.rebuilding import Rebuilding
from portal.rules import Rules
from portal.settings import PortalSettings, check_public_url
from portal.signing_in import SigningIn
from portal.vault import Vault
from portal.watching import Watching

MIGRATIONS = Path(__file__).parents[2] / "migrations"
RULES_SECONDS = 2.0
TAKEN = ("GET", "HEAD", "POST")
REFUSED = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
"""Methods no page takes; operators' tools use some, under `/ops/`."""


@dataclass(frozen=True, slots=True)
class Works:
    """All of one process of the portal but what starts and stops it."""

    house: House
    handlers: Handlers
    rebuilding: Rebuilding
    services: Services
    lag: Lag


def works_of(base: Base, settings: PortalSettings) -> Works:
    """Put the parts of the portal together. Raises `SettingsError`, `ValueError`."""
    check_public_url(settings)
    vault, rules = Vault(settings.payee_secret), Rules()
    frame = Frame(settings.public_url, settings.session_secret, base.clock)
    people = People(base.pool, base.clock, frame.secure)
    token = settings.intake_token.get_secret_value()
    outgoing = Outgoing(settings.intake_url, token, base.clock)
    services = Services(settings)
    signing_in = _signing_in(base, settings, vault)
    house = House(base, settings, frame, people, rules, vault, outgoing, services, signing_in)
    handlers = Handlers(base, vault)
    rebuilding = Rebuilding(base, handlers)
    return Works(house, handlers, rebuilding, services, Lag(settings))


def _signing_in(base: Base, settings: PortalSettings, vault: Vault) -> SigningIn:
    """The sign-in of payees. Raises `ValueError` for a mail relay that is none."""
    mail = CodeMail(settings.smtp_url.get_secret_value(), settings.mail_from)
    if mail.relay is None:
        base.log.warning("no mail relay is set: no payee can sign in")
    return SigningIn(base, vault, mail, settings.session_secret)


async def build(base: Base) -> Parts:
    """Put the portal together."""
    assert isinstance(base.settings, PortalSettings)
    works = works_of(base, base.settings)
    async with base.pool.acquire() as connection:
        await works.house.rules.refresh(connection)
    return Parts(
        consumptions=consumptions(works.handlers),
        routes=routes(works),
        tasks=tasks(works),
        closers=[
            works.rebuilding.close,
            works.house.outgoing.close,
            works.services.close,
            works.lag.close,
            works.house.signing_in.close,
        ],
    )


def page_modules() -> list[ModuleType]:
    """The modules of pages, by name; each gives its routes."""
    found = sorted(one.name for one in pkgutil.iter_modules(pages.__path__))
    return [importlib.import_module(f"{pages.__name__}.{name}") for name in found]


def routes(works: Works) -> list[BaseRoute]:
    """Every page; whatever else is asked for is not found."""
    house = works.house
    own: list[BaseRoute] = [
        *ops_routes(house.base, house.rules, works.rebuilding),
        *people_routes(house.base, house.people),
        *house.frame.static_routes(),
    ]
    for module in page_modules():
        own += module.routes(house)

    async def absent(request: Request) -> Response:
        if request.method in TAKEN:
            return house.frame.problem(request, 404, "not_found")
        response = Response(status_code=405, headers={"allow": ", ".join(TAKEN)})
        house.frame.dress(response)
        return response

    return [*own, Route("/{rest:path}", absent, methods=[*TAKEN, *REFUSED])]


def tasks(works: Works) -> list[Callable[[], Awaitable[None]]]:
    """What runs beside the pages for as long as the portal does."""
    house = works.house

    async def rules() -> None:
        await _follow_rules(house)

    figuring = Figuring(house.base, house.rules)
    watching = Watching(house.base, works.services, works.lag)
    return [rules, figuring.run, watching.run]


async def _follow_rules(house: House) -> None:
    """Take over rules that were applied through another process."""
    while True:
        await asyncio.sleep(RULES_SECONDS)
        try:
            async with house.base.pool.acquire() as connection:
                await house.rules.refresh(connection)
        except Exception as error:
            house.base.log.warning("rules could not be read", exc_info=error)


def consumptions(handlers: Handlers) -> list[Consumption]:
    """What the portal reads: each topic in a group of its own, with its own guard."""
    reading: list[tuple[str, Callable[[Any], Awaitable[None]], Any]] = [
        ("case-status", handlers.on_case_status, handlers.read_cases),
        ("line-status", handlers.on_line_status, handlers.read_lines),
        ("case-sla", handlers.on_case_sla, handlers.read_days),
        ("payee", handlers.on_payee, None),
        ("notification", handlers.on_notification, None),
        ("source-status", handlers.on_source_status, None),
    ]
    return [
        Consumption(
            name=topic, handle=handle, prepare=prepare, topics=(topic,), group=f"portal-{topic}"
        )
        for topic, handle, prepare in reading
    ]


def main() -> None:
    """Run the portal until it is told to stop."""
    settings = load_settings(PortalSettings)
    # Read here, so that a key that is none ends the start with the variable's name.
    assert settings.payee_secret
    assert settings.session_secret
    # It would tell every address asked for, and a sign-in has a code in one.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    serve(settings, schema="portal", migrations=MIGRATIONS, build=build)


if __name__ == "__main__":
    main()
