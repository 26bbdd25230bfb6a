"""Talk to whoever gave a low score: about what went wrong, and what we change.

What it looks at: answers whose score is low on their question's own scale. The lowest is what it is about.

Settings: `way`, a call to the clients that matter most and a message to the others, or nothing; `working_days`, how
soon; `call` and `message`, what the client is promised in each case.

Edges: a client who weighs much (the top tenth of revenue), or to whom a promise is overdue or disputed, is called
whatever their tier says. It is a draft: nothing is promised until somebody agrees to it.

Example: a decision maker at a strategic account gives 3 of 10. The owner finds a draft to call them on the next working
day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.api import Answer, Client, Draft, Schema, days, hookimpl, one_of, text


class Settings(Schema):
    way = one_of(
        "message", "Call them, write to them, or neither.", ("call", "message", "none"), strategic="call", key="call"
    )
    working_days = days(3, "Do so within this many working days.", least=1, most=60, strategic=1, key=2, light=5)
    call = text("Call you about what went wrong, and agree what we change", "What a call is promised with.")
    message = text("Write to you about what went wrong, and what we change", "What a message is promised with.")


@hookimpl
def suggest_promises(answers: Sequence[Answer], client: Client, settings: Mapping[str, Any]) -> list[Draft]:
    low = [answer for answer in answers if answer.band == "low"]
    if not low or settings["way"] == "none":
        return []
    worst = min(low, key=lambda answer: answer.given.score or 0)
    way = "call" if client.weighs or client.let_down else settings["way"]
    note = f"low score: {worst.given.value} on “{worst.question}”"
    return [
        Draft(title=settings[way], working_days=settings["working_days"], kind="talk", note=note, about=worst.about)
    ]
