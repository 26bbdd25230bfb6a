"""E-mail: plain text and HTML in one message, over SMTP, one connection for all that is due.

`smtp_url` says where the mail server is: `smtp://`, `smtps://` (TLS from the start) or `smtp+starttls://`, then
`user:password@host:port`. `?timeout=SECONDS` is how long its answer is waited for, 30 if not given.

What the server says is the receipt: accepted is sent; a 4xx is tried again later, and so is a 5xx that speaks of us or
of the message rather than of the address (a full mailbox, a policy); any other 5xx is refused for good. No answer after
the message was handed over leaves it in doubt, because the server may have it: such a message is never sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from engine.api import Channel, Delivery, hookimpl, open_mail


class Email:
    name = "email"
    label = "E-mail"

    def open(self, config: Any) -> AbstractContextManager[Delivery]:
        return open_mail(config)


@hookimpl
def register_channels() -> Sequence[Channel]:
    return [Email()]
