"""
Hearing: which sources could say otherwise of a case, and who of them has not told everything.

That a promise was broken means that something did *not* happen: it may be said only when nobody
can still report that it did. Pure. Rule: docs/architecture/sla.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from sla.model import Silence, Source

NEVER_US = -(2**63)


class Hearing:
    """
    The sources that could say otherwise of one case.

    Made once a case and asked only when a clock has passed something: most never ask.
    """

    __slots__ = ("_all", "_floor_us", "_relevant", "_unit")

    def __init__(self, sources: Sequence[Source], unit: str | None) -> None:
        self._all = sources
        self._unit = unit
        self._relevant: list[Source] | None = None
        self._floor_us = NEVER_US

    def silent(self, at_us: int) -> tuple[Silence, ...]:
        """
        Who has not told everything dated before *at_us*.

        A fact of the very instant cannot matter: a date belongs to whom the facts before it say.
        """
        relevant = self._relevant if self._relevant is not None else self._find()
        if at_us - 1 <= self._floor_us:
            return ()
        return tuple(
            Silence(source.name, source.complete_until_us)
            for source in relevant
            if source.complete_until_us is None or source.complete_until_us < at_us - 1
        )

    def _find(self) -> list[Source]:
        """
        Those with a fact that moves a stage, of this case's unit.

        Where nobody has said whose unit it is, every unit's source may know the case.
        """
        unit = self._unit
        found = [
            source
            for source in self._all
            if source.facts and (not source.units or unit is None or unit in source.units)
        ]
        told = [NEVER_US if (u := s.complete_until_us) is None else u for s in found]
        self._relevant, self._floor_us = found, min(told, default=2**63)
        return found
