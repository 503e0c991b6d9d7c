"""
The mail sink: takes every mail on a loopback port, keeps it, sends nothing on.

Run as `python -m ground.mail SMTP_PORT PAGE_PORT FOLDER`; mails lie in FOLDER as .eml files, so
that they are still there after a restart.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from dataclasses import dataclass
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from ground.ports import LOOPBACK

KEPT_MAX = 2000
SIZE_MAX = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it came: who it was for by the envelope, and its bytes."""

    id: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Its parsed form."""
        return BytesParser(policy=policy.default).parsebytes(self.raw)

    def header(self, name: str) -> str:
        """
        A header in words; empty where there is none.

        Not from `message`: the library leaves a space in a name that was folded between two words.
        """
        written = BytesHeaderParser().parsebytes(self.raw)[name]
        return "" if written is None else str(make_header(decode_header(written)))

    def body(self, kind: str) -> str:
        """Its text as "plain" or "html"; empty where it has none."""
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part else ""


class Box:
    """The mails, newest first, the last `KEPT_MAX` of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, recipients: list[str], raw: bytes) -> Mail:
        """Keep one mail. What is there is whole, also where we are killed while writing."""
        number = max((int(path.name[:10]) for path in self.folder.glob("*.eml")), default=0) + 1
        mail = Mail(f"{number:010d}-{uuid.uuid4().hex[:8]}", tuple(recipients), raw)
        head = f"X-Envelope-To: {', '.join(recipients)}\r\n".encode()
        part = self.folder / f"{mail.id}.part"
        part.write_bytes(head + raw)
        part.rename(part.with_suffix(".eml"))
        for old in self._files()[KEPT_MAX:]:
            old.unlink()
        return mail

    def all(self) -> list[Mail]:
        """Every mail, newest first."""
        return [self._read(path) for path in self._files()]

    def get(self, mail_id: str) -> Mail | None:
        """The mail of that id."""
        known = {path.stem: path for path in self._files()}
        return self._read(known[mail_id]) if mail_id in known else None

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.eml"), reverse=True)

    def _read(self, path: Path) -> Mail:
        head, _, raw = path.read_bytes().partition(b"\r\n")
        recipients = head.decode().removeprefix("X-Envelope-To: ").split(", ")
        return Mail(path.stem, tuple(recipients), raw)


class Taking:
    """What aiosmtpd calls with each mail."""

    def __init__(self, box: Box) -> None:
        self.box = box

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep the mail; the name is aiosmtpd's."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        mail = self.box.put(envelope.rcpt_tos, raw)
        return f"250 kept as {mail.id}"


async def serve(smtp_port: int, page_port: int, folder: Path) -> None:
    """Take mails and show them until told to end."""
    from ground.mail_page import make_app

    box = Box(folder)
    loop = asyncio.get_running_loop()

    def taker() -> SMTP:
        return SMTP(Taking(box), enable_SMTPUTF8=True, data_size_limit=SIZE_MAX, loop=loop)

    listening = await loop.create_server(taker, LOOPBACK, smtp_port)
    page = uvicorn.Config(
        make_app(box), host=LOOPBACK, port=page_port, log_level="warning", access_log=False
    )
    async with listening:
        await uvicorn.Server(page).serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
