"""Ask what has changed where a score fell since last time.

What it looks at: the same question of the same survey, as this contact answered it before.

Settings: `fall`, by how much of the scale a score must fall; `way`, a call, a message or nothing; `working_days`, how
soon; `call` and `message`, what is promised.

Edges: a first answer has not fallen. A fall to a low score is one conversation, not two.

Example: 9 of 10 in spring, 7 now: a fifth of the scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.api import Answer, Client, Draft, Schema, days, factor, hookimpl, one_of, text


class Settings(Schema):
    fall = factor(0.2, "Count a fall by so much of the scale.", least=0.01, most=1)
    way = one_of(
        "message", "Call them, write to them, or neither.", ("call", "message", "none"), strategic="call", key="call"
    )
    working_days = days(5, "Do so within this many working days.", least=1, most=60, strategic=2, key=3)
    call = text("Call you and ask what has changed since last time", "What a call is promised with.")
    message = text("Write to you and ask what has changed since last time", "What a message is promised with.")


@hookimpl
def suggest_promises(answers: Sequence[Answer], client: Client, settings: Mapping[str, Any]) -> list[Draft]:
    fallen = [answer for answer in answers if (answer.fallen or 0) >= settings["fall"] - 1e-9]
    if not fallen or settings["way"] == "none":
        return []
    worst = max(fallen, key=lambda answer: answer.fallen or 0)
    way = "call" if client.weighs or client.let_down else settings["way"]
    note = f"fell from {worst.before:g} to {worst.given.value} on “{worst.question}”"
    return [
        Draft(title=settings[way], working_days=settings["working_days"], kind="talk", note=note, about=worst.about)
    ]
