"""What a change of the plan would lead to, looked at before it is made: whom it would never let anybody ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from engine.data.accounts import sample_accounts
from engine.data.book import read_book
from engine.decide.book import Book
from engine.decide.outlook import look_ahead, warn
from engine.decide.plan import resolve
from engine.decide.planner import decide
from engine.decide.says import HOOKS
from engine.house import Engine
from engine.types import SettingValue

MOST = 20_000
"""About so many contacts are looked at; of more, every n-th account, so that setting stays quick in a large house."""


def foresee_change(
    engine: Engine,
    names: Iterable[str],
    before: Iterable[SettingValue],
    after: Iterable[SettingValue],
    accounts: Collection[int] | None,
    book: Book | None = None,
) -> Iterator[str]:
    """Decide for the accounts (None: all) under today's settings and under those to be; what should be said of it.

    `book`: theirs, where it was read already.
    `names`: the settings that differ. Where they take no part in deciding whom to ask, nothing is looked at.
    """
    if not any(_decides(engine, name) for name in names):
        return
    channels, every = tuple(engine.plugins.channels), 1
    if book is None:
        with engine.store.read(engine.scope) as session:
            sample, every = sample_accounts(session, accounts, MOST)
        book = read_book(engine.store, engine.moment(), account_ids=sample, channels=channels)
    plans = (resolve(book, engine.plugins.catalog, values) for values in (before, after))
    decided = (decide(book, plan, engine.plugins.strategies, channels) for plan in plans)
    for warning in warn(*map(look_ahead, decided)):
        yield f"{warning} We looked at one account in {every:,}." if every > 1 else warning


def _decides(engine: Engine, name: str) -> bool:
    plugin = engine.plugins.all.get(name.partition(".")[0])
    return plugin is not None and any(hook in plugin.hooks for hook in HOOKS)
