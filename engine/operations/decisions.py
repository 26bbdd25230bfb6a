"""Deciding for real: read the Book, decide, and either plan asks or explain. The deciding itself is engine.decide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy.orm import Session

from engine.data import plans
from engine.data.accounts import find_contacts
from engine.data.book import linked_accounts
from engine.data.facts import read_facts
from engine.data.heard import read_known
from engine.data.models import Contact
from engine.data.rivals import find_rivals
from engine.data.waiting import Looks
from engine.decide.book import ACCOUNT_TOUCHPOINT, COLUMNS, TOUCHPOINT, Book
from engine.decide.changes import what_if
from engine.decide.endings import Kept
from engine.decide.explanation import Explanation, explain, find_hold
from engine.decide.outline import Line, as_if_due, outline, values_of
from engine.decide.plan import OWN_WORD, resolve
from engine.decide.planner import Decisions, decide
from engine.decide.records import read_record
from engine.decide.replay import replay
from engine.decide.says import Said
from engine.decide.sentences import Teller
from engine.decide.tailoring import Supplies, Tailored, tailor
from engine.decide.takers import find_takers, list_takers, with_names
from engine.errors import AmbiguousError, NotFoundError
from engine.house import Engine
from engine.language import ENGLISH, Language
from engine.survey.bank import SINCE_LAST_ASK
from engine.survey.logic import last_in_condition
from engine.types import Limit, Moment, Survey

SLICE = 2000
"""Contacts explained at a time."""


@dataclass(frozen=True)
class Decided:
    """What was decided at a moment, with the Book and everything that tailoring needs."""

    book: Book
    decisions: Decisions
    surveys: Mapping[str, Survey]
    read_supplies: Callable[..., Supplies]
    versions: Mapping[str, int]
    """The version of each survey that asks are made from."""
    without_rivals: bool = False
    """Others may want the same places, too many to look at: limits are as they would be without them."""

    @cached_property
    def supplies(self) -> Supplies:
        """Read when somebody is tailored for: most who are explained are not to be asked."""
        return self.read_supplies()


def decide_accounts(
    engine: Engine,
    moment: Moment,
    account_ids: Collection[int] | None = None,
    *,
    due: bool = False,
    contact_id: int | None = None,
) -> Decided:
    """Decide for these accounts (None: all), or for those of them that are due, or for what matters to a contact."""
    channels = tuple(engine.plugins.channels)
    book, values, current = read_facts(engine.store, moment, account_ids=account_ids, due=due, channels=channels)
    plan = resolve(book, engine.plugins.catalog, values)
    decisions = decide(book, plan, engine.plugins.strategies, channels, contact_id)
    surveys = {name: survey for name, (_, survey) in current.items()}
    supplies = partial(_read_supplies, engine, moment, decisions, surveys)
    return Decided(book, decisions, surveys, supplies, {name: version for name, (version, _) in current.items()})


def _read_supplies(
    engine: Engine,
    moment: Moment,
    decisions: Decisions,
    surveys: Mapping[str, Survey],
    accounts: Collection[int] | None = None,
) -> Supplies:
    """What is known of those who would be asked, and of their accounts: of these, else of all."""
    rows = decisions.frame["decision"].is_in(["ask", "limited"]).arg_true()
    asks = decisions.plan.frame[rows][["contact_id", "account_id", "person_id", "timezone", "today"]]
    asks = asks if accounts is None else asks.filter(pl.col("account_id").is_in(list(accounts)))
    own_words = [name for name, kind in engine.plugins.question_types.items() if kind.own_words]
    known = read_known(engine.store, asks, moment, _find_lows(engine, surveys.values()), _find_looks(surveys.values()))
    return Supplies(surveys, own_words, **known)


def _find_lows(engine: Engine, surveys: Iterable[Survey]) -> dict[tuple[str, str], float]:
    """The scores up to which each question's count as low."""
    types = engine.plugins.question_types
    questions = ((survey, question) for survey in surveys for question in survey.questions if question.type in types)
    found = {(survey.name, each.name): types[each.type].low_up_to(each) for survey, each in questions}
    return {question: most for question, most in found.items() if most is not None}


def _find_looks(surveys: Iterable[Survey]) -> Looks:
    """What questions are repeated for, and which earlier answers decide whether one is asked."""
    questions = [(survey, question) for survey in surveys for question in survey.questions]
    happened = [question for _, question in questions if question.for_each == SINCE_LAST_ASK]
    kinds = {kind for question in happened for kind in question.touchpoints}
    answers = {(survey.name, name) for survey, question in questions for name in last_in_condition(question.show_if)}
    return Looks(kinds if all(question.touchpoints for question in happened) else None, answers)


