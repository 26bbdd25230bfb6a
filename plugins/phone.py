"""The account manager's own call: heard best by somebody they know.

When a call is due, the account's owner is sent a call sheet by e-mail, over the same mail server as invitations: whom
to call, on which number, when and why now, the questions as words to say, what came of the last answers, and the link
where the answers are entered. The client is written nothing.

What it looks at: whether somebody is named as the account's owner. That a contact may be called at all is said by the
account team, with `phone` among the contact's channels and a number; how many calls are made a day is the limit
`channel_capacity.phone`.

Edges: an account without an owner has nobody who could call, so the channel is impossible, and the explanation says so.
The call is asked for once; whether it was made shows when the answers are entered.

Example: a call to Nadia Bloom is due on Tuesday. At nine where she is, Maria Keller has the sheet in her mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from engine.api import Channel, Delivery, Grid, Possible, hookimpl, open_mail


class Phone:
    name = "phone"
    label = "Phone"
    to_owner = True

    def open(self, config: Any) -> AbstractContextManager[Delivery]:
        return open_mail(config)


@hookimpl
def register_channels() -> Sequence[Channel]:
    return [Phone()]


@hookimpl
def channel_worth(grid: Grid) -> Possible | None:
    if grid.channel != Phone.name:
        return None
    return Possible(possible=grid["owner"].is_not_null(), why_not="nobody is named who looks after this client")
