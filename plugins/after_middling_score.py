"""Ask whoever gave a middling score what would make it a ten.

What it looks at: answers whose score is neither low nor high on their question's own scale, where none is low.

Settings: `way`, a call, a message or nothing; `working_days`, how soon; `call` and `message`, what is promised.

Edges: a client who gave a low score elsewhere on the form is talked to about that. Light clients are left alone as it
ships, so that drafts do not pile up.

Example: a key account gives 8 of 10. The owner finds a draft to ask what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.api import Answer, Client, Draft, Schema, days, hookimpl, one_of, text


class Settings(Schema):
    way = one_of(
        "message", "Call them, write to them, or neither.", ("call", "message", "none"), strategic="call", light="none"
    )
    working_days = days(5, "Do so within this many working days.", least=1, most=60, strategic=3)
    call = text("Call you and ask what would make it a ten", "What a call is promised with.")
    message = text("Write to you and ask what would make it a ten", "What a message is promised with.")


@hookimpl
def suggest_promises(answers: Sequence[Answer], client: Client, settings: Mapping[str, Any]) -> list[Draft]:
    bands = {answer.band for answer in answers}
    middling = [answer for answer in answers if answer.band == "middle" and answer.measures == "loyalty"]
    if not middling or "low" in bands or settings["way"] == "none":
        return []
    note = f"middling score: {middling[0].given.value} on “{middling[0].question}”"
    days = settings["working_days"]
    return [Draft(title=settings[settings["way"]], working_days=days, kind="talk", note=note, about=middling[0].about)]
