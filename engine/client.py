"""Who has answered, as plugins that suggest promises see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Client:
    """What is known of whoever answered, when promises are suggested. Of the rest of the book plugins see nothing.

    `weighs`: among the tenth of accounts with most revenue. `let_down`: a promise to them is overdue or disputed.
    `named`: how many people of the account named each cause in the last half year.
    """

    contact_name: str
    account_name: str
    tier: str
    weighs: bool = False
    let_down: bool = False
    kept: int = 0
    named: Mapping[str, int] = field(default_factory=dict)
