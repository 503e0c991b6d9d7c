"""The web inbox: a notice that is stored has arrived, for its recipient reads it where it lies."""

from __future__ import annotations

from notify.channels.outcome import Delivery, Outcome, Sent


class InboxChannel:
    """Takes everything: the claim has committed the notice before it comes here."""

    async def send(self, delivery: Delivery) -> Outcome:
        """Say that *delivery* is there. Nothing leaves the house."""
        return Sent(delivery.notice_id)

    async def close(self) -> None:
        """Hold nothing."""
