"""What a consumer did last; the consumer writes it, health and the watchdog read it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chassis.errors import DeadLetterFlood


@dataclass(slots=True)
class Progress:
    """
    All times are seconds of the monotonic clock. `refused_at`: when the group refused a commit
    because somebody else had this place in it.
    """

    last_batch_at: float | None = None
    busy_since: float | None = None
    failures: int = 0
    failing_since: float | None = None
    error: str | None = None
    commit_failing_since: float | None = None
    refused_at: deque[float] = field(default_factory=lambda: deque(maxlen=100))
    flood: DeadLetterFlood | None = None
    assigned_at: deque[float] = field(default_factory=lambda: deque(maxlen=100))
