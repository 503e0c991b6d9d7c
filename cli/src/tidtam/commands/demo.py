"""`tidtam demo`: an invented month through the whole chain. `tidtam topics`: what it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tidtam import output, whereabouts

if TYPE_CHECKING:
    from tidtam.generating.month import Month
    from tidtam.lookup import Desk


def add_to(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.command()(demo)
    app.command()(topics)


def demo(
    seed: Annotated[int, typer.Option(help="The same seed gives the same month.")] = 1,
    claims: Annotated[int, typer.Option(min=20, max=9000, help="How many claims.")] = 300,
    as_json: output.AsJson = False,
) -> None:
    """
    Play an invented month through the whole chain, and name one case worth opening for each kind.

    Applies the rules, registers the sources, publishes over Kafka, waits until status shows it.
    Played again on the same day it changes nothing.

    [bold]Example[/bold]: tidtam demo --seed 1
    """
    from tidtam import playing
    from tidtam.commands.generate import end
    from tidtam.generating.month import generate_month
    from tidtam.lookup import Desk

    at = whereabouts.find()
    desk = Desk(at)
    month = generate_month(seed, end("", at), claims)
    _prepare(desk, month)
    before = playing.taken(desk)
    _publish(month)
    _follow(desk, month, before)
    found = playing.numbers(desk, month)
    hints = playing.hints(found, month)
    if as_json:
        output.emit({"events": len(month.sent), "cases": found, "hints": hints})
    else:
        for line in hints:
            output.show(line)


def topics(as_json: output.AsJson = False) -> None:
    """
    Make those of our own topics that are missing; what exists is left as it is.

    [bold]Example[/bold]: tidtam topics
    """
    import asyncio

    from aiokafka.errors import KafkaError
    from chassis.topics import ensure_topics

    from contracts.topics import own_topics
    from tidtam.trouble import unreachable

    at = whereabouts.find()
    wanted = [(at.topic(one.name), one.partitions, one.config) for one in own_topics()]
    try:
        made = asyncio.run(ensure_topics(at.need("KAFKA"), wanted))
    except (KafkaError, OSError) as error:
        raise unreachable("Kafka", at.need("KAFKA"), type(error).__name__) from None
    if as_json:
        output.emit({"made": made, "topics": [name for name, _, _ in wanted]})
    else:
        output.show(f"{len(wanted)} topics, made now: {', '.join(made) or 'none'}.")


def _prepare(desk: Desk, month: Month) -> None:
    from tidtam.commands.config import apply_rules
    from tidtam.registering import add_source, missing_slugs
    from tidtam.rules_files import default_files, read_rules
    from tidtam.trouble import Trouble

    rules, problems = read_rules(default_files())
    if problems:
        raise Trouble("The rule files are wrong: see `tidtam config preview`.")
    apply_rules(rules)
    missing = missing_slugs(desk.intake, [source["slug"] for source in month.sources])
    for source in month.sources:
        if source["slug"] in missing:
            add_source(desk.intake, source)


def _publish(month: Month) -> None:
    from tidtam.commands.publish import Via, send
    from tidtam.playing import items

    send(items(month), None, Via.KAFKA)


def _follow(desk: Desk, month: Month, before: int) -> None:
    from tidtam.playing import settle

    with output.progress() as bar:
        task = bar.add_task("following in status", total=len(month.sent))
        for done in settle(desk, month, before):
            bar.update(task, completed=done)
