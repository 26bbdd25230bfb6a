"""Drafts that are made for the account team after answers; each is agreed to, merged or dismissed.

An answer is safe before anything is suggested. What fails is left marked and suggested by the next run; nothing is
suggested twice after one answer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from engine.client import Client
from engine.data import suggesting
from engine.data.clients import change_ask, find_asks, lock_ask
from engine.data.models import Ask, Promise
from engine.data.promises import list_of_ask
from engine.data.settings import read_settings
from engine.data.surveys import current_surveys
from engine.decide.plan import value_for
from engine.errors import InputError, StateError
from engine.house import Engine
from engine.operations.drafts import Source, drafts_of, keep_draft
from engine.operations.due_days import local_today
from engine.operations.forms import Item
from engine.operations.journeys import read_part_owners
from engine.operations.keeping import Coming, answer_to, own_words, receive
from engine.operations.promise_steps import OPEN, find_for, find_promise, name, needed, taking_step
from engine.registry import Called
from engine.types import Answer, Draft, Given, Question

log = logging.getLogger(__name__)

BATCH = 25
"""So few that whoever answers meanwhile does not notice."""
LARGEST = 0.1
"""The share of accounts, by revenue, whose word weighs most."""
HALF_A_YEAR = timedelta(days=182)
HIGH_FROM = 0.8
"""Above this share of a scale a score is high: 9 and 10 of 0–10 (Reichheld, 2003), 5 of 1–5."""
Suggested = tuple[str, Draft]
"""A draft and the plugin that suggests it."""
TALKS = ("talk", "call_back")
"""One conversation is enough: who is called anyway is not called about each answer."""


def make_suggestions(engine: Engine) -> list[Promise]:
    """Draft what should follow from every answer that nothing was suggested for yet; one that fails waits for later."""
    made: list[Promise] = []
    with engine.store.read(engine.scope) as session:
        asks = suggesting.list_unsuggested_asks(session, BATCH)
    for ask_id in asks:
        try:
            made += _suggest_for_ask(engine, ask_id)
        except Exception:
            log.exception("nothing can be suggested for ask %s", ask_id)
    return made


def has_suggestions(engine: Engine) -> bool:
    """Whether there is an answer for which nothing was suggested yet."""
    with engine.store.read(engine.scope) as session:
        return bool(suggesting.list_unsuggested_asks(session, 1))


def _suggest_for_ask(engine: Engine, ask_id: int) -> list[Promise]:
    """Read and thought over first, written then, so that nobody who answers meanwhile waits for it.

    Answers that came in between leave the mark: they are suggested for by whoever sees it next.
    """
    with engine.store.read(engine.scope) as session:
        ask, row = session.get_one(Ask, ask_id), find_asks(session, [ask_id])[0]
        coming, read = receive(engine, session, row, {}), row.answered_at
        answers = _answers(coming)
        owners = read_part_owners(engine, session, ask.account_id)
        source = Source(ask.account, ask.contact, coming.form.today, ask, owners)
        drafts = find_drafts(engine, session, source, answers)
    with engine.store.write(engine.scope) as session:
        locked = lock_ask(session, ask_id)
        if locked is None or not locked.suggest or locked.answered_at != read:
            return []
        change_ask(session, ask_id, suggest=False)
        ask = session.get_one(Ask, ask_id)
        source = Source(ask.account, ask.contact, source.today, ask, owners)
        return keep_drafts(engine, session, source, drafts, answers, list_of_ask(session, ask_id))


def suggest_after_dispute(engine: Engine, number: int, words: str | None) -> list[Promise]:
    """The same after a client said on their own page that a promise was not kept."""
    with engine.store.write(engine.scope) as session:
        promise = find_promise(session, number)
        account, contact = promise.account, promise.contact
        if contact is None:
            return []
        answer = Answer(
            ask_id=None, account_id=account.id, contact_id=contact.id, survey="", question="promise_kept",
            type="yes_no", given=Given("no", None, words), answered_at=engine.clock(), promise=number,
        )  # fmt: skip
        owners = read_part_owners(engine, session, account.id)
        source = Source(account, contact, local_today(engine, session, account, contact, None), owners=owners)
        return suggest(engine, session, source, [answer])


def suggest(engine: Engine, session: Session, source: Source, answers: Sequence[Answer]) -> list[Promise]:
    """Draft what every plugin suggests after these answers."""
    return keep_drafts(engine, session, source, find_drafts(engine, session, source, answers), answers)


def find_drafts(engine: Engine, session: Session, source: Source, answers: Sequence[Answer]) -> list[Suggested]:
    """What every plugin suggests after these answers, one of each kind."""
    return _by_kind(engine, _ask_plugins(engine, session, source, answers))


def keep_drafts(
    engine: Engine,
    session: Session,
    source: Source,
    found: Sequence[Suggested],
    answers: Sequence[Answer],
    there: Sequence[Promise] = (),
) -> list[Promise]:
    """Make promises of drafts; of a kind that is there already, none."""
    kinds = {promise.kind for promise in there}
    kinds |= set(TALKS) if kinds & set(TALKS) else set()
    said = own_words(answer.given for answer in answers)
    made = (
        keep_draft(engine, session, source, draft, plugin, said, "Heed")
        for plugin, draft in found
        if draft.kind not in kinds
    )
    return [promise for promise in made if promise]


def _ask_plugins(engine: Engine, session: Session, source: Source, answers: Sequence[Answer]) -> Iterator[Called]:
    client, values = _read_client(engine, session, source), read_settings(session, [source.account.id])
    for plugin in engine.plugins.all.values():
        if "suggest_promises" in plugin.hooks and answers:
            own = [spec for spec in engine.plugins.catalog if spec.name.startswith(f"{plugin.name}.")]
            ids = {"account_id": source.account.id, "contact_id": source.contact.id}
            settings = {spec.key: value_for(spec, values, tier=source.account.tier, **ids)[0] for spec in own}
            yield engine.plugins.call_one(plugin.name, "suggest_promises", answers, client, settings)


def _by_kind(engine: Engine, called: Iterable[Called]) -> list[Suggested]:
    """The first draft of each kind, with what the others note."""
    first: dict[str, Suggested] = {}
    for each in called:
        for draft in drafts_of(engine, "suggest_promises", each):
            plugin, before = first.get(draft.kind, (each.name, draft))
            if before is not draft:
                before = replace(before, note="; ".join(filter(None, [before.note, draft.note])))
            first[draft.kind] = (plugin, before)
    return list(first.values())


def _read_client(engine: Engine, session: Session, source: Source) -> Client:
    account, contact = source.account, source.contact
    kept, let_down = suggesting.count_promises(session, contact.id, source.today)
    since = engine.clock() - HALF_A_YEAR
    return Client(
        contact_name=contact.name or "",
        account_name=account.name,
        tier=account.tier or "standard",
        weighs=suggesting.is_among_the_largest(session, account, LARGEST),
        let_down=let_down > 0,
        kept=kept,
        named=suggesting.count_named(session, account.id, since, read_lows(engine, session)),
    )


def read_lows(engine: Engine, session: Session) -> dict[tuple[str, str], tuple[float, str]]:
    """For each survey and question the highest low score, and what a low score is about."""
    types, found = engine.plugins.question_types, {}
    for survey_name, (_version, survey) in current_surveys(session).items():
        for question in survey.questions:
            low = types[question.type].low_up_to(question) if question.type in types else None
            if low is not None:
                # that somebody is unhappy as a whole is no cause
                measures = question.measures if question.measures != "loyalty" else None
                found[survey_name, question.name] = (low, question.about or measures or "")
    return found


# answers, with where their scores lie


def _answers(coming: Coming) -> list[Answer]:
    form = coming.form
    before = suggesting.read_scores_before(
        coming.session, coming.ask.contact_id, form.survey.name, coming.ask.answered_at or coming.now, coming.ask.id
    )
    given = [(item, form.given[item.field]) for item in form.items if item.field in form.given]
    return [
        _placed(coming, item, answer_to(coming, item.question, answer), {} if item.is_repeated else before)
        for item, answer in given
    ]


def _placed(coming: Coming, item: Item, answer: Answer, scores_before: Mapping[str, float]) -> Answer:
    question, promise = item.question, item.promise.number if item.promise else None
    kind, before = coming.engine.plugins.question_types.get(question.type), scores_before.get(question.name)
    low, score = kind.low_up_to(question) if kind else None, answer.given.score
    if low is None or score is None:
        return replace(answer, promise=promise)
    first, last = _ends(kind, question)
    band = answer.given.data.get("band")
    if band is None:
        band = "low" if score <= low else "high" if score > first + HIGH_FROM * (last - first) else "middle"
    fallen = None if before is None else (before - score) / (last - first)
    return replace(answer, promise=promise, band=band, before=before, fallen=fallen)


def _ends(kind: Any, question: Question) -> tuple[float, float]:
    """The first and last point of a question's scale, 1 to 5 where its type does not say."""
    if question.type == "nps_plus":
        return 0, 10
    return getattr(kind, "first", 1), question.options.get("scale", getattr(kind, "last", 5))


