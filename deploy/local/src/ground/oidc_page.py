"""The page of the development sign-in: who to be. It says on top that none of it is real."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from string import Template
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from ground.oidc_people import Person

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
PAGE = Template("""<!doctype html><html lang="th"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>$title</title>
<style>:root{color-scheme:light dark}
body{font:18px/1.7 Loma,"Noto Sans Thai",system-ui,sans-serif;max-width:40rem;margin:1.5rem auto;
padding:0 1rem}ul{list-style:none;padding:0}a{display:block;padding:.7rem 1rem;margin:.5rem 0;
border:1px solid #888;border-radius:.5rem;text-decoration:none}a b{display:block}
.note{border-left:6px solid #b60;padding:.2rem 1rem}</style><h1>$title</h1>$body</html>""")
NOTE = (
    '<div class="note"><p>ผู้ใช้ในหน้านี้สมมติขึ้นทั้งหมด ใช้ทดลองบนเครื่องนี้เท่านั้น ไม่มีรหัสผ่าน</p>'
    '<p lang="en">Everybody here is invented. For trying things out on this machine; no password.'
    "</p></div>"
)


def page_of(people: Sequence[Person], trip: str) -> HTMLResponse:
    """A link for each of *people*."""
    links = [
        f'<li><a href="/choose?{urlencode({"trip": trip, "person": one.key})}">'
        f"<b>{escape(one.name)}</b>{escape(one.duty)}</a></li>"
        for one in people
    ]
    return _page("เข้าสู่ระบบเพื่อทดลอง", f"{NOTE}<ul>{''.join(links)}</ul>")


def refusal(why: str) -> HTMLResponse:
    """Why a request leads nowhere: for who sets a client up."""
    return _page("Not a request of the portal", f"<p>{escape(why)}</p>", 400)


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    html = PAGE.substitute(title=escape(title), body=body)
    headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
    return HTMLResponse(html, status, headers)
