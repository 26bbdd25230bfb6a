"""Talk to whoever says that a promise was not kept.

What it looks at: promises that the client was asked about, or judged on their own page, and said no to. The promise
itself is open again at once, with a new date; this is about the conversation that should come first.

Settings: `way`, a call, a message or nothing; `working_days`, how soon; `call` and `message`, what is promised.

Edges: a dispute is always about somebody's word, so that it is a call for all but light clients.

Example: “We promised the pack by the third. Did we keep it?” – No. The owner finds a draft to call the next day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.api import Answer, Client, Draft, Schema, days, hookimpl, one_of, text

WAYS = ("call", "message", "none")


class Settings(Schema):
    way = one_of("call", "Call them, write to them, or neither.", WAYS, light="message")
    working_days = days(1, "Do so within this many working days.", least=1, most=60, standard=2, light=3)
    call = text("Call you about what is still missing", "What a call is promised with.")
    message = text("Write to you about what is still missing", "What a message is promised with.")


@hookimpl
def suggest_promises(answers: Sequence[Answer], client: Client, settings: Mapping[str, Any]) -> list[Draft]:
    disputed = [answer for answer in answers if answer.promise is not None and answer.given.value == "no"]
    if not disputed or settings["way"] == "none":
        return []
    note = "disputed: " + ", ".join(f"P-{answer.promise}" for answer in disputed)
    days = settings["working_days"]
    return [Draft(title=settings[settings["way"]], working_days=days, kind="talk", note=note)]
