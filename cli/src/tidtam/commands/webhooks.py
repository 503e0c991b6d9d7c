"""`tidtam webhook`: the endpoints machines are told at, and the secrets they know us by."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tidtam import output, whereabouts
from tidtam.services import NOTIFY, Service, service
from tidtam.trouble import USAGE, Trouble

app = typer.Typer(
    no_args_is_help=True,
    help="Webhooks: the endpoints machines are told at, after Standard Webhooks.",
)

Endpoint = Annotated[str, typer.Argument(help="The endpoint's id, from `tidtam webhook list`.")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where messages are posted: https://…")],
    source: Annotated[
        str, typer.Option(help="A source: it is told what others say of its cases.")
    ] = "",
    unit: Annotated[str, typer.Option(help="The office of this unit.")] = "",
    desk: Annotated[str, typer.Option(help="A desk of the notice rules.")] = "",
    officer: Annotated[
        str, typer.Option(help="Where officers work: finance, bank, unit:<unit>.")
    ] = "",
    payee: Annotated[str, typer.Option(help="A payee, by payee id.")] = "",
    as_json: output.AsJson = False,
) -> None:
    """
    Register an endpoint for a source, an office or a payee; its secret is shown this once.

    Whatever the notice rules tell that recipient over webhook is posted there, signed after
    Standard Webhooks with the secret. News from before is not. Each recipient has one endpoint.

    [bold]Example[/bold]: tidtam webhook add https://chem.example.org/hook --source sci-chem
    """
    chosen = {
        "source": source, "unit-office": unit, "desk": desk, "officer": officer, "payee": payee,
    }  # fmt: skip
    named = [(kind, one) for kind, one in chosen.items() if one]
    if len(named) != 1:
        raise Trouble(
            "Say for whom: one of --source, --unit, --desk, --officer, --payee.", code=USAGE
        )
    kind, one = named[0]
    if kind == "source":
        one = _source(one)
    told = _notify().post("/ops/webhooks", {"recipient": {"kind": kind, "id": one}, "url": url})
    if as_json:
        output.emit(told)
        return
    output.show(f"{told['endpoint']} for {kind} {one}")
    _show_secret(told)


@app.command("list")
def list_(as_json: output.AsJson = False) -> None:
    """
    List the endpoints, also those that ended: removed, or gone since they answered 410.

    [bold]Example[/bold]: tidtam webhook list
    """
    rows = _notify().get("/ops/webhooks")["webhooks"]
    if as_json:
        output.emit({"webhooks": rows})
    elif not rows:
        output.show("There are no webhooks.")
    else:
        columns = ("endpoint", "for", "url", "since", "state")
        output.show_table(columns, [_row(row) for row in rows])


@app.command()
def rotate(endpoint: Endpoint, as_json: output.AsJson = False) -> None:
    """
    Give an endpoint a new secret, shown this once.

    For 24 hours messages are signed with the old secret and the new one: give the receiver the new
    one within that time.

    [bold]Example[/bold]: tidtam webhook rotate ep_0f3a6c2b9d1e4f58
    """
    told = _notify().post(f"/ops/webhooks/{endpoint}/rotate")
    if as_json:
        output.emit(told)
        return
    _show_secret(told)
    output.say(f"Until {told['both_sign_until'][:16].replace('T', ' ')} UTC the old one signs too.")


@app.command()
def remove(endpoint: Endpoint, as_json: output.AsJson = False) -> None:
    """
    Send nothing to an endpoint any more, and forget its secrets. It stays on record.

    [bold]Example[/bold]: tidtam webhook remove ep_0f3a6c2b9d1e4f58
    """
    told = _notify().post(f"/ops/webhooks/{endpoint}/remove")
    if as_json:
        output.emit(told)
    else:
        output.show(f"{endpoint} is removed.")


def _source(slug: str) -> str:
    """The name under which the source *slug* stands on events. Raises `Trouble`."""
    from tidtam.registering import find_source

    return str(find_source(service("intake", whereabouts.find()), slug)["source"])


def _notify() -> Service:
    return service(NOTIFY, whereabouts.find())


def _show_secret(told: dict[str, Any]) -> None:
    output.show(told["secret"], "bold")
    output.say("Give this secret to the receiver now: it is not shown again.", "yellow")


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    state = row["ended_reason"] or "open"
    if row["both_sign_until"] and not row["ended_reason"]:
        state = f"open, two secrets until {row['both_sign_until'][:16].replace('T', ' ')}"
    recipient = f"{row['recipient']['kind']} {row['recipient']['id']}"
    return row["endpoint"], recipient, row["url"], row["created_at"][:10], state