def tailor_rows(engine: Engine, decided: Decided, rows: pl.Series) -> Tailored:
    return tailor(decided.decisions, rows, decided.book.kinds, engine.plugins.strategies, decided.supplies)


def ask_about_nobody(engine: Engine) -> Said:
    """What every strategy would say, asked about a Book without rows: its sentences, and whether it fails."""
    schema: dict[str, Any] = {column.name: column.dtype for column in COLUMNS}
    schema |= {prefix + "something": pl.Date for prefix in (TOUCHPOINT, ACCOUNT_TOUCHPOINT)}
    book = Book(pl.DataFrame(schema=schema), ("something",))
    return decide(book, resolve(book, engine.plugins.catalog, []), engine.plugins.strategies).said


def tailor_as_if(
    engine: Engine, contact_id: int, occasion: str = "", survey: Survey | None = None
) -> tuple[Decided, Tailored]:
    """The form that a contact would get today, were they asked: for this occasion, else for their next, else for a
    check-in; from this survey, else from the one that is kept for it. Nothing is written."""
    moment = engine.moment()
    decided = decide_accounts(engine, moment, linked_accounts(engine.store, contact_id))
    mine = pl.col("contact_id") == contact_id
    next_for = pl.lit(occasion) if occasion else pl.coalesce("occasion", pl.lit("relationship"))
    asked = decided.decisions.frame.with_columns(
        decision=pl.when(mine).then(pl.lit("ask")).otherwise(pl.lit("hold")),
        occasion=pl.when(mine).then(next_for).otherwise("occasion"),
    )
    decisions = replace(decided.decisions, frame=asked)
    surveys = {survey.name: replace(survey, touchpoints=())} if survey else decided.surveys
    supplies = partial(_read_supplies, engine, moment, decisions, surveys)
    found = replace(decided, decisions=decisions, surveys=surveys, read_supplies=supplies)
    return found, tailor_rows(engine, found, asked.select(mine.arg_true()).to_series())


# explaining


def explain_contact(engine: Engine, who: str, on: date | None = None, language: Language = ENGLISH) -> Explanation:
    """Explain one contact, named by e-mail address, key or ACCOUNT/KEY. Raises NotFoundError or AmbiguousError."""
    with engine.store.read(engine.scope) as session:
        contact_id = find_one_contact(session, who).id
    return explain_known(engine, contact_id, on, language)


def explain_known(engine: Engine, contact_id: int, on: date | None = None, language: Language = ENGLISH) -> Explanation:
    """The same for a contact that was found already."""
    with engine.plugins.watched() as watch:
        decided = _decide_with_rivals(engine, engine.moment(on), contact_id)
        row = (decided.decisions.frame["contact_id"] == contact_id).arg_true()
        told = next(_explain_rows(engine, decided, row, language))
    told = replace(told, errors=tuple(watch.errors), without_rivals=decided.without_rivals)
    with engine.store.read(engine.scope) as session:
        kept = plans.find_record(session, contact_id, told.on)
    if kept is None:
        return told
    says, sentences = kept[0].says, kept[1].sentences
    return replay(told, says, sentences, read_names(engine, list_takers([read_record(says, sentences)])))


def _decide_with_rivals(engine: Engine, moment: Moment, contact_id: int) -> Decided:
    """Decide for the accounts that are connected with a contact's. Where the contact would be asked, and a limit counts
    beyond accounts and persons, also for those who may want the same places, as far as they are few."""
    accounts = linked_accounts(engine.store, contact_id)
    decided = decide_accounts(engine, moment, accounts, contact_id=contact_id)
    frame = decided.decisions.frame
    would_ask = frame["decision"].is_in(["ask", "limited"])
    if not would_ask.filter(frame["contact_id"] == contact_id).all():
        return decided
    shared = {
        name
        for place, say in enumerate(decided.decisions.limits)
        if isinstance(say.what, Limit) and frame[f"used:{place}"].null_count() < frame.height
        for name in say.what.per
    } - OF_ONE
    if not shared:
        return decided
    wider = _find_rivals(engine, moment, accounts, shared)
    if wider is None:
        return replace(decided, without_rivals=True)
    if not wider - accounts:
        return decided
    found = decide_accounts(engine, moment, accounts | wider)
    return replace(found, read_supplies=partial(found.read_supplies, accounts))  # rivals are not told about


OF_ONE = {"account_id", "person_id", "today"}
"""What nobody shares with other accounts' people but those who are known at several."""


