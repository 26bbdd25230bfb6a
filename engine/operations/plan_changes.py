"""Changes of the plan: each is checked, foreseen, written down and numbered; listed, compared, and taken back.

The plan has a version: the number of its last change. What is set is kept where deciding reads it; a change keeps what
was there before, so that any two versions can be compared and any change taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from engine.data import settings as data
from engine.data.accounts import find_account, list_tier_accounts
from engine.data.marks import mark_accounts
from engine.decide.contradictions import TIER_PLACES, Contradiction, find_contradictions
from engine.decide.versions import Change, Step, Where, apply_steps, compare, find_later, find_steps
from engine.errors import InputError, NotFoundError, StateError
from engine.house import Engine
from engine.operations.foresight import foresee_change
from engine.settings import as_text
from engine.types import SettingValue, clean_text


@dataclass(frozen=True)
class Wanted:
    """What is to stand at a layer: a value for each setting, or None so that the layer above counts.

    `account`: whose layer it is, or whose contact's.
    """

    where: Where
    account: int | None
    values: Mapping[str, Any]
    reverts: int | None = None


@dataclass(frozen=True)
class Changed:
    """What became of it. `number` None: all stood so already, and nothing was written. `warnings`: a sentence each."""

    number: int | None
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A change that is not made yet: every setting before and after."""

    wanted: Wanted
    steps: tuple[Step, ...]
    before: list[SettingValue]
    after: list[SettingValue]
    accounts: Collection[int] | None
    """Those it concerns; None: all."""


def change_plan(engine: Engine, want: Callable[[Session], Wanted], comment: str = "") -> Changed:
    """Make one change of the plan, or none. Raises InputError where settings would contradict each other.

    What it leads to is looked at before anything is locked; what is wanted is worked out once more when it is.
    """
    with engine.store.read(engine.scope) as session:
        draft = draft_change(engine, session, want(session))
    names = [step.name for step in draft.steps]
    warnings = tuple(foresee_change(engine, names, draft.before, draft.after, draft.accounts))
    with engine.store.write(engine.scope) as session:
        data.lock_settings(session)
        draft = draft_change(engine, session, want(session))
        return Changed(_write(engine, session, draft, comment), draft.steps, warnings)


def draft_change(engine: Engine, session: Session, wanted: Wanted) -> Draft:
    """Raises InputError where settings would contradict each other."""
    before = data.read_settings(session)
    steps = find_steps(before, wanted.where, wanted.values)
    after = apply_steps(before, wanted.where, steps, engine.author, engine.clock())
    draft = Draft(wanted, steps, before, after, _concerned(session, wanted))
    for owner in sorted({step.name.partition(".")[0] for step in steps}):
        for contradiction in list_contradictions(engine, session, owner, after, before, wanted.account):
            raise _refusal(draft, contradiction)
    return draft


def _concerned(session: Session, wanted: Wanted) -> Collection[int] | None:
    layer, key = wanted.where
    if wanted.account is not None:
        return {wanted.account}
    return list_tier_accounts(session, key) if layer == "tier" else None


def list_contradictions(
    engine: Engine,
    session: Session,
    owner: str,
    values: list[SettingValue],
    before: list[SettingValue] | None = None,
    account: int | None = None,
) -> Iterator[Contradiction]:
    """Of one plugin's settings, in each tier and in each account and contact that has one of its own.

    With `before`, only where something is in force that was not; with `account`, only there and of its people.
    """
    specs = engine.plugins.catalog.owned_by(owner)
    names = {spec.name for spec in specs}
    own = {(value.layer, value.layer_key) for value in values + (before or []) if value.name in names}
    places = data.find_places(session, own, account)
    places = chain(TIER_PLACES, places) if account is None else places
    yield from find_contradictions(specs, values, places, before)


def _refusal(draft: Draft, found: Contradiction) -> InputError:
    """Say it of what is being set; where the complaint is of another setting, name that one, too."""
    owner = found.name.partition(".")[0]
    own = [step.name for step in draft.steps if step.name.partition(".")[0] == owner]
    told = {name: f"“{as_text(value)}”" for name, value in found.settings.items()}
    if found.name in own or found.name not in told:
        name, beside = (found.name if found.name in told else own[0]), ""
    else:
        name, beside = own[0], f" while {found.name} is {told[found.name]}"
    return InputError(f"{name} cannot be {told[name]}{found.where}{beside}: {found.why}", about=name)


