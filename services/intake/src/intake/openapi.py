"""
The description of intake's HTTP interface: OpenAPI for tools, one page for people. Made from the
rules in force.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from contracts.process import Process
from contracts.rules import RULES

ANSWERS = {
    "202": "Accepted: committed in the journal. Kafka may be away; nothing is lost.",
    "200": "A true resend: accepted before. In a batch: a verdict for each item.",
    "409": "Altered duplicate: accepted before with other content; the first stands.",
    "422": "Refused: each finding names the JSON pointer, the rule and the remedy.",
    "413": "The request is too large.",
    "401": "No registered source's token.",
    "503": "Not committed; send it again after Retry-After seconds.",
}


def document(processes: Mapping[str, Process]) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    types = [f"tidtam.{p.name}.{fact}" for p in processes.values() for fact in p.facts]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidtam intake",
            "version": "1",
            "description": "Events of sources, by HTTP. The same events may come by Kafka.",
        },
        "security": [{"source": []}],
        "paths": {
            "/v1/events": {"post": _post()},
            "/v1/cases": {"get": _cases()},
            "/v1/source": {"get": _source()},
        },
        "components": {
            "securitySchemes": {"source": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Event": _event(types),
                "Finding": {
                    "type": "object",
                    "properties": {
                        "pointer": {"type": "string", "description": "JSON pointer"},
                        "rule": {"type": "string", "enum": sorted(RULES)},
                        "remedy": {"type": "string"},
                    },
                },
                **{
                    f"{p.name}.{name}": schema
                    for p in processes.values()
                    for name, schema in p.data_schema.items()
                },
            },
        },
    }


def _event(types: list[str]) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**text, "description": "Yours for ever: a resend carries the same id."},
            "source": {**text, "description": "Your registered source."},
            "type": {**text, "enum": types},
            "time": {**text, "format": "date-time"},
            "timeprecision": {
                **text,
                "enum": ["day"],
                "description": "You know only the date. Then sequence is required.",
            },
            "sequence": {**text, "pattern": "^[0-9]{1,19}$"},
            "traceparent": text,
            "replay": {
                "type": "boolean",
                "description": "It happened long ago: nobody is told of it.",
            },
            "data": {"type": "object"},
        },
    }


def _post() -> dict[str, Any]:
    event = {"schema": {"$ref": "#/components/schemas/Event"}}
    batch = {
        "schema": {
            "type": "array",
            "maxItems": 1000,
            "items": {"$ref": "#/components/schemas/Event"},
        }
    }
    return {
        "summary": "Tell what happened",
        "description": "Structured, binary (ce-* headers) or batch mode of CloudEvents 1.0.",
        "requestBody": {
            "content": {
                "application/cloudevents+json": event,
                "application/json": event,
                "application/cloudevents-batch+json": batch,
            }
        },
        "responses": {code: {"description": words} for code, words in ANSWERS.items()},
    }


def _cases() -> dict[str, Any]:
    return {
        "summary": "Read back the cases you have a part in",
        "parameters": [
            {
                "name": "ref",
                "in": "query",
                "required": True,
                "schema": {"type": "string"},
                "description": "A reference number of yours: claim, receipt, ERP document.",
            }
        ],
        "responses": {
            "200": {"description": "The cases, each with stage, since, holder, contact."}
        },
    }


def _source() -> dict[str, Any]:
    words = "Verdicts of the last events, refusals, what waits, and what is missing to go live."
    return {
        "summary": "What became of your events",
        "responses": {"200": {"description": words}},
    }


def page(processes: Mapping[str, Process]) -> str:
    """One page that says the same to people, in plain HTML."""
    rows = "".join(
        f"<tr><td>{code}</td><td>{html.escape(words)}</td></tr>" for code, words in ANSWERS.items()
    )
    facts = "".join(
        f"<tr><td><code>tidtam.{p.name}.{html.escape(name)}</code></td>"
        f"<td lang=th>{html.escape(fact.title.th)}</td><td>{html.escape(fact.title.en)}</td>"
        f"<td>{', '.join(sorted(fact.roles))}</td></tr>"
        for p in processes.values()
        for name, fact in p.facts.items()
    )
    return f"""<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width"><title>Tidtam intake</title>
<style>body{{font:17px/1.6 system-ui,"Noto Sans Thai","Sarabun",sans-serif;max-width:60rem;
margin:2rem auto;padding:0 1rem}}td,th{{text-align:left;padding:.3rem .8rem .3rem 0;
vertical-align:top;border-bottom:1px solid #8884}}td code{{overflow-wrap:anywhere}}
pre{{overflow:auto;background:#8881;padding:1rem}}
</style><h1>Tidtam intake</h1>
<p>Tell what happened to a payment with <code>POST /v1/events</code>; read back your own cases with
<code>GET /v1/cases?ref=</code>. For tools: <a href="/openapi.json">openapi.json</a>.</p>
<pre>curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/cloudevents+json" \\
  -d '{{"specversion":"1.0","id":"1","source":"urn:example:unit","time":"2026-11-16T09:00:00+07:00",
      "type":"tidtam.disbursement.submitted",
      "data":{{"refs":[{{"scheme":"claim","value":"SCI-69-00123"}}],
              "amount":{{"value":"12480.00","currency":"THB"}}}}}}' …/v1/events</pre>
<h2>Answers</h2><table>{rows}</table>
<h2>What can be said</h2><table><tr><th>type<th lang=th>ไทย<th>English<th>who</tr>{facts}</table>
</html>"""