def _find_rivals(engine: Engine, moment: Moment, accounts: set[int], shared: Collection[str]) -> set[int] | None:
    """Everybody in a small house. Else those who are due: of nobody else anything could be decided today. Where only
    places of owners are shared, whoever is connected through them is enough. None: they are too many to look at."""
    due = None if moment.on else (moment.now + timedelta(hours=14)).date()
    return find_rivals(engine.store, accounts, due, of_owners=shared == {"owner"})


def find_one_contact(session: Session, who: str) -> Contact:
    found = find_contacts(session, who)
    if not found:
        raise NotFoundError(
            f"There is no contact “{who}”. Name one by e-mail address, by key, or as ACCOUNT/KEY.", about=who
        )
    if len(found) > 1:
        matches = [f"{contact.account.key}/{contact.key}" for contact in found]
        raise AmbiguousError(
            f"Several contacts are “{who}”: {', '.join(matches)}. Name one of these.", about=who, matches=matches
        )
    return found[0]


def explain_all(engine: Engine, on: date | None = None, language: Language = ENGLISH) -> Iterator[Explanation]:
    """Explain every contact, account by account."""
    decided = decide_accounts(engine, engine.moment(on))
    yield from _explain_rows(engine, decided, pl.int_range(decided.decisions.frame.height, eager=True), language)


def _explain_rows(engine: Engine, decided: Decided, rows: pl.Series, language: Language) -> Iterator[Explanation]:
    lines = outline(decided.decisions)
    errors = tuple(str(error) for error in decided.decisions.said.errors)
    tailored = _tailored_asks(engine, decided, rows)
    for start in range(0, len(rows), SLICE):
        part = rows.slice(start, SLICE)
        changes = what_if(decided.decisions, part, OWN_WORD)
        takers = find_takers(decided.decisions, part)
        values = values_of(decided.decisions, part).hstack(changes).hstack(takers).to_dicts()
        names = read_names(engine, {row["contact_id"] for row in values} | list_takers(values))
        for row in values:
            told = explain(lines, with_names(row, names), who(names[row["contact_id"]]), language)
            tailoring = tailored.get(row["contact_id"])
            how = tailoring(Teller(row["today"], language)) if tailoring else {}
            yield replace(told, errors=errors, **how)


def read_names(engine: Engine, contact_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    with engine.store.snapshot() as snapshot:
        return plans.read_names(snapshot, contact_ids).rows_by_key("contact_id", named=True, unique=True)


def who(names: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "contact": {name: names[name] for name in ("key", "email", "name")},
        "account": {"key": names["account_key"], "name": names["account_name"], "tier": names["tier"]},
    }


def _tailored_asks(engine: Engine, decided: Decided, shown: pl.Series) -> dict[int, Callable[[Teller], dict[str, Any]]]:
    """How asks, and those that a limit left out, would be tailored, by contact; told when it is asked for.

    Colleagues come with the rows that are shown, because they share questions between them. Those left out are
    tailored by themselves, so that they take no question from a colleague who is asked.
    """
    found: dict[int, Callable[[Teller], dict[str, Any]]] = {}
    frame = decided.decisions.frame
    accounts = frame["account_id"].to_numpy()
    here = pl.Series(np.isin(accounts, accounts[shown.to_numpy()]))
    for decision in set(frame["decision"][shown]) & {"ask", "limited"}:
        rows = (here & (frame["decision"] == decision)).arg_true()
        if len(rows):
            tailored = tailor_rows(engine, decided, rows)
            for place, contact_id in enumerate(tailored.frame["contact_id"]):
                found[contact_id] = partial(tailored.tell, place)
    return found


# deciding again, before sending


def recheck(engine: Engine, contact_ids: Iterable[int], moment: Moment) -> dict[int, Kept | None]:
    """For contacts with a waiting ask: why it may not go out today, or None. Facts are read afresh."""
    with engine.store.read(engine.scope) as session:
        waiting = dict(plans.read_waiting(session, list(contact_ids)))
        accounts = set(plans.read_account_ids(session, list(waiting)))
    book, values, _ = read_facts(engine.store, moment, account_ids=accounts, channels=tuple(engine.plugins.channels))
    decisions = decide(book, resolve(book, engine.plugins.catalog, values), engine.plugins.strategies)
    rows = decisions.frame["contact_id"].is_in(list(waiting)).arg_true()
    lines = outline(decisions)
    found = values_of(decisions, rows).to_dicts()
    return {row["contact_id"]: _why_not(decisions, lines, row, waiting[row["contact_id"]]) for row in found}


def _why_not(decisions: Decisions, lines: list[Line], values: Mapping[str, Any], occasion: str) -> Kept | None:
    if values["decision"] in ("ask", "limited") and values["occasion"] == occasion:
        return None
    return find_hold(lines, as_if_due(decisions, values), occasion)
