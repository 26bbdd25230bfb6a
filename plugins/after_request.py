"""Answer what somebody asks for in their own words.

What it looks at: comments that ask a question or use a word of asking. It does not read between the lines: it looks for
the words, and whoever agrees to the draft reads the comment.

Settings: `words` that count as asking; `working_days`, how soon; `title`, what is promised, after which the client's
own words follow.

Edges: a comment of one word is no request. One form makes one draft, about the first comment that asks.

Example: “Could you send the pack two days earlier?” becomes a draft to answer it, with these words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.api import Answer, Client, Draft, Schema, days, hookimpl, names, text

ASKING = (
    *("please", "could you", "can you", "would you", "we need", "i need", "we would like", "i would like", "we wish"),
    *("bitte", "könnten sie", "können sie", "wir brauchen", "ich brauche", "wir hätten gern", "ich hätte gern"),
    *("pourriez-vous", "pouvez-vous", "merci de", "nous avons besoin", "nous aimerions", "j’aimerais"),
)
LONGEST = 120


class Settings(Schema):
    words = names(ASKING, "Words that ask for something.")
    working_days = days(5, "Answer within this many working days.", least=1, most=60, strategic=2, key=3)
    title = text("Answer what you asked for", "What is promised.")


@hookimpl
def suggest_promises(answers: Sequence[Answer], client: Client, settings: Mapping[str, Any]) -> list[Draft]:
    asking = [answer for answer in answers if _asks(answer.given.text or "", settings["words"])]
    if not asking:
        return []
    words = " ".join((asking[0].given.text or "").split())
    short = words if len(words) <= LONGEST else words[:LONGEST].rsplit(" ", 1)[0] + " …"
    title, note = f"{settings['title']}: “{short}”", f"a comment on “{asking[0].question}” asks for something"
    return [
        Draft(
            title=title, working_days=settings["working_days"], kind="request", note=note, about=asking[0].about,
            said=asking[0].given.text,
        )
    ]  # fmt: skip


def _asks(comment: str, words: Sequence[str]) -> bool:
    """Whether a comment asks for something.

    >>> _asks("Could you call us earlier", ["could you"]), _asks("Pleased.", ["please"]), _asks("Why so late?", [])
    (True, False, True)
    """
    asking = any(re.search(rf"\b{re.escape(word)}\b", comment, re.IGNORECASE) for word in words)
    return len(comment.split()) > 1 and (asking or "?" in comment)
