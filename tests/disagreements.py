"""Where the engine and the oracle decide differently on generated books, each made as small as it still shows.

`python -m tests.disagreements --books 5000` compares so many, each imported into a database of its own.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from engine.app import open_house
from engine.config import Config
from engine.data import models
from engine.data.store import EVERYTHING, Store
from engine.errors import InputError
from engine.house import Engine
from engine.operations.decisions import explain_all
from engine.operations.imports import import_files
from engine.operations.settings import set_settings
from tests import oracle
from tests.generated_books import Scene, random_scene, write_csv
from tests.oracle import Book, Contact, Decision, Setting

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Disagreement:
    contact: oracle.Key
    expected: Decision
    found: Decision

    def __str__(self) -> str:
        pairs = ((f.name, getattr(self.expected, f.name), getattr(self.found, f.name)) for f in fields(Decision))
        return f"{'/'.join(self.contact)}: " + "; ".join(
            f"{name}: oracle {shown(mine)}, engine {shown(theirs)}" for name, mine, theirs in pairs if mine != theirs
        )


def shown(value: Any) -> str:
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(" ".join(map(str, part)) for part in value)) + "}"
    return str(value)


def disagreements(engine: Engine, scene: Scene, folder: Path, random: Random | None = None) -> list[Disagreement]:
    """Import the scene into the empty house and compare every contact's decision."""
    scene = bring_in(engine, scene, folder, random)
    expected, found = oracle_decisions(engine, scene), engine_decisions(engine, scene.on)
    assert expected.keys() == found.keys()
    return [Disagreement(key, expected[key], found[key]) for key in expected if expected[key] != found[key]]


def oracle_decisions(engine: Engine, scene: Scene) -> dict[oracle.Key, Decision]:
    return oracle.decide(replace(scene.book, imported_at=engine.clock()), scene.settings, scene.on)


def engine_decisions(engine: Engine, on: date) -> dict[oracle.Key, Decision]:
    told = (explanation.as_dict() for explanation in explain_all(engine, on))
    return {(one["account"]["key"], one["contact"]["key"]): as_decision(one) for one in told}


def as_decision(told: dict[str, Any]) -> Decision:
    """What `heed explain --json` says, as far as the oracle has an opinion."""
    return Decision(
        told["decision"],
        told["occasion"],
        told["next_ask_on"] and date.fromisoformat(told["next_ask_on"]),
        frozenset((r["strategy"], r["occasion"], date.fromisoformat(r["on"])) for r in told["reasons"]),
        frozenset(
            (h["strategy"], oracle.NEVER if h["until"] == "never" else date.fromisoformat(h["until"]))
            for h in told["holds"]
        ),
    )


# Into the house, by the doors that users have


def bring_in(engine: Engine, scene: Scene, folder: Path, random: Random | None = None) -> Scene:
    """What stands then: the scene without settings that were refused, because they contradict others."""
    company = [setting for setting in scene.settings if setting.name.startswith("company.")]
    for setting in company:
        set_at_layer(engine, setting)
    zone = company[0].value if company else "UTC"
    report = import_files(engine, write_csv(scene.book, folder, house_zone=zone, random=random))
    assert not report.rejections, [str(rejection) for rejection in report.rejections]
    for contact in scene.book.contacts:
        set_wishes(engine, contact)
    return replace(scene, settings=tuple(s for s in scene.settings if s in company or set_at_layer(engine, s)))


def set_at_layer(engine: Engine, setting: Setting) -> bool:
    """Whether it was set; one that contradicts others is refused."""
    key = "/".join(setting.layer_key) if isinstance(setting.layer_key, tuple) else setting.layer_key
    layer = {setting.layer: key} if setting.layer != "house" else {}
    try:
        set_settings(engine, {setting.name: setting.value}, **layer)
    except InputError as error:
        if error.about not in CAN_CONTRADICT:
            raise
        return False
    return True


CAN_CONTRADICT = (
    *("fatigue_limits.min_gap_days", "fatigue_limits.window_days"),
    *("touchpoint_followup.delay_days", "touchpoint_followup.expires_days"),
    *("promise_check.after_days", "promise_check.expires_days"),
)


def set_wishes(engine: Engine, contact: Contact) -> None:
    """As the wishes page will: there is no other door yet."""
    with engine.store.write(EVERYTHING) as session:
        at = models.Contact.account.has(models.Account.key == contact.account_key)
        row = session.scalars(select(models.Contact).where(at, models.Contact.key == contact.key)).one()
        row.wish_min_interval = contact.wish_min_interval
        row.wish_every_days = contact.wish_every_days
        row.wish_occasions_off = " ".join(contact.wish_occasions_off) or None


