"""Look into a cause that several people of an account name.

What it looks at: reasons behind low scores, and low scores themselves by what they measure, of all people of the
account in the last half year, this one included.

Settings: `people` who must have named it; `working_days`, how soon; `title`, what is promised, after which the cause
follows.

Edges: what only one person says is looked at where it was said. Across accounts, `heed initiatives` counts.

Example: three people of one client are unhappy with reports. Instead of three single answers there is one draft to look
into reporting, and the note says how many they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.api import Answer, Client, Draft, Schema, count, days, hookimpl, text


class Settings(Schema):
    people = count(2, "Suggest it once so many people of an account named it.", least=2, most=1000)
    working_days = days(10, "Say what we found within this many working days.", least=1, most=180)
    title = text("Look into what several of you named, and tell you what we change", "What is promised.")


@hookimpl
def suggest_promises(answers: Sequence[Answer], client: Client, settings: Mapping[str, Any]) -> list[Draft]:
    common = {cause: n for cause, n in client.named.items() if n >= settings["people"]}
    if not common:
        return []
    cause = max(common, key=lambda each: (common[each], each))
    title = f"{settings['title']}: {cause.replace('_', ' ')}"
    note = f"“{cause}” was named by {common[cause]} people of {client.account_name} in half a year"
    return [Draft(title=title, working_days=settings["working_days"], kind="cause", note=note, about=cause)]
