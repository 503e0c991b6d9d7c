"""Registering sources: from a YAML file or options to what intake's registry takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from contracts.process import Process, Role

from tidtam.services import Service, service
from tidtam.trouble import Trouble
from tidtam.whereabouts import Whereabouts

TOKENS = "tokens"
PORTAL = "portal"
PORTAL_STARTS_AT = "2000-01-01T00:00:00Z"


def read_sources(file: Path) -> list[dict[str, Any]]:
    """Return the source of a YAML file, or the sources of its list. Raises `Trouble`."""
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Trouble(f"{file}: not YAML: {error}") from None
    listed = said if isinstance(said, list) else [said]
    if not listed or not all(isinstance(one, dict) for one in listed):
        raise Trouble(f"{file}: write a source as a mapping, or several as a list of them.")
    return [{key: _plain(value) for key, value in one.items()} for one in listed]


def add_source(intake: Service, source: Mapping[str, Any]) -> dict[str, Any]:
    """Register *source*, or change the one of its name. Raises `Trouble`."""
    body = {**source}
    body.setdefault("source", body.get("slug"))
    answer: dict[str, Any] = intake.post("/ops/sources", body)
    return answer


def sources(intake: Service) -> list[dict[str, Any]]:
    """Return all registered sources."""
    listed: list[dict[str, Any]] = intake.get("/ops/sources")["sources"]
    return listed


def find_source(intake: Service, slug: str) -> dict[str, Any]:
    """Return the registered source *slug*. Raises `Trouble` naming the ones there are."""
    listed = sources(intake)
    for one in listed:
        if slug in (one["slug"], one["source"]):
            return one
    known = ", ".join(one["slug"] for one in listed) or "none yet: `tidtam source add`"
    raise Trouble(f"No source is called {slug!r}.", f"Registered are: {known}.")


def missing_slugs(intake: Service, slugs: Sequence[str]) -> list[str]:
    """Return those of *slugs* that nobody has registered."""
    known = {one["slug"] for one in sources(intake)}
    return [slug for slug in slugs if slug not in known]


def token_of(slug: str, at: Whereabouts, given: str = "") -> str:
    """
    Return a token that speaks for *slug*: the *given* one, the kept one, or a new one.

    New ones are made with the operator's token and kept beside the local servers' secrets; where
    there is no such folder one has to be given. Raises `Trouble`.
    """
    said = given or at.get("SOURCE_TOKEN")
    if said:
        return said
    if at.state is None:
        raise Trouble(
            f"The token of {slug} is needed to publish over HTTP.",
            f"Give it as --token or TIDTAM_SOURCE_TOKEN; `tidtam source token {slug}` makes one.",
        )
    kept = at.state / TOKENS / slug
    if not kept.exists():
        intake = service("intake", at)
        keep_private(kept, make_token(intake, find_source(intake, slug)["slug"]))
    return kept.read_text(encoding="utf-8").strip()


def make_token(intake: Service, slug: str, given: str = "") -> str:
    """Make a new token for *slug*, or let the one *given* speak for it. Raises `Trouble`."""
    body = {"token": given} if given else None
    return str(intake.post(f"/ops/sources/{slug}/tokens", body)["token"])


def portal_source(processes: Iterable[Process]) -> dict[str, Any]:
    """
    The source `portal`: what people do on its pages, said as officers may say it.

    It may name anybody's numbers, and days before the house had the portal.
    """
    return {
        "slug": PORTAL,
        "role": Role.OFFICER,
        "name_th": "หน้าเว็บติดตาม",
        "name_en": "The portal",
        "contact": "the operator of the portal",
        "issuers": ["*"],
        "facts": {
            one.name: [name for name, fact in one.facts.items() if Role.OFFICER in fact.roles]
            for one in processes
        },
        "starts_at": PORTAL_STARTS_AT,
    }


def drop_tokens(intake: Service, slug: str) -> int:
    """Make every token of *slug* worthless; how many there were. Raises `Trouble`."""
    return int(intake.delete(f"/ops/sources/{slug}/tokens")["dropped"])


def keep_private(path: Path, text: str) -> None:
    """Write *text* so that only its owner can read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """YAML reads times and dates by itself; JSON wants them as text."""
    return value.isoformat() if isinstance(value, datetime | date) else value
