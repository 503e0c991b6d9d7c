"""
Who may open a page, and which forms are taken. Pages are written as

    @payee_only
    async def dashboard(house: House, request: Request, visitor: Visitor) -> Response: ...

    @posts
    @staff_only("finance-officer")
    async def link(house: House, request: Request, visitor: Visitor) -> Response:
        said = await form(request)

    routes = [Route("/me", serve(house, dashboard))]

`posts` stands outermost. A page that anybody may open is `async def page(house, request)`.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import parse_qsl, quote, urlsplit

from chassis.database import is_transient
from starlette.requests import Request
from starlette.responses import Response

from portal.house import House
from portal.people import Visitor

Page: TypeAlias = Callable[[House, Request], Awaitable[Response]]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
PageOfVisitor: TypeAlias = Callable[[House, Request, Visitor], Awaitable[Response]]
FORM_BYTES_MAX = 65_536
FIELD_LETTERS_MAX = 10_000
FIELDS_MAX = 200


class Problem(Exception):
    """
    Ends a page with an error page.

    *key* names its words (`problem` in `words/common.yaml`). Say `not_found` also where something
    is there but not theirs: an answer must not tell which.
    """

    def __init__(self, status: int, key: str) -> None:
        super().__init__(f"{status} {key}")
        self.status = status
        self.key = key


def serve(house: House, page: Page) -> Endpoint:
    """*page* as Starlette calls it: its problems become pages, faults of ours tell nothing."""

    async def answered(request: Request) -> Response:
        try:
            _refuse_zero_letters(request)
            return await page(house, request)
        except Problem as problem:
            person = getattr(request.state, "visitor", None)
            _note_refusal(house, page, request, problem, person)
            return house.frame.problem(request, problem.status, problem.key, person)
        except Exception as error:
            house.base.log.error("a page failed", page=page.__name__, exc_info=error)
            away = is_transient(error)
            status, key = (503, "away") if away else (500, "our_fault")
            return house.frame.problem(request, status, key)

    async def endpoint(request: Request) -> Response:
        response = await answered(request)
        house.frame.dress(response)
        return response

    return endpoint


def _refuse_zero_letters(request: Request) -> None:
    """A letter of zero bits is none to Postgres, and none anybody types: such a page is absent."""
    if b"%00" in request.scope.get("query_string", b"") or "\0" in request.scope["path"]:
        raise Problem(404, "not_found")


def _note_refusal(
    house: House, page: Page, request: Request, problem: Problem, person: Visitor | None
) -> None:
    """
    Log what was refused, to which role: neither the person nor the address asked for. What is
    absent is told of those who are signed in: it may be somebody else's.
    """
    if problem.status == 404 and person is None:
        return
    role = "nobody" if person is None else person.role
    told = {"page": page.__name__, "method": request.method, "role": role}
    house.base.log.warning("refused", status=problem.status, why=problem.key, **told)


def payee_only(page: PageOfVisitor) -> Page:
    """Lets payees in; nobody known is asked to sign in, and then led here. Staff are refused."""

    @functools.wraps(page)
    async def guarded(house: House, request: Request) -> Response:
        visitor = await house.people.visitor(request)
        if visitor is None:
            return _to_sign_in(house, request, "/sign-in")
        if visitor.kind != "payee":
            raise Problem(403, "not_yours")
        return await page(house, request, visitor)

    return guarded


def staff_only(*roles: str) -> Callable[[PageOfVisitor], Page]:
    """Lets staff in who have one of *roles*; with none named any staff. Payees are refused."""

    def guard(page: PageOfVisitor) -> Page:
        @functools.wraps(page)
        async def guarded(house: House, request: Request) -> Response:
            visitor = await house.people.visitor(request)
            if visitor is None:
                return _to_sign_in(house, request, "/staff/sign-in")
            if visitor.kind != "staff" or (roles and not visitor.roles & set(roles)):
                raise Problem(403, "not_yours")
            return await page(house, request, visitor)

        return guarded

    return guard


def posts(page: Page) -> Page:
    """
    Takes only forms of our own pages: the browser says it comes from here, and the form carries the
    token of this very session. Reads the form; pages get it from `form`.
    """

    @functools.wraps(page)
    async def guarded(house: House, request: Request) -> Response:
        visitor = await house.people.visitor(request)
        if not _comes_from_us(request, house.frame.public_url):
            raise Problem(403, "form_expired")
        expected = house.frame.form_token(request, visitor)
        sent = (await form(request)).get("csrf", "")
        if not expected or not hmac.compare_digest(sent.encode(), expected.encode()):
            raise Problem(403, "form_expired")
        return await page(house, request)

    return guarded


async def form(request: Request) -> dict[str, str]:
    """
    The fields of a posted form, each once (the last one counts) and cut of surrounding spaces.

    Raises `Problem` for a form that is none, too long, or has a field of more than 10,000 letters.
    """
    if not hasattr(request.state, "form"):
        request.state.form = dict(await _fields(request))
    fields: dict[str, str] = request.state.form
    return fields


async def chosen(request: Request, name: str) -> list[str]:
    """Every value of the field *name*: of boxes several may be ticked."""
    await form(request)
    return [value for key, value in request.state.fields if key == name]


async def _fields(request: Request) -> list[tuple[str, str]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Problem(415, "form_broken")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_BYTES_MAX:
            raise Problem(413, "form_too_long")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError:
        raise Problem(400, "form_broken") from None
    if any(len(value) > FIELD_LETTERS_MAX for _, value in pairs):
        raise Problem(413, "form_too_long")
    # A letter of zero bits is none to Postgres, and none anybody types.
    request.state.fields = [(key, value.replace("\0", "").strip()) for key, value in pairs]
    return list(request.state.fields)


def _comes_from_us(request: Request, public_url: str) -> bool:
    """Browsers say where a form stands; one that says nothing is judged by its token alone."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    ours = urlsplit(public_url)
    return origin in (
        f"{ours.scheme}://{ours.netloc}",
        f"{request.url.scheme}://{request.url.netloc}",
    )


def _to_sign_in(house: House, request: Request, path: str) -> Response:
    """Ask to sign in, and then lead back; after a posted form there is nothing to lead to."""
    if request.method not in ("GET", "HEAD"):
        raise Problem(401, "session_ended")
    lang = request.query_params.get("lang", "")
    return house.frame.redirect(
        f"{path}?next={quote(request.url.path)}" + (f"&lang={lang}" if lang in ("th", "en") else "")
    )
