"""
The frame every page stands in: language, words, dates, the layout, headers, static files, errors.

    return house.frame.page(request, "payee/dashboard.html", person=visitor, view=view)

The folder of a template names its area of words. Every page sees: `lang`, `w` (words), `d` (dates),
`say(text)` (a text of rules or messages in this language), `area(name)` (the words of another
area), `person`, `place` (the path asked for), `csrf_field()`, `static(name)`, `in_language(code)`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from portal.dates import HOME_ZONE, Dates
from portal.headers import dress
from portal.navigation import places
from portal.people import Cookie, Visitor, cookie_name
from portal.words import LANGUAGES, Words, words

if TYPE_CHECKING:
    from chassis.clock import Clock

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "tidtam-language"
FORM_COOKIE = "tidtam-form"
YEAR_SECONDS = 365 * 24 * 3600
STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(slots=True)
class _Form:
    """The token forms of one page carry, and whether any asked for it."""

    token: str
    used: bool = False

    def field(self) -> Markup:
        """The hidden field of a form that posts."""
        self.used = True
        return Markup('<input type="hidden" name="csrf" value="{}">').format(self.token)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent, with the mark that changes with its content."""

    content: bytes
    media_type: str
    mark: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mark", hashlib.sha256(self.content).hexdigest()[:12])


class Frame:
    """The frame of one process; it reads its templates and files once."""

    def __init__(
        self, public_url: str, session_key: bytes, clock: Clock, zone: str = HOME_ZONE
    ) -> None:
        self.public_url = public_url.rstrip("/")
        self.secure = self.public_url.startswith("https://")
        self.zone = zone
        self._clock = clock
        self._key = hmac.digest(session_key, b"tidtam portal form", "sha256")
        self._static = _static_files()
        self._templates = _environment()
        self._templates.globals["static"] = self.static_url

    # What a page is

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        person: Visitor | None = None,
        visitor: Visitor | None = None,
        zone: str | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """
        The page *template* filled with *values*, as *person* may see it.

        *visitor*: who is signed in where the page is shown as to nobody, such as on the way in to
        another account: what its forms post is judged by their session. *zone*: the IANA zone of
        its dates, where it is another than the house's. Raises what Jinja raises for a value that
        is not given, and `WordMissing` for a word.
        """
        language = self.language(request)
        cookie = self.cookie(request, FORM_COOKIE) or secrets.token_urlsafe(18)
        owner = person or visitor
        form = _Form(owner.csrf if owner is not None else self._token(cookie))
        content = self._templates.get_template(template).render(
            **self.context(request, language, template.partition("/")[0], person, zone),
            csrf_field=form.field,
            **values,
        )
        response = HTMLResponse(content, status)
        self._finish(request, response, person, language)
        if form.used and person is None:
            # Its token is for this browser alone, and what stands around it may be a secret to set.
            response.headers["cache-control"] = "no-store"
            Cookie(FORM_COOKIE, cookie, self.secure).put_on(response)
        return response

    def context(
        self,
        request: Request,
        language: str,
        area: str,
        person: Visitor | None = None,
        zone: str | None = None,
    ) -> dict[str, Any]:
        """What every page sees beside its own values."""
        said = words(area, language)
        return {
            "lang": language,
            "w": said,
            "d": self.dates(language, zone),
            "person": person,
            "place": request.url.path,
            "say": lambda text: _said_in(text, language),
            "area": lambda name: words(name, language),
            "places": places(person, request.url.path, said),
            "in_language": lambda code: _with_language(request, code),
            "public_url": self.public_url,
        }

    def words(self, request: Request, area: str) -> Words:
        """The words of *area* in the language of *request*."""
        return words(area, self.language(request))

    def dates(self, language: str, zone: str | None = None) -> Dates:
        """How dates are written in *language*, with today's."""
        local = Dates(language, zone or self.zone)
        return Dates(language, zone or self.zone, local.local(self._clock.now()))

    def problem(
        self, request: Request, status: int, key: str, person: Visitor | None = None
    ) -> HTMLResponse:
        """
        An error page that says what to do. *key* is one of `problem` in `words/common.yaml`; it
        never repeats what was asked for.
        """
        response = self.page(request, "problem.html", status=status, person=person, key=key)
        if status in (429, 503):
            response.headers["retry-after"] = "600" if status == 429 else "5"
        return response

    def redirect(self, to: str, status: int = 303) -> Response:
        """Send the browser to our own path *to*; any other place becomes the start page."""
        response = RedirectResponse(own_path(to), status)
        self.dress(response)
        return response

    def dress(self, response: Response) -> None:
        """Give *response* the headers every answer has; `serve` does so to all that pages send."""
        dress(response, self.secure)

    def cookie(self, request: Request, name: str) -> str:
        """The cookie of ours by its plain *name*; empty where the browser has none."""
        return request.cookies.get(cookie_name(name, self.secure), "")

    # Language

    def language(self, request: Request) -> str:
        """`th` or `en`: as asked for by `?lang=`, else by cookie, else by browser; else Thai."""
        asked = request.query_params.get("lang", "")
        kept = self.cookie(request, LANGUAGE_COOKIE)
        for code in (asked, kept):
            if code in LANGUAGES:
                return code
        return _preferred(request.headers.get("accept-language", ""))

    # Forms

    def form_token(self, request: Request, person: Visitor | None) -> str:
        """The token a form of this browser must carry; empty where it never saw a form."""
        if person is not None:
            return person.csrf
        cookie = self.cookie(request, FORM_COOKIE)
        return self._token(cookie) if cookie else ""

    def _token(self, cookie: str) -> str:
        return hmac.new(self._key, cookie.encode(), "sha256").hexdigest()

    # Static files

    def static_url(self, name: str) -> str:
        """Where the file *name* is; another address for another content. Raises `KeyError`."""
        return f"/static/{name}?{self._static[name].mark}"

    def static_routes(self) -> list[Route]:
        """The route of the files under `static/`."""
        return [Route("/static/{name}", self._send_static)]

    async def _send_static(self, request: Request) -> Response:
        found = self._static.get(request.path_params["name"])
        if found is None:
            return self.problem(request, 404, "not_found")
        kept = "public, max-age=31536000, immutable"
        response = Response(found.content, media_type=found.media_type)
        response.headers["cache-control"] = kept
        self.dress(response)
        return response

    def _finish(
        self, request: Request, response: Response, person: Visitor | None, language: str
    ) -> None:
        response.headers["content-language"] = language
        # What somebody saw must not be there for who presses "back" after they signed out.
        response.headers["cache-control"] = "no-cache" if person is None else "no-store"
        response.headers["vary"] = "cookie, accept-language"
        self.dress(response)
        if request.query_params.get("lang") == language:
            kept = Cookie(LANGUAGE_COOKIE, language, self.secure, max_age_seconds=YEAR_SECONDS)
            kept.put_on(response)


