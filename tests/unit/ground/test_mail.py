"""How the mail sink reads what came."""

from __future__ import annotations

from ground.mail import Mail

NAME = "Tidtam ติดตามการจ่ายเงิน"
FOLDED = (
    b"From: =?utf-8?B?VGlkdGFtIOC4leC4tOC4lOC4leC4suC4oeC4geC4suC4o+C4iA==?=\r\n"
    b" =?utf-8?B?4LmI4Liy4Lii4LmA4LiH4Li04LiZ?=\r\n <tidtam@finance.example>\r\n"
    b"Subject: plain\r\n\r\nText\r\n"
)


def test_a_name_folded_between_two_words_is_read_whole() -> None:
    """No space comes into a Thai name where its encoding was folded; a missing header is empty."""
    mail = Mail("1", ("a@payee.example",), FOLDED)
    assert f"{NAME} <tidtam@finance.example>" == mail.header("from")
    assert ("plain", "") == (mail.header("subject"), mail.header("date"))