# what becomes of a draft


def merge_promise(engine: Engine, number: int, *, into: int, seen: int | None = None) -> Promise:
    """Let another promise answer a draft as well. It takes on what the client said."""
    with engine.store.write(engine.scope) as session:
        first, second = sorted((number, into))
        found = {each: find_promise(session, each) for each in (first, second)}  # in one order, so that none waits
        draft, target = find_for(session, number, "merge", seen=seen, wanted={"into": f"P-{into}"}), found[into]
        if number == into or target.status not in OPEN:
            raise StateError(f"{name(target)} is {target.status}; merge {name(draft)} into an open promise.")
        if draft.account_id != target.account_id or target.contact_id not in (None, draft.contact_id):
            raise InputError(
                f"{name(target)} is to somebody else, who would not see {name(draft)}. Agree to it, or make an "
                "initiative of both.",
                about=name(draft),
            )
        words = f"“{draft.said}”" if draft.said else f"“{draft.title}”"
        with taking_step(engine, session, draft, "merged", note=f"into {name(target)}"):
            draft.status, draft.merged_into_id, draft.respond_by = "merged", target.id, None
        with taking_step(engine, session, target, "noted", note=f"answers {name(draft)} as well: {words}"):
            target.said = target.said or draft.said
        return draft


def dismiss_promise(engine: Engine, number: int, *, reason: str, seen: int | None = None) -> Promise:
    """Put a draft aside, which the client has not seen. The reason is for the team."""
    with engine.store.write(engine.scope) as session:
        draft = find_for(session, number, "dismiss", seen=seen, wanted={"dismissed": reason})
        why = needed(reason, f"Dismissing {name(draft)} needs a reason, for the team.")
        with taking_step(engine, session, draft, "dismissed", note=why):
            draft.status, draft.respond_by = "dismissed", None
        return draft
