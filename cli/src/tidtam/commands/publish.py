"""`tidtam publish`: send events as a source would, and say what became of each."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tidtam import output, whereabouts
from tidtam.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidtam.events_file import Item
    from tidtam.publishing import Sent

BAD = ("rejected", "altered")
SHOWN_MAX = 20


class Via(StrEnum):
    """The two ways into intake."""

    KAFKA = "kafka"
    HTTP = "http"


def add_to(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(publish)


def publish(
    file: Annotated[
        str, typer.Argument(help="NDJSON, a JSON array or one event; - is stdin.")
    ] = "-",
    source: Annotated[
        str, typer.Option(help="The sender's slug; else each line or event names it.")
    ] = "",
    via: Annotated[Via, typer.Option(help="The way into intake.")] = Via.KAFKA,
    wait: Annotated[
        bool, typer.Option(help="Over Kafka: wait for intake, and show what it refused.")
    ] = False,
    replay: Annotated[
        bool, typer.Option(help="It happened long ago: take it all, and tell nobody of it.")
    ] = False,
    token: Annotated[
        str, typer.Option(help="The source's token, for HTTP.", envvar="TIDTAM_SOURCE_TOKEN")
    ] = "",
    as_json: output.AsJson = False,
) -> None:
    """
    Send events and say what became of each.

    Over HTTP the answer is the verdict: accepted, resent, altered or rejected. Over Kafka it is the
    broker's word; --wait reads what intake refused from the source's own rejects topic.
    Exits 1 when anything was refused.

    [bold]Example[/bold]: tidtam publish claims.ndjson --source sci-chem --wait

    [bold]Example[/bold]: tidtam publish claim.json --source sci-chem --via http

    [bold]Example[/bold]: tidtam publish year.ndjson --replay
    """
    from tidtam.events_file import read_items
    from tidtam.publishing import as_replay

    items = read_items(file)
    if not items:
        raise Trouble(f"{file}: there is no event in it.")
    items = [as_replay(item) for item in items] if replay else items
    sent = send(items, source or None, via, token, wait)
    counts = Counter(one.verdict for one in sent)
    if as_json:
        output.emit({"counts": counts, "events": [one.told() for one in sent]})
    else:
        _show(sent, counts)
    if any(counts[bad] for bad in BAD):
        raise typer.Exit(1)


def send(
    items: Sequence[Item], source: str | None, via: Via, token: str = "", wait: bool = False
) -> list[Sent]:
    """Send *items* under a progress bar. Raises `Trouble`."""
    at = whereabouts.find()
    with output.progress(hidden=len(items) <= SHOWN_MAX) as bar:
        task = bar.add_task(f"publishing over {via.upper()}", total=len(items))

        def advance(count: int) -> None:
            bar.advance(task, count)

        if via is Via.HTTP:
            from tidtam.publishing import send_http

            return send_http(items, source, token, at, advance)
        from tidtam.kafka import send_kafka

        return send_kafka(items, source, at, advance, wait)


def _show(sent: Sequence[Sent], counts: Counter[str]) -> None:
    few = len(sent) <= SHOWN_MAX
    for one in sent:
        if few or one.verdict in BAD:
            where = f"  {one.position}" if one.position else ""
            style = "red" if one.verdict in BAD else None
            output.show(f"{one.item.line:>5}  {one.verdict:<9} {one.item.name}{where}", style)
            for found in one.findings:
                output.show(f"       {found['pointer'] or '/'}  {found['rule']}: {found['remedy']}")
    output.show(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())) + ".")
