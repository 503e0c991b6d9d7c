"""The RSS feed of published months. Pure: items in, XML out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple
from xml.sax.saxutils import escape


class Item(NamedTuple):
    """One piece of news. `key` never changes, so no reader shows it twice."""

    key: str
    title: str
    link: str
    at: datetime


def rss(title: str, about: str, link: str, language: str, items: Iterable[Item]) -> bytes:
    """The feed as RSS 2.0, the newest item first."""
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>',
        f"<title>{escape(title)}</title><link>{escape(link)}</link>",
        f"<description>{escape(about)}</description><language>{escape(language)}</language>",
    ]
    parts += [
        f"<item><title>{escape(one.title)}</title><link>{escape(one.link)}</link>"
        f'<guid isPermaLink="false">{escape(one.key)}</guid>'
        f"<pubDate>{format_datetime(one.at)}</pubDate></item>"
        for one in items
    ]
    return "".join([*parts, "</channel></rss>\n"]).encode()