# The smallest scene that shows it


def smallest(scene: Scene, disagrees: Any) -> Scene:
    """Leave out rows, then simplify fields, as long as it still disagrees."""
    while (smaller := next((s for s in simpler(scene) if disagrees(s)), None)) is not None:
        scene = smaller
    return scene


def simpler(scene: Scene) -> Iterator[Scene]:
    for place in range(len(scene.settings)):
        yield replace(scene, settings=scene.settings[:place] + scene.settings[place + 1 :])
    for table in fields(Book):
        rows = getattr(scene.book, table.name)
        for place in range(len(rows) if isinstance(rows, tuple) else 0):
            if (book := without(scene.book, table.name, place)).contacts:
                yield replace(scene, book=book, settings=tuple(s for s in scene.settings if still_there(s, book)))
    for table in fields(Book):
        rows = getattr(scene.book, table.name)
        for place, row in enumerate(rows if isinstance(rows, tuple) else ()):
            for plain in plainer(row):
                changed = (*rows[:place], plain, *rows[place + 1 :])
                yield replace(scene, book=replace(scene.book, **{table.name: changed}))


def without(book: Book, table: str, place: int) -> Book:
    """The book without one row and all that refers to it."""
    rows = getattr(book, table)
    book = replace(book, **{table: rows[:place] + rows[place + 1 :]})
    accounts = {account.key for account in book.accounts}
    contacts = tuple(c for c in book.contacts if c.account_key in accounts)
    known = {c.id for c in contacts} | {(key, "") for key in accounts}
    history = {
        name: tuple(row for row in getattr(book, name) if (row.account_key, row.contact_key) in known)
        for name in ("asks", "touchpoints", "promises")
    }
    return replace(book, contacts=contacts, **history)


def still_there(setting: Setting, book: Book) -> bool:
    known = {"account": {a.key for a in book.accounts}, "contact": {c.id for c in book.contacts}}
    return setting.layer not in known or setting.layer_key in known[setting.layer]


def plainer(row: Any) -> Iterator[Any]:
    for column in fields(row):
        default = column.default
        if (
            not column.name.endswith("key")
            and isinstance(default, str | tuple | None)
            and getattr(row, column.name) != default
        ):
            yield replace(row, **{column.name: default})


def as_code(scene: Scene) -> str:
    """The scene to paste into a test; what is default is left out."""
    lines = [f"on={scene.on}"]
    for name in ("accounts", "contacts", "asks", "touchpoints", "promises"):
        lines += [row_as_code(row) for row in getattr(scene.book, name)]
    return "\n  ".join([*lines, *(row_as_code(setting) for setting in scene.settings)])


def row_as_code(row: Any) -> str:
    told = ((f.name, getattr(row, f.name)) for f in fields(row) if getattr(row, f.name) != f.default)
    return f"{type(row).__name__}({', '.join(f'{name}={shown_in_code(value)}' for name, value in told)})"


def shown_in_code(value: Any) -> str:
    return str(value) if isinstance(value, date) else repr(value)


# Many books


class Houses:
    """A new, empty house for each book, on a copy of one SQLite file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.template = folder, folder / "template.db"
        store = Store(f"sqlite:///{self.template}")
        store.upgrade()
        store.close()

    @contextmanager
    def new(self) -> Iterator[Engine]:
        for old in self.folder.glob("heed.db*"):
            old.unlink()
        shutil.copy(self.template, self.folder / "heed.db")
        config = Config(database_url=f"sqlite:///{self.folder / 'heed.db'}", secret="s" * 32)
        engine = open_house(config, lambda: NOW)
        yield engine
        engine.store.close()

    def compare(self, scene: Scene, random: Random | None = None) -> list[Disagreement]:
        with self.new() as engine:
            return disagreements(engine, scene, self.folder, random)


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--books", type=int, default=1000)
    options.add_argument("--first", type=int, default=0, help="the first seed")
    options.add_argument("--stop-after", type=int, default=3, help="disagreements to show")
    chosen = options.parse_args()
    found, contacts, began = 0, 0, time.monotonic()
    with TemporaryDirectory() as folder:
        houses = Houses(Path(folder))
        for seed in range(chosen.first, chosen.first + chosen.books):
            scene = random_scene(seed)
            contacts += len(scene.book.contacts)
            if houses.compare(scene, Random(seed)):
                found += 1
                least = smallest(scene, houses.compare)
                print(f"\nseed {seed}:\n  {as_code(least)}", *houses.compare(least), sep="\n  ", flush=True)
            if found >= chosen.stop_after:
                break
    print(f"{seed + 1 - chosen.first} books, {contacts} contacts, {found} disagree, {time.monotonic() - began:.0f} s")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
