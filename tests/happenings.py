"""What happens to a house in a day: clients answer and wish, promises are kept or not, files come in, settings change.

Each happening is drawn from how one house stands, and can then be done to any house that stands alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select

from engine.data.models import Ask, Contact, Promise
from engine.data.store import EVERYTHING
from engine.errors import HeedError
from engine.house import Engine
from engine.links import ask_token, promises_token, unsubscribe_token, wishes_token
from engine.operations import promises
from engine.operations.answers import submit_answers
from engine.operations.due_days import working_days_after
from engine.operations.forms import open_form
from engine.operations.hand_overs import hand_over_promise
from engine.operations.imports import import_files
from engine.operations.verdicts import give_verdict
from engine.operations.wishes import Wishes, opt_out, save_wishes
from engine.types import OCCASIONS
from tests import generated_books as books
from tests.disagreements import set_at_layer
from tests.generated_books import Scene, write_csv
from tests.oracle import Book

Happening = Callable[[Engine], Any]


class Days:
    """One day after another of a house that began as `scene`."""

    def __init__(self, scene: Scene, random: Random, folder: Path) -> None:
        self.random = random
        self.folder = folder
        self.accounts = list(scene.book.accounts)
        self.contacts = list(scene.book.contacts)

    def draw(self, engine: Engine, today: date) -> Iterator[Happening]:
        yield from self._answers(engine)
        chances = ((0.3, self._promise), (0.3, self._import), (0.12, self._wish), (0.08, self._setting))
        for chance, draw in chances:
            if self.random.random() < chance and (happening := draw(engine, today)):
                yield happening

    def _pick(self, engine: Engine, query: Any) -> Any:
        with engine.store.read(EVERYTHING) as session:
            found = session.scalars(query).all()
        return self.random.choice(found) if found else None

    # clients

    def _answers(self, engine: Engine) -> Iterator[Happening]:
        with engine.store.read(EVERYTHING) as session:
            under_way = Ask.origin == "heed", Ask.status.in_(("sent", "opened", "started", "in_doubt"))
            asks = session.scalars(select(Ask).where(*under_way).order_by(Ask.id)).all()
        for ask in asks:
            if self.random.random() < 0.12:
                yield self._answer(engine, ask)

    def _answer(self, engine: Engine, ask: Ask) -> Happening:
        token = ask_token(engine.config.secret, ask.id)
        action = self.random.choice(("send", "send", "send", "send", "later", "call", "decline"))
        posted = {}
        for item in open_form(engine, token).items:
            posted |= self._given(item.question.type, item.field)
        number = f"submission-{ask.id}-{self.random.randrange(10**6)}"
        return lambda house: submit_answers(house, token, posted, number, action)

    def _given(self, kind: str, field: str) -> dict[str, list[str]]:
        if kind in ("nps_plus", "rating", "effort", "satisfaction"):
            return {field: [str(self.random.randint(1, 5))]}
        if kind == "yes_no":
            return {field: [self.random.choice(("yes", "no"))]}
        return {f"{field}.text": ["What we have come to expect."]} if kind == "text" else {}

    def _wish(self, engine: Engine, today: date) -> Happening | None:
        contact = self._pick(engine, select(Contact).order_by(Contact.id))
        token, random = wishes_token(engine.config.secret, contact.id), self.random
        if random.random() < 0.1:
            leave = unsubscribe_token(engine.config.secret, contact.id)
            return lambda house: opt_out(house, leave)
        wishes = Wishes(
            opted_out=random.random() < 0.1,
            paused_until=books.maybe(random, 0.3, today + timedelta(days=random.choice((1, 5, 20)))),
            min_interval=books.maybe(random, 0.3, random.choice((1, 10, 45))),
            every_days=books.maybe(random, 0.4, random.choice((1, 10, 45))),
            occasions_off=books.maybe(random, 0.3, tuple(random.sample(OCCASIONS, 2)), ()),
        )
        return lambda house: save_wishes(house, token, wishes)

    # the account team

    def _promise(self, engine: Engine, today: date) -> Happening | None:
        promise, random = self._pick(engine, select(Promise).order_by(Promise.id)), self.random
        if promise is None or random.random() < 0.3:
            contact = random.choice(self.contacts)
            due_on, agreed = _working_day(today, random.choice((0, 1, 3, 10))), random.random() < 0.7
            return lambda house: promises.add_promise(
                house, contact.account_key, contact.key, title="Look into it", owner_email="maria@house.example",
                due_on=due_on, agreed=agreed,
            )  # fmt: skip
        number, day = promise.id, _working_day(today, random.choice((0, 1, 2, 9)))
        if promise.status == "done" and promise.contact_id and random.random() < 0.6:
            token, kept = promises_token(engine.config.secret, promise.contact_id), random.random() < 0.6
            return lambda house: give_verdict(house, token, number, kept=kept, words="")
        return random.choice(
            (
                lambda house: promises.agree_promise(house, number, due_on=day),
                lambda house: promises.move_promise(house, number, due_on=day, reason="It takes longer."),
                lambda house: promises.do_promise(house, number, what="It is there."),
                lambda house: promises.do_promise(house, number, what="It is there."),
                lambda house: promises.decline_promise(house, number, reason="We cannot."),
                lambda house: hand_over_promise(house, number, owner_email="omar@house.example"),
            )
        )

    def _setting(self, engine: Engine, today: date) -> Happening:
        book = Book(accounts=tuple(self.accounts), contacts=tuple(self.contacts))
        setting = books.make_setting(self.random, today)
        layer, key = books.layer_of(self.random, book)
        setting = replace(setting, layer=layer, layer_key=key)
        return lambda house: set_at_layer(house, setting)

    # files

    def _import(self, engine: Engine, today: date) -> Happening:
        random, moment = self.random, books.moments_around(self.random, today)
        who = random.choice(self.contacts)
        rows: dict[str, Any] = random.choice(
            (
                {"touchpoints": books.make_touchpoint(random, who, moment)},
                {"touchpoints": books.make_touchpoint(random, who, moment)},
                {"asks": books.make_ask(random, who, moment, today)},
                {"promises": books.make_promise(random, who, today)},
                {"accounts": self._change_account(today)},
                {"contacts": self._change_contact(today)},
            )
        )
        book = Book(**{kind: (row,) for kind, row in rows.items()})
        paths = [path for path in write_csv(book, self.folder) if path.stem in rows]
        texts = {path.name: path.read_bytes() for path in paths}
        return lambda house: self._import_texts(house, texts)

    def _import_texts(self, house: Engine, texts: dict[str, bytes]) -> None:
        for name, text in texts.items():
            (self.folder / name).write_bytes(text)
        import_files(house, [self.folder / name for name in texts])

    def _change_account(self, today: date) -> Any:
        place = self.random.randrange(len(self.accounts))
        other = books.make_account(self.random, today, 0)
        names = self.random.sample(("tier", "owner_email", "country", "timezone", "annual_revenue", "renewal_on"), 2)
        self.accounts[place] = replace(self.accounts[place], **{name: getattr(other, name) for name in names})
        return self.accounts[place]

    def _change_contact(self, today: date) -> Any:
        """Another address may make it another person, or the same as somebody else."""
        place = self.random.randrange(len(self.contacts))
        other = books.make_contact(self.random, today, self.accounts[0], 0)
        names = self.random.sample(("email", "phone", "role", "timezone", "paused_until", "opted_out_on"), 2)
        self.contacts[place] = replace(self.contacts[place], **{name: getattr(other, name) for name in names})
        return self.contacts[place]


def do(happening: Happening, engine: Engine) -> str | None:
    """What was said against it, if anything."""
    try:
        happening(engine)
    except HeedError as error:
        return str(error)
    return None


def _working_day(today: date, days: int) -> date:
    """So many days from today, or the next day on which somebody works."""
    return working_days_after(today + timedelta(days=days - 1), 1, None)
