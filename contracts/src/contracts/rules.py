"""
Every rule an input can break, by its stable code, and the remedy its sender is told.

Codes never change their meaning and are never reused. A remedy says what to change, and never
repeats the payload: what was refused may hold personal data.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from contracts.events import Finding

RULES: Mapping[str, str] = MappingProxyType(
    {
        # The bytes
        "tombstone": "Send an event; a record without a value deletes nothing here.",
        "body-empty": "Send an event as JSON; the body is empty.",
        "body-too-large": "Send at most {limit} bytes an event; split long lists over several.",
        "json-malformed": "Send JSON (RFC 8259) in UTF-8; reading stopped at byte {byte}.",
        "not-an-object": "Send one CloudEvent as a JSON object.",
        "not-a-batch": "Send a JSON array of at most {limit} CloudEvents.",
        "header-not-utf8": "Write this header in UTF-8.",
        "data-not-json": "Send the data as JSON, not as data_base64 or another content type.",
        "nesting-too-deep": "Nest lists and objects less deep.",
        "text-not-unicode": "Write texts as valid Unicode, without lone surrogates.",
        "text-with-nul": "Leave the character U+0000 out.",
        "number-out-of-range": "Send whole numbers beyond ±9007199254740991 as text.",
        "number-not-finite": "Send finite numbers only.",
        # The envelope
        "specversion-unknown": 'Send "specversion": "1.0".',
        "id-missing": "Give each event an id, and the same id when you send it again.",
        "id-malformed": "Use a text of 1 to 300 printable letters as id.",
        "source-missing": "Name the registered source of the event.",
        "source-unknown": "Ask the operator to register this source, or correct its name.",
        "source-not-yours": "Send events of your own source only.",
        "type-missing": "Send a type such as tidtam.disbursement.submitted.",
        "type-malformed": "Write the type as tidtam.<process>.<fact>.",
        "process-unknown": "Name a known process: {known}.{near}",
        "fact-unknown": "Name a fact of this process: {known}.{near}",
        "fact-not-yours": "This source may not say this fact; ask the operator to register it.",
        "data-missing": "Send the data of the fact as a JSON object.",
        "data-not-an-object": "Send the data of the fact as a JSON object.",
        # Time and sequence
        "time-missing": "Say when it happened: an RFC 3339 time with offset.",
        "time-malformed": "Write the time by RFC 3339: 2026-01-31T14:05:00+07:00.",
        "time-without-offset": "Add the offset to the time: +07:00 in Thailand.",
        "time-buddhist-era": "This is a Buddhist-era year; take 543 from it.",
        "time-in-future": "Set your clock: the time is more than 5 minutes ahead of ours.",
        "time-before-start": "Send events since the registered start of your source only.",
        "timeprecision-unknown": 'Send "timeprecision": "day" for dates, or leave it out.',
        "sequence-missing": "A date needs a sequence: number your events in their order.",
        "sequence-malformed": "Send the sequence as text: a whole number 0 … 9223372036854775807.",
        "replay-malformed": 'Send "replay": true for what happened long ago, or leave it out.',
        "traceparent-malformed": "Send a W3C traceparent; this one is not kept.",
        # The data
        "field-missing": "Add this field. {hint}",
        "field-wrong-type": "Send this field in its type. {hint}",
        "field-malformed": "Correct this field. {hint}",
        "field-unknown": "Nobody reads this field.{near}",
        "field-not-read": "A {fact} fact has no such field; nobody reads it.",
        "code-unknown": "Use a code of the process file: {known}.{near}",
        "step-unknown": "The process file does not name this step; it is kept and shown as is.",
        "date-malformed": "Write a real date of the common era: 2026-01-31.",
        "date-buddhist-era": "This is a Buddhist-era year; take 543 from it.",
        # References
        "reference-missing": "Name at least one reference that joins: {known}.",
        "reference-twice": "Name each reference once.",
        "reference-malformed": "Write the number as its scheme wants it.",
        "reference-not-joining": "Only references that join can be linked: {known}.",
        "scheme-unknown": "Use a scheme of the process file: {known}.{near}",
        "issuer-missing": "Say who issued this number; your source has no single issuer.",
        "issuer-not-yours": "Ask the operator to register this issuer for your source.",
        # Money and lines
        "currency-unknown": "Use a currency of ISO 4217 that the process knows: {known}.{near}",
        "amount-malformed": 'Send the amount as text without separators: "12480.00".',
        "amount-decimals": "This currency has {decimals} decimals; round the amount.",
        "amount-negative": "Send an amount of zero or more; take back a fact with retracted.",
        "lines-too-many": "Send at most 200 lines an event; further lines in further events.",
        "line-unnamed": "Give the line an id, or payee, invoice and gross.",
        "line-twice": "Name each line once in an event.",
        "net-differs": "Gross less deductions is not net; each is kept as sent.",
        # Payees
        "identity-scheme-unknown": "Use an identity scheme of the process file: {known}.{near}",
        "identity-malformed": "Write the number as its scheme wants it.",
        "identity-check-digit": "The check digit is wrong; correct the number.",
        # Facts about facts
        "retracts-itself": "A fact cannot take itself back; name the earlier one.",
        "retracts-not-yours": "Only the source of a fact, or an officer, may take it back.",
        "link-with-itself": "Name two different references.",
        # What only the journal can see
        "altered-duplicate": "This id was accepted with other content; send news under a new id.",
    }
)
"""code → remedy. Words in braces are filled from the process file, never from the payload."""

_KNOWN_MAX = 12


def finding(pointer: str, rule: str, /, **words: object) -> Finding:
    """Return what to tell about the place *pointer* (JSON pointer) that breaks *rule*."""
    remedy = RULES[rule]
    return Finding(pointer, rule, remedy.format(**words) if words else remedy)


def choice(pointer: str, rule: str, said: object, known: Iterable[str]) -> Finding:
    """Return the finding for a word that is none of the *known* ones, with the nearest of them."""
    names = sorted(known)
    shown = ", ".join(names[:_KNOWN_MAX]) + (", …" if len(names) > _KNOWN_MAX else "")
    return finding(pointer, rule, known=shown, near=did_you_mean(said, names))


def did_you_mean(said: object, known: Iterable[str]) -> str:
    """Return ` Did you mean "…"?` for the nearest of the *known* words, or nothing."""
    near = difflib.get_close_matches(str(said)[:100], list(known), n=1, cutoff=0.7)
    return f' Did you mean "{near[0]}"?' if near else ""


def pointer_to(*path: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of *path*."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
