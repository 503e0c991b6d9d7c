"""
README's pictures, made by hand from a real log:

    export TIDTAM_STATE=/tmp/pictures; mkdir -p $TIDTAM_STATE; echo '[]' > $TIDTAM_STATE/demo.json
    make up                                              # the ground, without the demo
    .venv/bin/python -m tests.browser.pictures RequestForPayment.xes.gz PORTAL MAILS --play
    .venv/bin/python -m tests.browser.pictures RequestForPayment.xes.gz PORTAL MAILS

PORTAL and MAILS are the addresses `make up` prints. The first run plays the log: its last eleven
months until `CUT`, in which many claims are open, moved by whole weeks so that they end now. What
a log does not have is invented: a payee for each claim, and names of units and desks. The second
run, a minute later when the figures are counted, takes the pictures into docs/pictures.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.mapping import load_mapping
from contracts.normalise import has_thai_check_digit
from contracts.plan import Plan, PlannedEvent
from contracts.planning import plan_log
from contracts.process_file import load_process
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.conftest import FLAGS, chromium
from tests.browser.looking import DESK, PHONE

HOME = Path(__file__).parents[2]
PICTURES = HOME / "docs" / "pictures"
CUT, FIRST = datetime(2018, 11, 23, 16, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC)
UNITS = ("sci-chem", "sci-bio", "sci-office")
PAYEES = 60
KINDS = (("purchase", "ค่าวัสดุสำนักงาน"), ("reimbursement", "ค่าใช้จ่ายที่สำรองจ่าย"))


def payee(place: int) -> dict[str, Any]:
    """The invented payee of that place."""
    number = next(n for i in range(10) if has_thai_check_digit(n := f"00000000{place:04d}{i}"))
    return {
        "identities": [{"scheme": "tax-id", "value": number}],
        "name": f"นางสาวสมมติ ตัวอย่าง {place}",
        "kind": "person",
        "contact": {"email": f"p{place}@payee.example"},
    }


def moved(plan: Plan, now: datetime) -> Iterator[tuple[PlannedEvent, dict[str, Any]]]:
    """The events between `FIRST` and `CUT` of whole claims, at times of this year."""
    begins: dict[str, datetime] = {}
    weeks = (now - CUT) // timedelta(weeks=1)
    units = _units(plan)
    for one in plan.events:
        at = datetime.fromtimestamp(one.instant_us / 1_000_000, UTC)
        if begins.setdefault(one.case, at) < FIRST or at > CUT:
            continue
        event = {**one.event, "time": (at + timedelta(weeks=weeks)).isoformat()}
        event["data"] = _data(one, units)
        yield one, event


def _data(one: PlannedEvent, units: dict[str, str]) -> dict[str, Any]:
    """The data with one of our units, a kind, and a line with its payee where it is submitted."""
    data: dict[str, Any] = {**one.event["data"]}
    place = int("".join(re.findall(r"\d+", one.case)) or 0)
    if "unit" in data:
        data["unit"] = units[data["unit"]]
    if one.event["type"].endswith(".submitted"):
        data["kind"], data["title"] = KINDS[place % len(KINDS)]
        amount = data["amount"]["value"]
        line = {"id": "1", "payee": payee(1 + place % PAYEES), "gross": amount, "net": amount}
        data["lines"] = [line]
    return data


def _units(plan: Plan) -> dict[str, str]:
    """The log's units, dealt out to ours, the busiest first."""
    count = Counter(one.event["data"].get("unit") for one in plan.events)
    del count[None]
    return {name: UNITS[i % len(UNITS)] for i, (name, _) in enumerate(count.most_common())}


