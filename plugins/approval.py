"""Let the account team look at each ask before it leaves.

What it looks at: nothing of the client. It says for whom an ask, once planned, waits until somebody approves it.

Settings: `required`, whether asks wait.

Edges: an ask that nobody approves before its link would run out is taken back, and planned anew if there still is a
reason. An approved ask is decided again when it is sent, like any other: a hold that has come up takes it back. Asks
that were planned before the setting was changed stay as they were planned.

Example: required for strategic accounts: their asks stand on the owner's desk in the morning; one click each, or a
personal note above the message, or another day.
"""

from __future__ import annotations

from engine.api import Schema, one_of


class Settings(Schema):
    required = one_of("no", "Let each ask wait until somebody of the account team approves it.", ("no", "yes"))
