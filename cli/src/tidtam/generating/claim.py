"""A claim and its clerk: what is said of it, by whom, when, and when that is delivered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tidtam.generating.days import Days, fiscal_year
from tidtam.generating.faculty import HOUSE
from tidtam.generating.house import House, Unit

NIGHT_MINUTE = 26 * 60
"""The ERP delivers a day's batch at 02:00 of the next."""


@dataclass(slots=True)
class Claim:
    """
    One set of papers that asks for a payment, and the numbers it has been given.

    `receipt` and `document` are what finance will call it; they are told when finance tells them.
    """

    place: int
    unit: Unit
    kind: str
    title: str
    fund: str
    priority: str
    lines: list[dict[str, Any]]
    first_day: date

    @property
    def year(self) -> str:
        """The fiscal year it is paid from."""
        return fiscal_year(self.first_day)

    @property
    def number(self) -> str:
        """เลขที่ขอเบิก: what its unit calls it."""
        return f"{self.unit.prefix}{self.year[2:]}-{self.place:04d}"

    @property
    def receipt(self) -> str:
        """เลขที่รับคลัง: what finance's receiving desk calls it."""
        return f"R{self.year[2:]}-{self.place:05d}"

    @property
    def document(self) -> str:
        """What the ERP calls it."""
        return f"36{self.place:08d}"

    @property
    def gross(self) -> str:
        """The whole amount, in baht."""
        satang = sum(int(line["gross"].replace(".", "")) for line in self.lines)
        return baht(satang)


@dataclass(slots=True)
class Said:
    """One event in the making. `day`: only its date is told. The ERP's get a sequence later."""

    slug: str
    at: datetime
    delivered: datetime
    day: bool
    event: dict[str, Any]


@dataclass(slots=True)
class Clerk:
    """Says the facts of one claim of a `house`, in the order in which they happen."""

    claim: Claim
    days: Days
    random: Random
    house: House = HOUSE
    said: list[Said] = field(default_factory=list)

    def unit(self, fact: str, day: date, minute: int = 0, **data: Any) -> Said:
        """The unit says *fact* at an office hour of *day*."""
        refs = [self._ref("claim", self.claim.number, self.claim.unit.slug)]
        at = self.days.at(day, minute or self._office_minute())
        return self._say(self.claim.unit.slug, fact, at, refs, data)

    def submit(self, fact: str, day: date, minute: int = 0) -> Said:
        """The unit says what the claim is: drafted or submitted."""
        claim = self.claim
        memo = {"scheme": "memo", "value": f"{claim.unit.memo}{claim.place}/{claim.year}"}
        said = self.unit(
            fact,
            day,
            minute,
            kind=claim.kind,
            fund=claim.fund,
            priority=claim.priority,
            title=claim.title,
            amount={"value": claim.gross, "currency": "THB"},
            lines=claim.lines,
        )
        said.event["data"]["refs"].append(memo)
        return said

    def receive(self, day: date) -> Said:
        """Finance's desk takes the papers, at a known minute, and gives its number."""
        claim = self.claim
        refs = [
            self._ref("claim", claim.number, claim.unit.slug),
            self._ref("receipt", claim.receipt, self.house.finance),
        ]
        at = self.days.at(day, self._office_minute())
        return self._say(self.house.erp, "received", at, refs, {"unit": claim.unit.slug})

    def desk(self, fact: str, day: date, **data: Any) -> Said:
        """Finance's desk says *fact* of what it received."""
        refs = [self._ref("receipt", self.claim.receipt, self.house.finance)]
        return self._say(self.house.erp, fact, self.days.at(day, self._office_minute()), refs, data)

    def process(self, day: date) -> Said:
        """The ERP has made its document; only the date is told, by the nightly batch."""
        refs = [
            self._ref("receipt", self.claim.receipt, self.house.finance),
            self._ref("erp-document", self.claim.document, self.house.finance),
        ]
        return self._nightly("in-process", day, refs, {})

    def transfer(self, day: date, lines: tuple[str, ...] = (), document: str = "") -> Said:
        """The ERP has paid *lines* (all when none are named) under its *document* number."""
        refs = [self._ref("erp-document", document or self.claim.document, self.house.finance)]
        batch = f"B-{day.isoformat()}"
        refs.append({"scheme": "bank-batch", "value": batch, "issuer": self.house.finance})
        data: dict[str, Any] = {"transfer": self.transfer_of(day, batch)}
        if lines:
            data["lines"] = [{"id": line} for line in lines]
        return self._nightly("transferred", day, refs, data)

    def transfer_of(self, day: date, batch: str = "") -> dict[str, str]:
        """The transfer of this claim on *day*."""
        reference = f"T{day:%y%m%d}-{self.claim.place:04d}"
        told = {"reference": reference, "method": "transfer", "date": day.isoformat()}
        return {**told, "batch": batch} if batch else told

    def bank(self, fact: str, day: date, transferred: date, **data: Any) -> Said:
        """The bank says early on *day* what became of the transfer of the day *transferred*."""
        refs = [self._ref("erp-document", self.claim.document, self.house.finance)]
        transfer = {"reference": self.transfer_of(transferred)["reference"]}
        at = self.days.at(day, self.random.randint(481, 540))
        return self._say(self.house.bank, fact, at, refs, {"transfer": transfer, **data})

    def _nightly(self, fact: str, day: date, refs: list[dict[str, str]], data: Any) -> Said:
        said = self._say(self.house.erp, fact, self.days.at(day, 0), refs, data)
        said.day = True
        said.event["timeprecision"] = "day"
        said.delivered = self.days.at(day, NIGHT_MINUTE + self.random.uniform(0, 20))
        return said

    def _say(
        self, slug: str, fact: str, at: datetime, refs: list[dict[str, str]], data: dict[str, Any]
    ) -> Said:
        event = {
            "specversion": "1.0",
            "id": f"{self.claim.number}/{len(self.said) + 1:02d}-{fact}",
            "source": slug,
            "type": f"tidtam.disbursement.{fact}",
            "time": at.isoformat(),
            "datacontenttype": "application/json",
            "data": {"refs": refs, "fiscal_year": self.claim.year, **data},
        }
        said = Said(slug, at, at + timedelta(seconds=self.random.randint(1, 40)), False, event)
        self.said.append(said)
        return said

    def _ref(self, scheme: str, value: str, issuer: str) -> dict[str, str]:
        return {"scheme": scheme, "value": value, "issuer": issuer}

    def _office_minute(self) -> int:
        return self.random.randint(8 * 60 + 35, 16 * 60 + 25)


def baht(satang: int) -> str:
    """Return *satang* as baht with two decimals."""
    return f"{satang // 100}.{satang % 100:02d}"
