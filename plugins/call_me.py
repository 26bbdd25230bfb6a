"""“Please call me”: when it suits, on which number. The call is promised from the second the form is sent.

The promise is agreed at once, without waiting for anybody, due in `working_days` and owned by the account's owner. One
form makes one promise, however often it asks for a call. `working_days` is 1: who asks to be called does not mean
next week. The day counts where our people work, so that a call asked for on a Friday evening is due on Monday.

The answer's value is “yes”; its data are the `when` and the `number`, both as the client wrote them, both optional.
Where the client's terms do not let us keep telephone numbers, no number is asked for.

Leaving the box unticked but filling in a time or a number is a wish to be called, too. A page asks for both once the
box is ticked or either is filled in (`:has()` over `:placeholder-shown`, hence the blank placeholders), and always
where a browser cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.api import (
    Analysis,
    Answer,
    Draft,
    Form,
    Gettext,
    Given,
    Question,
    QuestionType,
    Schema,
    days,
    filled,
    hookimpl,
    read_line,
    read_one,
    refused,
)

WORKING_DAYS = 1

LONGEST = 120
"""Characters of a time or a number, so that the promise's title stays a line."""


class Settings(Schema):
    working_days = days(WORKING_DAYS, "Call back within this many working days.", least=1, most=30)


HTML = """<fieldset class="call-me">
<legend>{{ label }}</legend>
<label><input type="checkbox" name="{{ field }}" value="yes"{% if typed[""] %} checked{% endif %}>
<span>{{ texts.yes }}</span></label>
<label for="{{ field }}-when">{{ texts.when }}</label>
<input id="{{ field }}-when" name="{{ field }}.when" maxlength="{{ texts.most }}" autocomplete="off" placeholder=" "
 value="{{ typed["when"]|join }}">
{% if "number" not in withheld %}
<label for="{{ field }}-number">{{ texts.number }}</label>
<input id="{{ field }}-number" name="{{ field }}.number" type="tel" maxlength="{{ texts.most }}" autocomplete="tel"
 placeholder=" " value="{{ typed["number"]|join }}">
{% endif %}
</fieldset>
"""


class CallMe:
    name = "call_me"
    html = HTML
    own_words = False
    options: tuple[str, ...] = ()
    analysis = Analysis("wish", ("count",))
    tells: Mapping[str, str] = {"number": "contact.phone"}

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        return ()

    def low_up_to(self, question: Question) -> float | None:
        return None

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        return {
            "yes": _("Yes, please call me"),
            "when": _("When does it suit you?"),
            "number": _("On which number?"),
            "most": LONGEST,
        }

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return filled(value=[given.value], **{key: [given.data.get(key)] for key in ("when", "number")})

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        said = {key: text for key in ("when", "number") if (text := read_line(form, f"{field}.{key}", LONGEST))}
        if "number" in said and sum(character.isdecimal() for character in said["number"]) < 5:
            raise refused(
                f"{field}.number",
                "“%(number)s” is no number that we could call. Please write it in full, or leave it empty.",
                number=said["number"],
            )
        ticked = read_one(form, field, ["yes"])
        return Given(value="yes", data=said) if ticked or said else None

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return f"{label}\n{texts['when']} {texts['number']}"


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [CallMe()]


@hookimpl
def promise_at_once(answers: Sequence[Answer]) -> list[Draft]:
    """At most one call. The draft's day is the default; what the account's plan has for `working_days` replaces it."""
    wishes = [answer.given.data for answer in answers if answer.type == "call_me"]
    if not wishes:
        return []
    said = {key: text for wish in reversed(wishes) for key, text in wish.items()}
    return [Draft(title=_title(**said), working_days=WORKING_DAYS, agreed=True, kind="call_back")]


def _title(when: str = "", number: str = "") -> str:
    """What the client reads on their page and the owner on their list, whoever of them speaks which language.

    >>> _title("Tuesday afternoon", "+44 20 7946 0018")
    'Call back: Tuesday afternoon, +44 20 7946 0018'
    """
    return ": ".join(filter(None, ["Call back", ", ".join(filter(None, [when, number]))]))