def own_path(to: str) -> str:
    """*to* where it is a path of ours with nothing else, else `/`."""
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    parts = urlsplit(to) if plain and "\\" not in to and len(to) <= 300 else None
    return to if parts is not None and not parts.scheme and not parts.netloc else "/"


def _said_in(text: Any, language: str) -> str:
    """A text of rules or messages, which have `th` and `en`; nothing where there is none."""
    return "" if text is None else str(text.th if language == LANGUAGES[0] else text.en)


def _with_language(request: Request, code: str) -> str:
    """This very page in another language."""
    kept = [(k, v) for k, v in parse_qsl(request.url.query) if k != "lang"]
    return f"{request.url.path}?{urlencode([*kept, ('lang', code)])}"


def _preferred(accepted: str) -> str:
    """The first of our languages in `Accept-Language`, by its weights; Thai where none is."""
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")):
        name, _, rest = part.strip().partition(";")
        code = name.strip().lower()[:2]
        try:
            weight = float(rest.partition("q=")[2] or 1)
        except ValueError:
            weight = 0.0
        if code in LANGUAGES and weight > 0:
            found.append((-weight, place, code))
    return min(found)[2] if found else LANGUAGES[0]


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _static_files() -> dict[str, StaticFile]:
    return {
        path.name: StaticFile(path.read_bytes(), STATIC_TYPES[path.suffix])
        for path in sorted((HERE / "static").iterdir())
        if path.suffix in STATIC_TYPES
    }
