"""Inside your own product: the survey waits there until the person comes by.

Nothing is sent. The ask is made, counts and runs out like any other, and whoever signs in to your product is shown it
where docs/embed.md has been followed. So fatigue, holds and limits are the same as for every other way.

What it looks at: nothing of its own. That somebody uses your product is said by the account team, or your CRM, with
`in_app` among the contact's channels.

Edges: somebody who does not sign in while the link is valid is never asked; the ask runs out and counts as unanswered.
An ask that went out by another way is shown inside your product, too, until it is answered: never a second one.

Example: Nadia Bloom's check-in is due on Tuesday. When she opens your product on Thursday, it is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from engine.api import Channel, Delivery, Message, Receipt, hookimpl


class Shelf:
    """Where asks lie until somebody comes by."""

    def deliver(self, message: Message) -> Receipt:
        return Receipt("sent", "it waits inside the product")


class InApp:
    name = "in_app"
    label = "In the product"

    @contextmanager
    def open(self, config: Any) -> Iterator[Delivery]:
        yield Shelf()


@hookimpl
def register_channels() -> Sequence[Channel]:
    return [InApp()]
