"""
Notice templates: what they may say, found without running them, and the words they make.

A template is text with fields, conditions, loops over lists and shared parts (`_name`); nothing in
it can be called. `notice_check.py` reads one before it may come into force, notify renders it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from contracts.notice import FORMATS, LANGUAGES
from contracts.notice_fields import EVERYTHING, Fields
from contracts.rules import did_you_mean

LETTERS_MAX = 64_000
_TAGS_ONLY = re.compile(r"[ \t]*(?:\{%(?:(?!%\}).)*%\}[ \t]*)+")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_LOOP: Fields = dict.fromkeys(("first", "last", "index", "length"))
_CONDITIONS = (nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.CondExpr)
_TEXTS = (nodes.Template, nodes.Output, nodes.If, nodes.Block, *_CONDITIONS)


class TemplateMistake(NamedTuple):
    """A mistake in a template: its path (`th/paid.txt`), line, rule and remedy."""

    path: str
    line: int
    rule: str
    remedy: str


class Rendered(NamedTuple):
    """A message in one language: one line of subject, plain text, and HTML."""

    subject: str
    text: str
    html: str


class _Rows(NamedTuple):
    """A list; each of its rows has these fields."""

    fields: Fields


class _Row(NamedTuple):
    """One row of a list."""

    fields: Fields


_Kind = _Rows | _Row | None
"""What a name stands for; None is a text."""
_Scope = Mapping[str, _Kind]


class Templates:
    """All templates of one version of the notice rules, each compiled when first used."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self._parsed: dict[str, nodes.Template | TemplateMistake] = {}

    @cached_property
    def _environments(self) -> dict[str, SandboxedEnvironment]:
        return {language: self._environment(language) for language in LANGUAGES}

    def _environment(self, language: str) -> SandboxedEnvironment:
        return SandboxedEnvironment(
            loader=FunctionLoader(lambda name: lines_kept(self.texts.get(f"{language}/{name}"))),
            autoescape=lambda name: name is not None and name.endswith(".html"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=-1,
        )

    def render(self, language: str, name: str, context: Mapping[str, Any]) -> Rendered:
        """
        Return the words of template *name*.

        Raises jinja2's `TemplateError` for a template that was never checked.
        """
        environment = self._environments[language]
        plain, html = (
            environment.get_template(f"{name}.{format}").render(context) for format in FORMATS
        )
        subject, _, rest = plain.strip().partition("\n")
        return Rendered(" ".join(subject.split()), tidied(rest), tidied(html))

    def mistakes(self, language: str, name: str, fields: Fields) -> Iterator[TemplateMistake]:
        """Yield what is wrong with template *name* that may say *fields*, without running it."""
        for format in FORMATS:
            path = f"{language}/{name}.{format}"
            if path in self.texts:
                yield from _Reader(self, language, fields).read(path)
            else:
                remedy = f"Write templates/{path}: every rule speaks each language in each format."
                yield TemplateMistake(path, 0, "template-missing", remedy)

    def parsed(self, path: str) -> nodes.Template | TemplateMistake:
        """The syntax tree of the template at *path*, or what hinders it; read once."""
        if path not in self._parsed:
            self._parsed[path] = self._parse(path)
        return self._parsed[path]

    def _parse(self, path: str) -> nodes.Template | TemplateMistake:
        text = self.texts[path]
        if len(text) > LETTERS_MAX:
            remedy = f"Write at most {LETTERS_MAX} letters."
            return TemplateMistake(path, 1, "template-too-long", remedy)
        try:
            return self._environments[path.partition("/")[0]].parse(lines_kept(text) or "")
        except TemplateSyntaxError as error:
            said = str(error.message).rstrip(".")
            remedy = f"Correct the template at this line: {said}."
            return TemplateMistake(path, error.lineno, "template-malformed", remedy)

    def fault(self, language: str, name: str, context: Mapping[str, Any]) -> str | None:
        """Try template *name* with *context*: what is wrong with what comes of it, or None."""
        try:
            made = self.render(language, name, context)
        except (TemplateError, TypeError, ValueError) as error:
            said = str(error).rstrip(".")
            return f"It cannot be rendered: {said}."
        if not all(part.strip() for part in made):
            return "Begin the plain text with a line of subject, then a blank line, then the text."
        return None


def lines_kept(text: str | None) -> str | None:
    """
    *text* in which a line that ends with a tag stays a line; one of nothing but tags leaves none.

    Who writes a template sees the lines of the message that way. None stays None.
    """
    if text is None:
        return None
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(
        f"{line.rstrip()[:-2]}+%}}" if _ends_with_tag(line) else line for line in lines
    )


def _ends_with_tag(line: str) -> bool:
    ends = line.rstrip().endswith("%}") and not line.rstrip().endswith(("+%}", "-%}"))
    return ends and _TAGS_ONLY.fullmatch(line) is None


def tidied(text: str) -> str:
    """*text* without the blank lines that parts left out leave behind; one line end at its end."""
    return _BLANK_LINES.sub("\n\n", text.replace("\r\n", "\n")).strip() + "\n"


class _Reader:
    """Reads one template and the parts it is made of, and keeps what is wrong with them."""

    def __init__(self, templates: Templates, language: str, fields: Fields) -> None:
        self._templates = templates
        self._language = language
        self._fields = fields
        self._path = ""
        self._seen: set[tuple[str, frozenset[tuple[str, int]]]] = set()
        self._found: list[TemplateMistake] = []

    def read(self, path: str, scope: _Scope | None = None) -> list[TemplateMistake]:
        """
        Return the mistakes of the template at *path* and of its parts.

        *scope*: what a part may name where it stands, in a loop also the row; else all fields.
        """
        if scope is None:
            scope = {name: _kind(rows) for name, rows in self._fields.items()}
        before, self._path = self._path, path
        self._seen.add((path, _known_by(scope)))
        tree = self._templates.parsed(path)
        if isinstance(tree, TemplateMistake):
            self._found.append(tree)
        else:
            self._visit(tree, scope)
        self._path = before
        # A part that stands in and outside a loop is looked at in both.
        return list(dict.fromkeys(self._found))

    def _tell(self, node: nodes.Node, rule: str, remedy: str) -> None:
        self._found.append(TemplateMistake(self._path, node.lineno, rule, remedy))

    def _visit(self, node: nodes.Node, scope: _Scope) -> None:
        if isinstance(node, nodes.TemplateData | nodes.Const):
            return
        if isinstance(node, nodes.Name | nodes.Getattr):
            self._kind_of(node, scope)
        elif isinstance(node, nodes.For):
            self._loop(node, scope)
        elif isinstance(node, nodes.Include | nodes.Extends):
            self._part(node, scope)
        elif isinstance(node, _TEXTS):
            for child in node.iter_child_nodes():
                self._visit(child, scope)
                if isinstance(node, nodes.Output):
                    self._is_text(child, scope)
        else:
            remedy = f"A template has fields, if, for and its parts; take this {_word(node)} out."
            self._tell(node, "template-forbidden", remedy)

    def _is_text(self, node: nodes.Node, scope: _Scope) -> None:
        named = isinstance(node, nodes.Name | nodes.Getattr)
        if named and self._kind_of(node, scope, silent=True) is not None:
            self._tell(node, "field-not-text", "This is a list; say its rows one by one with for.")

    def _kind_of(self, node: nodes.Node, scope: _Scope, silent: bool = False) -> _Kind:
        """What a field stands for; tells of one that is not known, unless *silent*."""
        if isinstance(node, nodes.Name):
            if node.name in scope:
                return scope[node.name]
            names, said = list(scope), node.name
        elif isinstance(node, nodes.Getattr):
            of = self._kind_of(node.node, scope, silent)
            if isinstance(of, _Row) and node.attr in of.fields:
                return _kind(of.fields[node.attr])
            names, said = (list(of.fields) if isinstance(of, _Row) else []), node.attr
        else:
            self._visit(node, scope)
            return None
        if not silent:
            self._tell(node, *_unknown(said, names))
        return None

    def _loop(self, node: nodes.For, scope: _Scope) -> None:
        rows = self._kind_of(node.iter, scope)
        if not isinstance(node.target, nodes.Name) or node.test is not None or node.recursive:
            self._tell(node, "template-forbidden", "Write a loop as {% for row in list %}.")
            return
        fields = rows.fields if isinstance(rows, _Rows) else None
        if fields is None:
            self._tell(node, "field-not-a-list", "Only a list has rows.")
            return
        inner = {**scope, node.target.name: _Row(fields), "loop": _Row(_LOOP)}
        for child in (*node.body, *node.else_):
            self._visit(child, inner)

    def _part(self, node: nodes.Include | nodes.Extends, scope: _Scope) -> None:
        """A shared part may be named only outright, so that what is said can be known before."""
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        if not isinstance(name, str) or not name.startswith("_"):
            remedy = "Name a part outright; parts begin with _: {% include '_answers.txt' %}."
            self._tell(node, "template-forbidden", remedy)
            return
        path = f"{self._language}/{name}"
        if path not in self._templates.texts:
            remedy = f"Write templates/{path}, or name another part."
            self._tell(node, "template-missing", remedy)
        elif (path, _known_by(scope)) not in self._seen:
            self.read(path, scope)


def _known_by(scope: _Scope) -> frozenset[tuple[str, int]]:
    """What tells *scope* from others: a part is read once where the same names mean the same."""
    return frozenset((name, 0 if of is None else id(of.fields)) for name, of in scope.items())


def _kind(rows: Fields | None) -> _Kind:
    return None if rows is None else _Rows(rows)


def _word(node: nodes.Node) -> str:
    return type(node).__name__.lower()


def _unknown(said: str, names: list[str]) -> tuple[str, str]:
    """The rule and remedy for a field that is not there, or not for this recipient."""
    if said in EVERYTHING and said not in names:
        remedy = f"{said!r} is not told here: this recipient may not know it, or it is unknown."
        return "field-not-theirs", remedy
    near = did_you_mean(said, names)
    return "field-unknown", f"No field is called {said!r}; take it out or correct it.{near}"