def _write(engine: Engine, session: Session, draft: Draft, comment: str) -> int | None:
    if not draft.steps:
        return None
    at, where = engine.clock(), draft.wanted.where
    for step in draft.steps:
        if step.after is None:
            data.remove_setting(session, step.name, *where)
        else:
            data.put_setting(session, SettingValue(step.name, *where, step.after, engine.author, at))
    mark_accounts(session, draft.accounts)
    comment = clean_text(comment).strip()
    change = Change(0, at, engine.author, comment, where, draft.steps, draft.wanted.reverts)
    return data.add_change(session, change, draft.wanted.account)


# looking back


@dataclass(frozen=True)
class ToldChange:
    """A change with whose layer it was: `of` is a tier, an account's key or ACCOUNT/KEY; empty for the house."""

    change: Change
    of: str

    def as_dict(self) -> dict[str, Any]:
        change = self.change
        layer, _ = change.where
        about = {"number": change.number, "at": change.at.isoformat(), "author": change.author}
        about |= {"comment": change.comment, "layer": layer, "of": self.of, "reverts": change.reverts}
        return about | {"settings": [vars(step) for step in change.steps]}


@dataclass(frozen=True)
class Difference:
    """A setting that stands otherwise at a layer in another version of the plan. None: nothing was set there."""

    name: str
    layer: str
    of: str
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def list_changes(engine: Engine, account: str | None = None) -> list[ToldChange]:
    """Every change, or those that concern an account, the newest first."""
    with engine.store.read(engine.scope) as session:
        found = data.list_changes(session, account=find_account(session, account) if account else None)
        names = _name_layers(session, (change.where for change in found))
    return [ToldChange(change, names[change.where]) for change in reversed(found)]


def diff_changes(engine: Engine, since: int, until: int | None = None, account: str | None = None) -> list[Difference]:
    """What differs between two versions of the plan, layer by layer. Version 0: before any change; None: now.

    With `account`, what concerns it. Raises NotFoundError for a version that was not there yet.
    """
    with engine.store.read(engine.scope) as session:
        last = data.last_change(session)
        for version in (since, last if until is None else until):
            if not 0 <= version <= last:
                raise NotFoundError(f"There is no version {version} of the plan; the last is {last}.")
        if until is not None and until < since:
            raise InputError(f"Version {until} is older than {since}; write the older one first.")
        of = find_account(session, account) if account else None
        found = compare(data.list_changes(session, after=since, until=until, account=of))
        names = _name_layers(session, (where for _, where in found))
    return [Difference(name, where[0], names[where], before, after) for (name, where), (before, after) in found.items()]


def _name_layers(session: Session, layers: Iterable[Where]) -> dict[Where, str]:
    """Tiers by name, accounts and contacts by their keys."""
    own = {(layer, key): key for layer, key in layers}
    return own | {(place.layer, place.key): place.of for place in data.find_places(session, own)}


def revert_change(engine: Engine, number: int, *, comment: str = "", force: bool = False) -> Changed:
    """Put back what stood before a change: a change itself. Settings that nobody else had changed are as they were.

    Raises NotFoundError, and StateError where a later change touched the same setting, unless `force`.
    """

    def want(session: Session) -> Wanted:
        change, account = data.find_change(session, number)
        later = {} if force else find_later(change, data.list_changes(session, after=number))
        for name, other in later.items():
            raise StateError(
                f"Change {number} cannot be taken back: {name} was changed again by change {other.number} "
                f"({other.author}, {other.at.day} {other.at:%b %Y}). Take that one back first, or use --force.",
                about=str(number),
            )
        values = {step.name: _still_valid(engine, step) for step in change.steps}
        return Wanted(change.where, account, values, reverts=number)

    return change_plan(engine, want, comment)


def _still_valid(engine: Engine, step: Step) -> Any:
    """A plugin may have been changed since, or removed."""
    return None if step.before is None else engine.plugins.catalog.read(step.name, step.before)
