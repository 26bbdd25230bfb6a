"""What is decided by: the Book, what is set, and the surveys, as one snapshot of the database shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from engine.data.book import book_in
from engine.data.settings import expect_settings, settings_in
from engine.data.store import Store
from engine.data.surveys import expect_surveys, surveys_in
from engine.decide.book import Book
from engine.types import Moment, SettingValue, Survey


class Facts(NamedTuple):
    """`surveys`: those that asks are made from, by name, with the id of their newest version."""

    book: Book
    settings: Sequence[SettingValue]
    surveys: Mapping[str, tuple[int, Survey]]


def read_facts(
    store: Store,
    moment: Moment,
    *,
    account_ids: Collection[int] | None = None,
    due: bool = False,
    channels: Sequence[str] = (),
) -> Facts:
    """Of these accounts, as `read_book` reads them: whoever may be seen, because others decide with them."""
    with store.snapshot() as snapshot:
        expect_settings(snapshot, account_ids)
        expect_surveys(snapshot)
        book = book_in(snapshot, moment, account_ids, due=due, channels=channels)
        return Facts(book, settings_in(snapshot, account_ids), surveys_in(snapshot))
