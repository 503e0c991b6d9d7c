"""
JSON Schema of a fact's data: made from the process file, run by `jsonschema-rs`, told in findings.

Each fact has two validators. The strict one also refuses fields nobody reads; where it is content
nothing more needs looking at, which is what makes an ordinary event cheap to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from contracts.events import Finding
from contracts.rules import did_you_mean, finding, pointer_to

if TYPE_CHECKING:
    from contracts.process_model import FactPart, ProcessPart

_RULE_BY_KEYWORD = {"type": "field-wrong-type", "required": "field-missing"}
_SHAPE = "#/$defs/"


def data_schemas(part: ProcessPart) -> dict[str, object]:
    """Return the JSON Schema of `data` for each fact of a process file."""
    return {name: _data_schema(part, fact) for name, fact in part.facts.items()}


def _data_schema(part: ProcessPart, fact: FactPart) -> dict[str, Any]:
    common = part.data.common if fact.about_case and not (fact.links or fact.unlinks) else {}
    fields = {**common, **{name: part.data.special[name] for name in fact.data}}
    schema: dict[str, Any] = {
        "type": "object",
        "description": "The data of this fact.",
        "properties": fields,
    }
    if fact.requires:
        schema["required"] = list(fact.requires)
    shapes = _shapes_of(fields, part.data.shapes)
    return {**schema, "$defs": shapes} if shapes else schema


def _shapes_of(value: Any, shapes: Mapping[str, Any]) -> dict[str, Any]:
    """The shapes *value* speaks of, and those they speak of."""
    found: dict[str, Any] = {}
    waiting = list(references_in(value))
    while waiting:
        name = waiting.pop()
        if name not in found and name in shapes:
            found[name] = shapes[name]
            waiting.extend(references_in(shapes[name]))
    return dict(sorted(found.items()))


def references_in(value: Any) -> Iterator[str]:
    """Yield the names of the shapes a schema refers to."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key == "$ref" and isinstance(part, str):
                yield part.removeprefix(_SHAPE)
            else:
                yield from references_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from references_in(part)


def strict_schema(schema: Any) -> Any:
    """Return *schema* with every object closed that names its properties."""
    if isinstance(schema, Mapping):
        closed = {key: strict_schema(part) for key, part in schema.items()}
        if "properties" in schema and "type" in schema:
            closed["additionalProperties"] = False
        return closed
    return [strict_schema(part) for part in schema] if isinstance(schema, list) else schema


class DataSchema:
    """The compiled schemas of one fact."""

    __slots__ = ("_loose", "_schema", "is_ordinary")

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._loose = jsonschema_rs.validator_for(schema)
        self.is_ordinary = jsonschema_rs.validator_for(strict_schema(schema)).is_valid

    def findings(self, data: Any) -> list[Finding]:
        """What in *data* breaks the schema; at most 20 findings, none of them with its values."""
        found: list[Finding] = []
        for error in self._loose.iter_errors(data):
            found.append(_told(self._schema, error))
            if len(found) == 20:
                break
        return found

    def unread(self, data: Mapping[str, Any], fact: str, elsewhere: set[str]) -> _Unread:
        """The fields of *data* nobody reads; *elsewhere*: the fields of other facts."""
        return list(_unread(self._schema, self._schema, data, (), fact, elsewhere))


_Unread = list[tuple[tuple[str | int, ...], Finding]]


def _told(schema: Any, error: jsonschema_rs.ValidationError) -> Finding:
    path = tuple(error.instance_path)
    keyword = error.kind.name
    at: list[str | int] = list(error.schema_path)
    if keyword == "required":
        path += (error.kind.as_dict()["property"],)
        at = [*at[:-1], "properties", path[-1]]
    if keyword == "anyOf":
        return finding(pointer_to("data", *path), "line-unnamed")
    if keyword == "maxItems" and path == ("lines",):
        return finding(pointer_to("data", *path), "lines-too-many")
    if at[:2] == ["$defs", "decimal"]:
        return finding(pointer_to("data", *path), "amount-malformed")
    rule = _RULE_BY_KEYWORD.get(keyword, "field-malformed")
    return finding(pointer_to("data", *path), rule, hint=_hint(schema, at))


def _hint(schema: Any, at: list[str | int]) -> str:
    """The description nearest to the place *at* in *schema*."""
    nearest, part = "", schema
    for step in at:
        part = _resolve(schema, part)
        try:
            part = part[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(part, Mapping):
            nearest = _resolve(schema, part).get("description", nearest)
    return nearest


def _resolve(schema: Any, part: Any) -> Any:
    while isinstance(part, Mapping) and "$ref" in part:
        part = schema["$defs"][part["$ref"].removeprefix(_SHAPE)]
    return part


def _unread(
    root: Any,
    schema: Any,
    value: Any,
    path: tuple[str | int, ...],
    fact: str,
    elsewhere: set[str],
) -> Iterator[tuple[tuple[str | int, ...], Finding]]:
    schema = _resolve(root, schema)
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            yield from _unread(root, schema["items"], item, (*path, place), fact, elsewhere)
    if not isinstance(value, dict) or "properties" not in schema:
        return
    known = schema["properties"]
    for name, part in value.items():
        if name in known:
            yield from _unread(root, known[name], part, (*path, name), fact, elsewhere)
        else:
            yield (*path, name), _why_unread((*path, name), fact, known, elsewhere)


def _why_unread(
    path: tuple[str | int, ...], fact: str, known: Mapping[str, Any], elsewhere: set[str]
) -> Finding:
    pointer = pointer_to("data", *path)
    if len(path) == 1 and path[0] in elsewhere:
        return finding(pointer, "field-not-read", fact=fact)
    return finding(pointer, "field-unknown", near=did_you_mean(path[-1], known))