def play(plan: Plan, now: datetime) -> None:
    """Register the log's two sources under names people know, tell all, and that it is all."""
    names = {"unit": "ระบบขอเบิกของคณะ", "finance": "ระบบบัญชีและการเงิน (ERP) กองคลัง"}
    sources = [
        {
            "source": one.name, "slug": one.name, "name_th": names[one.role], "name_en": one.name,
            "contact": "02 000 1200", "role": one.role, "zone": "Asia/Bangkok",
            "issuers": list(one.issuers), "starts_at": "2025-01-01T00:00:00+07:00",
            "facts": {plan.process: [*one.facts, "heartbeat"]}, "promise": "live",
        }
        for one in plan.sources
    ]  # fmt: skip
    tidtam("config", "apply")
    with tempfile.TemporaryDirectory() as folder:
        for source in sources:
            path = Path(folder) / f"{source['slug']}.yaml"
            path.write_text(json.dumps(source, ensure_ascii=False))
            tidtam("source", "add", str(path))
        events = [event for _, event in moved(plan, now)]
        events += [_heartbeat(one.name, plan.process, now) for one in plan.sources]
        path = Path(folder) / "log.ndjson"
        lines = [json.dumps({"slug": e["source"], "event": e}, ensure_ascii=False) for e in events]
        path.write_text("\n".join(lines))
        tidtam("publish", str(path), "--replay")


def _heartbeat(source: str, process: str, now: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"heartbeat-{now:%Y-%m-%dT%H%M}", "source": source,
        "type": f"tidtam.{process}.heartbeat", "time": now.isoformat(),
        "datacontenttype": "application/json", "data": {},
    }  # fmt: skip


def tidtam(*arguments: str) -> None:
    """Run the command. Raises `CalledProcessError`."""
    subprocess.run([HOME / ".venv" / "bin" / "tidtam", *arguments], check=True)


def shoot(browser: Browser, portal: str, mails: str, tax_id: str) -> None:
    """The three pictures: a payee's open case on a phone, the board, the executive's figures."""
    tall = {**PHONE, "height": 1090}
    phone = browser.new_context(viewport=tall, locale="th-TH", device_scale_factor=1.25)
    page = phone.new_page()
    page.goto(f"{portal}/sign-in")
    page.fill("#number", tax_id)
    page.press("#number", "Enter")
    page.fill("#code", _code(phone, mails))
    page.press("#code", "Enter")
    page.wait_for_url("**/me")
    page.goto(f"{portal}/me/cases?group=2")
    page.click("a.case-link >> nth=0")
    page.screenshot(path=PICTURES / "case.png")
    for who, path, name in (
        ("finance-officer", "/board", "board"),
        ("executive", "/executive", "executive"),
    ):
        desk = browser.new_context(viewport=DESK, locale="th-TH").new_page()
        desk.goto(f"{portal}/staff/sign-in")
        desk.click(f"a[href*='person={who}']")
        desk.goto(portal + path)
        desk.screenshot(path=PICTURES / f"{name}.png")


def _code(context: BrowserContext, mails: str) -> str:
    """The code of the newest letter on the mail page."""
    time.sleep(2)
    tab = context.new_page()
    tab.goto(mails)
    tab.click("td a >> nth=0")
    found = re.search(r"(?<!\d)\d{6}(?!\d)", tab.inner_text("pre >> nth=0"))
    assert found is not None, "no letter with a code has come"
    return found[0]


def main(arguments: Sequence[str]) -> None:
    """Play, or take the pictures."""
    log, portal, mails = Path(arguments[0]), arguments[1].rstrip("/"), arguments[2]
    process = load_process(HOME / "contracts" / "processes" / "disbursement.yaml")
    mapping = load_mapping(HOME / "contracts" / "mappings" / "RequestForPayment.yaml", process)
    plan = plan_log(log, mapping, process)
    now = datetime.now(UTC)
    if "--play" in arguments:
        play(plan, now)
        return
    last = [one for one, event in moved(plan, now) if event["type"].endswith(".received")][-1]
    number = payee(1 + int("".join(re.findall(r"\d+", last.case))) % PAYEES)["identities"][0]
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        shoot(browser, portal, mails, number["value"])
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
