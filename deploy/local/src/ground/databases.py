"""Databases on a running PostgreSQL: copies of a template with a schema and role per service."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

SERVICES = ("intake", "status", "sla", "notify", "portal")
TEMPLATE = "tidtam_template"


def _in_own_loop(work: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def make_template_statements() -> list[str]:
    """What makes the template: no service can see another's schema, nobody writes in `public`."""
    lines = ["REVOKE ALL ON SCHEMA public FROM PUBLIC"]
    for service in SERVICES:
        lines.append(f"CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {service}")
        lines.append(f"REVOKE ALL ON SCHEMA {service} FROM PUBLIC")
    return lines


@dataclass(frozen=True, slots=True)
class Databases:
    """The databases of one server; `address` is its superuser's URL without a database."""

    address: str

    def url(self, role: str = "postgres", database: str = "postgres") -> str:
        """The URL of `database` for `role`; the loopback is trusted, so it has no password."""
        parts = urlsplit(self.address)
        place = parts.netloc.rpartition("@")[2]
        user = parts.netloc.rpartition("@")[0] if role == "postgres" else role
        return urlunsplit(("postgresql", f"{user or role}@{place}", f"/{database}", "", ""))

    def create_database(self, name: str, template: str = TEMPLATE) -> str:
        """A new database, a copy of `template`; its superuser's URL."""
        _in_own_loop(self._create(name, template))
        return self.url(database=name)

    def drop_database(self, name: str) -> None:
        """Remove a database with everybody still connected to it; none by that name is fine."""
        _in_own_loop(self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def exists(self, name: str) -> bool:
        """Whether there is a database of that name."""
        found: list[bool] = []
        _in_own_loop(self._look(name, found))
        return found[0]

    def prepare(self) -> None:
        """Make the services' roles and the template; done already is fine."""
        _in_own_loop(self._prepare())

    async def _run(self, *statements: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.url(database=database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def _look(self, name: str, found: list[bool]) -> None:
        connection = await asyncpg.connect(self.url())
        try:
            asking = "SELECT count(*) = 1 FROM pg_database WHERE datname = $1"
            found.append(bool(await connection.fetchval(asking, name)))
        finally:
            await connection.close()

    async def _create(self, name: str, template: str) -> None:
        roles = ", ".join(SERVICES)
        await self._run(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY',
            f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
            f'GRANT CONNECT ON DATABASE "{name}" TO {roles}',
        )

    async def _prepare(self) -> None:
        connection = await asyncpg.connect(self.url())
        try:
            known = {row[0] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
        finally:
            await connection.close()
        await self._run(*(f"CREATE ROLE {name} LOGIN" for name in SERVICES if name not in known))
        made: list[bool] = []
        await self._look(TEMPLATE, made)
        if not made[0]:
            await self._create(TEMPLATE, "template1")
            await self._run(*make_template_statements(), database=TEMPLATE)


@dataclass(frozen=True, slots=True)
class Database:
    """One database: its name on its server."""

    server: Databases
    name: str

    def url(self, role: str = "postgres") -> str:
        """The URL of this database for `role`."""
        return self.server.url(role, self.name)
