"""Mistakes to plant in notice templates, and the line and rule they are found by."""

from __future__ import annotations

TEMPLATES: dict[str, tuple[str, str, str, int, str]] = {
    # path, what is there, what is put there, the line it is found on, the rule
    "an unknown field": ("th/paid.txt", "{{ amount }}", "{{ amout }}", 0, "field-unknown"),
    "an unknown field of a row": (
        "en/paid.html",
        "{{ deduction.title }}",
        "{{ deduction.name }}",
        0,
        "field-unknown",
    ),
    "an unknown field where nothing goes": (
        "th/paid.txt",
        "{% if amount %}",
        "{% if false_hope %}",
        0,
        "field-unknown",
    ),
    "a field a payee may not know": (
        "th/late.txt",
        "{{ told_due }}",
        "{{ total }}",
        0,
        "field-not-theirs",
    ),
    "a field of a correction": (
        "en/paid.txt",
        "{{ amount }}",
        "{{ holds }}",
        0,
        "field-not-theirs",
    ),
    "a call": ("en/paid.txt", "{{ amount }}", "{{ amount.upper() }}", 0, "template-forbidden"),
    "a filter": ("en/paid.txt", "{{ amount }}", "{{ amount|safe }}", 0, "template-forbidden"),
    "a value of its own": (
        "en/paid.txt",
        "{{ amount }}",
        "{% set x = 1 %}",
        0,
        "template-forbidden",
    ),
    "another file": (
        "en/paid.txt",
        '{% include "_rest.txt" %}',
        "{% include number %}",
        0,
        "template-forbidden",
    ),
    "a part that is not there": (
        "en/paid.txt",
        '{% include "_rest.txt" %}',
        '{% include "_end.txt" %}',
        0,
        "template-missing",
    ),
    "a list for a text": ("en/paid.txt", "{{ amount }}", "{{ lines }}", 0, "field-not-text"),
    "a text for a list": (
        "en/paid.txt",
        "{% for line in lines %}",
        "{% for line in amount %}",
        0,
        "field-not-a-list",
    ),
    "a tag that is not closed": ("en/paid.txt", "{% endfor %}", "", 0, "template-malformed"),
    "another language": ("en/paid.txt", "Net amount", "จำนวนเงิน", 1, "template-other-language"),
    "a mistake in a part": ("th/_rest.txt", "{{ desk }}", "{{ desc }}", 0, "field-unknown"),
    "an unknown field of a row in a part": (
        "en/_news.txt",
        "{{ case.stage }}",
        "{{ case.stag }}",
        0,
        "field-unknown",
    ),
    "a field of a row in a part that a payee may not know": (
        "th/_now.html",
        "{{ case.paid_by }}",
        "{{ case.unit }}",
        0,
        "field-not-theirs",
    ),
    "a row in a part that stands in no loop": (
        "en/_rest.txt",
        "{{ stage }}",
        "{{ case.stage }}",
        0,
        "field-unknown",
    ),
}
