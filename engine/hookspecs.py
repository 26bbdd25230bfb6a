"""Every hook a plugin can implement. One place, documented, light at import: pluggy only.

Decision hooks are called once per batch, never per contact, and return Polars expressions over the Book. `register_*`
hooks are called once, when the app starts. Hooks in the past tense are called after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import polars as pl
    from flask import Blueprint

    from engine.client import Client
    from engine.decide.book import Book, Grid, SettingColumns
    from engine.types import (
        Answer,
        Channel,
        Closed,
        Draft,
        Hold,
        Limit,
        QuestionType,
        Reason,
        Worth,
    )
    from engine.ways import Chance, Possible, Preference

hookspec = pluggy.HookspecMarker("heed")
hookimpl = pluggy.HookimplMarker("heed")


@hookspec
def ask_from(book: Book, settings: SettingColumns) -> Reason | Sequence[Reason] | None:
    """Say from which day there is a reason to ask, for which occasion, and when the reason expires."""


@hookspec
def hold_until(book: Book, settings: SettingColumns) -> Hold | Closed | Sequence[Hold | Closed] | None:
    """Say which days are covered, and why. The strictest hold wins."""


@hookspec
def limit(book: Book, settings: SettingColumns) -> Limit | Sequence[Limit] | None:
    """Say how many asks may go to rows that share something: an account, an owner, a person."""


@hookspec
def worth(book: Book, settings: SettingColumns) -> pl.Expr | Worth | None:
    """Multiply the value of asking (Float64; null counts as 1) when a limit cannot serve everyone.

    A Worth says, too, what is in favour of those whom it puts first.
    """


@hookspec
def question_worth(grid: Grid, settings: SettingColumns) -> pl.Expr | None:
    """Say what an answer to `grid.question` would teach (Float64; 0: do not ask; null: no opinion). Multiplied.

    Called once per question of the bank; the question's own attributes are plain Python values.
    """


@hookspec
def channel_worth(grid: Grid, settings: SettingColumns) -> pl.Expr | Chance | Possible | Preference | None:
    """Say how well `grid.channel` suits this person now (Float64; null: impossible). Multiplied.

    A Chance counts with its mean, and is shown. A Possible says in words why a channel is not. A Preference multiplies
    nothing: it chooses among channels that suit about equally well. Called once per channel.
    """


@hookspec
def send_at(book: Book, settings: SettingColumns) -> pl.Expr | None:
    """Say when in the local day to send: minutes after midnight (Int32). The first that is not null counts."""


@hookspec
def register_channels() -> Sequence[Channel]:  # type: ignore[empty-body]
    """Bring channels to deliver by. Called once, at start."""


@hookspec
def register_question_types() -> Sequence[QuestionType]:  # type: ignore[empty-body]
    """Bring question types. Called once, at start."""


@hookspec
def promise_at_once(answers: Sequence[Answer]) -> Sequence[Draft] | None:
    """Say what is promised from the second answers are given. Called within the transaction that counts them."""


@hookspec
def suggest_promises(answers: Sequence[Answer], client: Client, settings: Mapping[str, Any]) -> Sequence[Draft] | None:
    """Suggest what should be promised after one client's answers. Called once they are safe; it never holds them up."""


@hookspec
def register_blueprints() -> Sequence[Blueprint | str]:  # type: ignore[empty-body]
    """Bring pages. Called once, when the site is built.

    A text names a blueprint as `module:name` and is imported only then: a command that serves nothing pays nothing.
    """
