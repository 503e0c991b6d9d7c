"""
What each contradiction means and what to do about it, in both languages.

A contradiction is a fact that was accepted, is kept and shown, and changed nothing. Its code is
status's (`docs/architecture/fold.md`); these words are for whoever reads the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.message_parts import Words


@dataclass(frozen=True, slots=True)
class Meaning:
    """What happened, and the remedy."""

    title: Words
    remedy: Words


def _said(title: tuple[str, str], remedy: tuple[str, str]) -> Meaning:
    return Meaning(Words(th=title[0], en=title[1]), Words(th=remedy[0], en=remedy[1]))


MEANINGS: Mapping[str, Meaning] = {
    "would go back": _said(
        ("ย้อนขั้นตอนโดยไม่มีเหตุ", "It would move the case back"),
        (
            "หากต้องส่งกลับจริง ให้แจ้งว่าส่งคืน (returned) หากแจ้งผิด ให้ถอนคำแจ้ง (retracted)",
            "If the case did go back, say `returned`; if this was said by mistake, retract it.",
        ),
    ),
    "case has ended": _said(
        ("เรื่องสิ้นสุดแล้ว", "The case has ended"),
        (
            "หากเรื่องยังดำเนินอยู่ ให้เจ้าหน้าที่เปิดเรื่องใหม่ (reopened) พร้อมเหตุผล",
            "If it goes on after all, an officer says `reopened` with a reason.",
        ),
    ),
    "already ended": _said(
        ("แจ้งสิ้นสุดซ้ำ", "The end was reported before"),
        (
            "หากเป็นการจ่ายอีกรายการ ให้ระบุรายการ (lines) หากเป็นการแจ้งซ้ำ ไม่ต้องทำอะไร",
            "If it was another payment, name its lines; if it was said twice, do nothing.",
        ),
    ),
    "nothing to reopen": _said(
        ("ไม่มีเรื่องที่สิ้นสุดให้เปิดใหม่", "There is no end to reopen"),
        (
            "รอการแจ้งสิ้นสุดที่ยังมาไม่ถึง หรือถอนคำแจ้งนี้ (retracted)",
            "Wait for the end that has not come yet, or retract this.",
        ),
    ),
    "line not found": _said(
        ("ไม่พบรายการจ่ายที่ระบุ", "The line it names is not there"),
        (
            "ตรวจเลขรายการ หรือผู้รับเงิน เลขใบแจ้งหนี้ และยอดรวม ให้ตรงกับรายการที่ยังไม่จ่าย "
            "เมื่อข้อมูลที่ขาดมาถึง ระบบจะจับคู่ให้เอง",
            "Check the line's id, or payee, invoice and gross, against a line still to be paid; "
            "once the missing fact comes it is matched by itself.",
        ),
    ),
    "line ambiguous": _said(
        ("ตรงกับหลายรายการจ่าย", "It fits several lines"),
        (
            "ส่งใหม่โดยระบุเลขรายการ (lines.id) แล้วถอนคำแจ้งนี้ (retracted)",
            "Say it again with the line's id, and retract this.",
        ),
    ),
    "fact unknown to this version of the process": _said(
        ("ข้อเท็จจริงนี้ไม่มีในกระบวนการรุ่นของเรื่อง", "The case's version of the process has no such fact"),
        (
            "เรื่องนี้ใช้กติการุ่นเดิม แจ้งเจ้าหน้าที่ให้ตัดสิน",
            "The case keeps the rules it began with: ask an officer to decide.",
        ),
    ),
    "stage unknown to this version of the process": _said(
        ("ขั้นตอนนี้ไม่มีในกระบวนการรุ่นของเรื่อง", "The case's version of the process has no such stage"),
        (
            "เรื่องนี้ใช้กติการุ่นเดิม แจ้งเจ้าหน้าที่ให้ตัดสิน",
            "The case keeps the rules it began with: ask an officer to decide.",
        ),
    ),
}
