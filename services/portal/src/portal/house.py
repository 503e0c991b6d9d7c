"""The house: everything a page is built with, made once at start by `app`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chassis.service import Base

    from portal.asking import Services
    from portal.frame import Frame
    from portal.outgoing import Outgoing
    from portal.people import People
    from portal.rules import Rules
    from portal.settings import PortalSettings
    from portal.signing_in import SigningIn
    from portal.vault import Vault


@dataclass(frozen=True, slots=True)
class House:
    """
    What `routes(house)` of every page gets.

    `base` has the clock (`base.clock.now()`, the only clock pages may ask), the pool and the log.
    """

    base: Base
    settings: PortalSettings
    frame: Frame
    people: People
    rules: Rules
    vault: Vault
    outgoing: Outgoing
    services: Services
    signing_in: SigningIn
