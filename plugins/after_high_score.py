"""Thank whoever gave a high score, and ask what we must keep.

What it looks at: answers about loyalty whose score is high, where no other answer is low.

Settings: `way`, a call, a message or nothing; `working_days`, how soon; `call` and `message`, what is promised.

Edges: as it ships, standard and light clients are thanked on the page only, so that drafts do not pile up.

Example: a strategic account gives 10 of 10. The owner finds a draft to call and ask what must never change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.api import Answer, Client, Draft, Schema, days, hookimpl, one_of, text


class Settings(Schema):
    way = one_of(
        "none", "Call them, write to them, or neither.", ("call", "message", "none"), strategic="call", key="message"
    )
    working_days = days(5, "Do so within this many working days.", least=1, most=60)
    call = text("Call you to say thank you, and ask what we must keep", "What a call is promised with.")
    message = text("Write to you to say thank you, and ask what we must keep", "What a message is promised with.")


@hookimpl
def suggest_promises(answers: Sequence[Answer], client: Client, settings: Mapping[str, Any]) -> list[Draft]:
    high = [answer for answer in answers if answer.band == "high" and answer.measures == "loyalty"]
    if not high or any(answer.band == "low" for answer in answers) or settings["way"] == "none":
        return []
    note = f"high score: {high[0].given.value} on “{high[0].question}”"
    days = settings["working_days"]
    return [Draft(title=settings[settings["way"]], working_days=days, kind="talk", note=note, about=high[0].about)]
