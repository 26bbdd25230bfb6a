"""Sentences: templates that name values in braces, told in a reader's language, dates and numbers as people say them.

`{name}` is a value; `{name|1 day|# days}` a number with the form of a word that goes with it, `#` being the number: one
form for each plural category of the language, before them `=0 none` for an exact number. A text is said as the word it
stands for. Templates are English, and the key to their translations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isfinite
from typing import Any

from babel.lists import format_list
from babel.numbers import format_decimal

from engine.language import ENGLISH, Language
from engine.types import NEVER

NAME = re.compile(r"\{([\w.:]+)((?:\|[^{}|]*)*)\}")
EXACT = re.compile(r"=(\d+) (.*)", re.DOTALL)
KEY = re.compile(r"\w+")

OCCASION_WORDS = {
    "promise": "promise check",
    "touchpoint": "follow-up",
    "renewal": "renewal run-up",
    "relationship": "relationship check-in",
}
CHANNEL_WORDS = {"email": "e-mail", "sms": "SMS", "phone": "phone", "in_app": "your product"}
TOUCHPOINT_WORDS = {
    "onboarding_done": "the onboarding was completed",
    "ticket_closed": "a ticket was closed",
    "project_milestone": "a milestone of the project was reached",
    "incident_resolved": "an incident was resolved",
    "feedback": "feedback was given",
    "meeting_held": "a meeting was held",
    "qbr_held": "the business review was held",
    "invoice_disputed": "an invoice was disputed",
}
WORDS = OCCASION_WORDS | CHANNEL_WORDS | TOUCHPOINT_WORDS
"""What keys are called. Any other key is its own name: `decision_maker` is “decision maker”."""


class Words(str):
    """Words that are said as they are: a name, or what was told already."""

    __slots__ = ()


def named(template: str) -> list[str]:
    """The names in a template's braces.

    >>> named("at most {fatigue_limits.max_asks|one ask|# asks}, the last on {last_asked_on}")
    ['fatigue_limits.max_asks', 'last_asked_on']
    """
    return [name for name, _ in NAME.findall(template)]


@dataclass(frozen=True)
class Teller:
    """Tells templates in a language, as seen on a day. One that is not translated is told in English as a whole."""

    today: date
    language: Language = ENGLISH

    def __call__(self, template: str, values: Mapping[str, Any] | None = None, /, **more: Any) -> Words:
        """Fill the braces. A value that is missing or null is said to be unknown; a template never raises.

        >>> Teller(date(2026, 11, 24))("{n|a day|# days} since {on}", n=2, on=date(2026, 11, 22))
        '2 days since Sun 22 Nov'
        """
        speaker = self if template in self.language.known else replace(self, language=ENGLISH)
        given = {**(values or {}), **more}
        text = self._translate(template)
        return Words(NAME.sub(lambda match: speaker._fill(given.get(match[1]), match[2]), text))

    def say(self, value: Any) -> Words:
        """One value as people say it.

        >>> say = Teller(date(2026, 11, 24)).say
        >>> say(date(2026, 12, 7)), say(1200000.0), say("ticket_closed"), say(None)
        ('Mon 7 Dec', '1,200,000', 'a ticket was closed', 'unknown')
        """
        if isinstance(value, Words):
            return value
        if value is None or (isinstance(value, float) and not isfinite(value)):
            return self.word("unknown")
        if isinstance(value, date):
            return self.word("taken back") if value >= NEVER else Words(self.language.day(value, self.today))
        if isinstance(value, bool):
            return self.word("yes" if value else "no")
        if isinstance(value, int | float):
            return Words(format_decimal(value, "#,##0.##", locale=self.language.region))
        if isinstance(value, list | tuple):
            return self._list(value)
        return self.word(str(value))

    def word(self, key: str) -> Words:
        """What a key is called."""
        return Words(self._translate(WORDS.get(key) or (key.replace("_", " ") if KEY.fullmatch(key) else key)))

    def _list(self, values: Iterable[Any]) -> Words:
        """`a, b and c`; `none` for nothing."""
        told = [self.say(value) for value in values]
        return Words(format_list(told, "standard", self.language.region)) if told else self.word("none")

    def _fill(self, value: Any, forms: str) -> str:
        said = self.say(value)
        return self._choose_form(value, forms[1:].split("|")).replace("#", said) if forms else said

    def _choose_form(self, number: Any, forms: Sequence[str]) -> str:
        exact = {int(match[1]): match[2] for match in map(EXACT.fullmatch, forms) if match}
        usual = [form for form in forms if not EXACT.fullmatch(form)] or [*exact.values()]
        if number in exact:
            return exact[number]
        is_number = isinstance(number, int | float) and isfinite(number)
        return self.language.choose_form(number, usual) if is_number else usual[-1]

    def _translate(self, text: str) -> str:
        return self.language.gettext(text) if text else ""  # the empty text is a catalog's head
