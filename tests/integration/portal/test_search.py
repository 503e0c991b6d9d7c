"""What a search finds: in any digits, with broken tone marks, and only what the visitor may see."""

from __future__ import annotations

from portal import read_store, search

from tests.integration.portal import said
from tests.integration.portal.bed import Bed

RECEIVED = said.event("received", "2026-11-18T03:00")
NUMBERS = [["receipt", "finance", "2569", "69-00123"]]
HOSTILE = (
    "<script>",
    "' or 1=1 --",
    "x" * 10_000,
    "😀😀😀",
    "\u202e\u202eabc",
    "\0\0\0",
    "%%%",
    "่่่",
    "\ud800abc",
)


async def found(bed: Bed, text: str, **more: object) -> list[str]:
    """What fits *text* in each case that a search finds."""
    async with bed.pool.acquire() as connection:
        asked = search.asked(text)
        rows = await read_store.search(connection, asked, vault=bed.house.vault, **more)  # type: ignore[arg-type]
    return [f"{row.brief.case_id} {row.by}" for row in rows]


async def test_a_search_finds_numbers_words_and_names(bed: Bed) -> None:
    """In any digits, with broken tone marks, by pieces, by the payee's name."""
    await bed.say(
        said.payee("anna", name="บริษัท อันนา จำกัด"),
        said.case_status(1, RECEIVED, joining=NUMBERS, title="ค่าจ้างเหมาทำความสะอาด"),
        said.line_status(1, said.line("anna", invoice="INV-7781")),
        said.case_status(2, RECEIVED, case=2, number="1111-2222-3", title="ค่าเดินทาง"),
    )
    assert ["1 number"] == await found(bed, "69-00123")
    assert ["1 number"] == await found(bed, "๖๙/๐๐๑๒๓")
    assert ["1 number"] == await found(bed, "00123")
    assert ["1 number"] == await found(bed, "4821-7735-6")
    assert ["1 words"] == await found(bed, "คาจ้าง ทําความสะอาด")
    assert ["1 words"] == await found(bed, "ความสะอาด inv7781")
    assert ["1 name"] == await found(bed, "อันนา")
    assert ["2 words"] == await found(bed, "เดินทาง")
    assert [] == await found(bed, "เดินทาง 69-00123")
    assert [] == await found(bed, "ไม่มีเรื่องนี้")
    assert [] == await found(bed, "ค่")


async def test_a_search_stays_inside_what_the_visitor_may_see(bed: Bed) -> None:
    """A payee finds own cases by own lines; the title only where no other payee is in the case."""
    await bed.say(
        said.payee("anna"),
        said.payee("bert", tax_id=None, name="เบิร์ต"),
        said.case_status(1, RECEIVED, joining=NUMBERS, title="ค่าวัสดุลับ"),
        said.line_status(1, said.line("anna", id="1", invoice="A-100"),
                         said.line("bert", id="2", invoice="B-200")),
        said.case_status(2, RECEIVED, case=2, number="1111-2222-3", title="ค่าวัสดุของอันนา"),
        said.line_status(1, said.line("anna"), case=2),
    )  # fmt: skip
    assert ["2 words"] == await found(bed, "วัสดุ", payee_id="anna")
    assert [] == await found(bed, "วัสดุ", payee_id="bert")
    assert ["1 number"] == await found(bed, "69-00123", payee_id="bert")
    assert ["1 words"] == await found(bed, "B-200", payee_id="bert")
    assert [] == await found(bed, "B-200", payee_id="anna")
    assert [] == await found(bed, "เบิร์ต", payee_id="anna")
    assert [] == await found(bed, "69-00123", units=["medicine"])
    assert ["1 number"] == await found(bed, "69-00123", units=[said.UNIT])


async def test_a_case_joined_to_another_is_not_found(bed: Bed) -> None:
    """Only the case that stayed stands in a list."""
    await bed.say(said.case_status(1, RECEIVED))
    await bed.say(said.case_status(2, RECEIVED, redirect_to="7"))
    assert [] == await found(bed, "วัสดุ")
    assert [] == await found(bed, said.NUMBER)


async def test_hostile_words_find_nothing_and_break_nothing(bed: Bed) -> None:
    """Script, SQL, 10 kB, emoji, marks that turn the writing, letters that are none."""
    await bed.say(said.case_status(1, RECEIVED))
    for text in HOSTILE:
        assert [] == await found(bed, text)
