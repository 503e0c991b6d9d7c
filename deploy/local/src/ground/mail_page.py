"""The page of the mail sink: a list of the mails, and each as text, as HTML and as it came."""

from __future__ import annotations

from html import escape
from string import Template

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ground.mail import Box, Mail

# A mail's HTML runs no script and loads nothing, whatever it says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data:"
PAGE = Template("""<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>$title</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;
border-bottom:1px solid #ccc;vertical-align:top}pre{white-space:pre-wrap;background:#f5f5f5;
padding:.8rem;overflow-wrap:anywhere}iframe{width:100%;height:24rem;border:1px solid #ccc}</style>
<h1>$title</h1>$body</html>""")
ROW = Template('<tr><td>$date</td><td>$to</td><td><a href="/mail/$id">$subject</a></td></tr>')
MAIL = Template("""<p><a href="/">All mails</a></p><p>From $sender<br>To $to<br>$date</p>
<h2>Text</h2><pre>$text</pre><h2>HTML</h2><iframe sandbox srcdoc="$html"></iframe>
<h2>As it came</h2><pre>$raw</pre>""")


def _fill(template: Template, **values: str) -> str:
    return template.substitute({name: escape(value) for name, value in values.items()})


def _header(mail: Mail, name: str, instead: str = "") -> str:
    return mail.header(name) or instead


def _page(title: str, body: str) -> HTMLResponse:
    html = PAGE.substitute(title=escape(title), body=body)
    return HTMLResponse(html, headers={"content-security-policy": POLICY})


def list_of(mails: list[Mail]) -> str:
    """The table of all mails, as HTML."""
    if not mails:
        return "<p>No mail yet.</p>"
    rows = [
        _fill(
            ROW,
            id=mail.id,
            date=_header(mail, "date"),
            to=", ".join(mail.recipients),
            subject=_header(mail, "subject", "(no subject)"),
        )
        for mail in mails
    ]
    return f"<table><tr><th>Date<th>To<th>Subject</tr>{''.join(rows)}</table>"


def one_of(mail: Mail) -> str:
    """One mail, as HTML."""
    return _fill(
        MAIL,
        sender=_header(mail, "from"),
        to=", ".join(mail.recipients),
        date=_header(mail, "date"),
        text=mail.body("plain"),
        html=mail.body("html"),
        raw=mail.raw.decode(errors="replace"),
    )


def _summary(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.id,
        "to": mail.recipients,
        "from": _header(mail, "from"),
        "subject": _header(mail, "subject"),
        "message_id": _header(mail, "message-id"),
        "text": mail.body("plain"),
        "html": mail.body("html"),
    }


def make_app(box: Box) -> Starlette:
    """The page: / lists, /mail/<id> shows one, /mails.json is for programs, /health reads none."""

    async def index(_request: Request) -> Response:
        return _page("Mails of the sink", list_of(box.all()))

    async def one(request: Request) -> Response:
        mail = box.get(request.path_params["id"])
        if mail is None:
            return HTMLResponse("<p>No such mail.</p>", 404)
        return _page(_header(mail, "subject", "(no subject)"), one_of(mail))

    async def listed(_request: Request) -> Response:
        return JSONResponse([_summary(mail) for mail in box.all()])

    async def health(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    routes = [
        Route("/", index),
        Route("/mail/{id}", one),
        Route("/mails.json", listed),
        Route("/health", health),
    ]
    return Starlette(routes=routes)
