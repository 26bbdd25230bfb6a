"""A client's form as it stands: opening it changes nothing. Read once, plain afterwards: pages need no session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.orm import Session

from engine.data.clients import find_asks, read_answers, read_survey_content
from engine.errors import LinkError
from engine.house import Engine
from engine.links import read_ask_token
from engine.operations.company import Client, Company, read_companies, read_link_secret
from engine.operations.earlier import Happened, Last, read_happened, read_last
from engine.operations.outcomes import Outcome, first_name, local_day, name_from_email, read_outcomes
from engine.private import Terms, read_terms
from engine.survey.bank import survey_from_dict
from engine.survey.logic import answer_fact, opened_by
from engine.types import Given, Question, Survey

OPENS = ("sending", "sent", "opened", "started", "answered", "declined", "in_doubt", "bounced")
"""Statuses whose link opens. Whoever holds the link of a bounced ask, or one in doubt, has got it after all."""

TOUCHED = ("opened", "started", "answered", "declined", "in_doubt", "bounced")
"""Statuses in which something may have been saved."""

PICKED = ("nps", "nps_plus")
"""Question types whose points, 0 to 10, a message offers as buttons. A button fills one in and records nothing."""


@dataclass(frozen=True)
class Item:
    """One question of a form. `field` names its inputs; `promise`, `touchpoint`: what it is repeated for."""

    field: str
    question: Question
    promise: Outcome | None = None
    touchpoint: Happened | None = None

    @property
    def is_repeated(self) -> bool:
        """Whether it is one of several that ask the same of something else."""
        return self.promise is not None or self.touchpoint is not None

    @cached_property
    def waits(self) -> bool:
        """Whether it is asked only once another answer opens it."""
        return bool(opened_by(self.question))

    @cached_property
    def key(self) -> tuple[str, int | None, int | None]:
        """What tells its answer from the others of the same ask."""
        promise, touchpoint = self.promise, self.touchpoint
        return self.question.name, promise.number if promise else None, touchpoint.id if touchpoint else None


@dataclass(frozen=True, kw_only=True)
class Form:
    """A client's form as it stands. `zone`: where the client is; `given`: what was answered before, by field."""

    ask_id: int
    contact_id: int
    link_round: int
    status: str
    occasion: str
    survey: Survey
    items: tuple[Item, ...]
    contact_name: str
    contact_email: str
    contact_phone: str
    owner_name: str
    owner_email: str
    company: Company
    facts: Mapping[str, Any]
    locales: tuple[str | None, ...]
    zone: ZoneInfo
    today: date
    paused_until: date | None
    send_at: datetime | None
    answered_at: datetime | None
    expires_at: datetime | None
    came_of_it: tuple[Outcome, ...]
    promised: tuple[Outcome, ...]
    given: Mapping[str, Given] = field(default_factory=dict)
    last: Mapping[str, Last] = field(default_factory=dict)
    """What was answered at earlier asks, by question, where a question of this form looks at it."""
    note: str = ""
    """What the account team wrote above the message."""
    terms: Terms = field(default_factory=Terms)
    """What the client's own terms do not let us keep, and so not ask."""

    @property
    def answered_on(self) -> date:
        return local_day(self.answered_at, self.zone) if self.answered_at else self.today

    @property
    def picked(self) -> Item | None:
        """The question that a button in the message answers; none once it is answered."""
        open_items = (item for item in self.items if item.field not in self.given)
        return next((item for item in open_items if item.question.type in PICKED), None)

    @property
    def seconds(self) -> int:
        return sum(item.question.seconds for item in self.items if not item.waits)

    def facts_with(self, given: Mapping[str, Given]) -> dict[str, Any]:
        """The facts, and what is answered (by field) so far, for questions that look at it."""
        told = (item for item in self.items if not item.is_repeated)
        answers = {item.question.name: answer_fact(given.get(item.field)) for item in told}
        return {**self.facts, "answers": answers}


def open_form(engine: Engine, token: str, *, brief: bool = False) -> Form:
    """Read a client's form. Raises LinkError, `about` saying whether the link is wrong or expired.

    `brief`: of an ask that is answered, leave out what was asked and answered.
    """
    with engine.store.read(engine.scope) as session:
        asks = find_asks(session, [read_ask_token(read_link_secret(engine, session), token)])
        if not asks:
            raise LinkError("This link does not work.")
        check_open(asks[0].status, asks[0].expires_at, engine.clock())
        return read_forms(engine, session, asks, brief=brief)[0]


def check_open(status: str, expires_at: datetime | None, now: datetime) -> None:
    """Raise LinkError unless the link of such an ask opens."""
    if status == "expired" or (expires_at and expires_at <= now):
        raise LinkError("This link has run out.", about="expired")
    if status not in OPENS:
        raise LinkError("This link does not work.")


def read_forms(
    engine: Engine, session: Session, asks: Sequence[Any], survey: Survey | None = None, *, brief: bool = False
) -> list[Form]:
    """The forms of asks as `find_asks` reads them; of this survey, else of the one that each was made from."""
    clients = [Client(ask.account_tier, ask.account_id, ask.contact_id) for ask in asks]
    seen = list(zip(asks, read_companies(engine, session, clients), strict=True))
    zones = {ask.contact_id: company.zone(ask.contact_timezone, ask.account_timezone) for ask, company in seen}
    outcomes = read_outcomes(session, {ask.contact_id: zones[ask.contact_id] for ask in asks if ask.has_promises})
    return [
        _form(engine, session, ask, survey or _survey(session, ask), company, outcomes.get(ask.contact_id, ()), brief)
        for ask, company in seen
    ]


def _form(
    engine: Engine, session: Session, ask: Any, survey: Survey, company: Company, outcomes: Sequence[Outcome],
    brief: bool,
) -> Form:  # fmt: skip
    zone = company.zone(ask.contact_timezone, ask.account_timezone)
    terms = read_terms(ask.private_fields)
    brief = brief and ask.status == "answered"
    happened = {} if brief else read_happened(engine, session, ask, zone)
    items = () if brief else _items(survey, ask.form or [], outcomes, happened, terms)
    last = {} if brief else read_last(session, ask, survey, [item.question for item in items], zone, terms)
    owner = ask.owner_name or name_from_email(ask.owner_email or "")
    return Form(
        ask_id=ask.id,
        contact_id=ask.contact_id,
        link_round=ask.link_round,
        status=ask.status,
        occasion=ask.occasion,
        survey=survey,
        items=items,
        contact_name=ask.contact_name or "",
        contact_email=ask.contact_email or "",
        contact_phone=ask.contact_phone or "",
        owner_name=owner,
        owner_email=ask.owner_email or "",
        company=company,
        facts=_facts(ask, company, owner) | _last_facts(last),
        locales=(ask.contact_locale, ask.account_locale),
        zone=zone,
        today=local_day(engine.clock(), zone),
        paused_until=ask.paused_until,
        send_at=ask.send_at,
        answered_at=ask.answered_at,
        expires_at=ask.expires_at,
        came_of_it=tuple(outcome for outcome in outcomes if outcome.ask_id != ask.id),
        promised=tuple(outcome for outcome in outcomes if outcome.ask_id == ask.id),
        given={} if brief else _given(session, ask.id, ask.status, items),
        last=last,
        note=ask.personal_note or "",
        terms=terms,
    )


def _facts(ask: Row[Any], company: Company, owner: str) -> dict[str, Any]:
    """What the wording of a question may speak of."""
    return {
        "company": {"name": company.name},
        "account": {
            "name": ask.account_name,
            "tier": ask.account_tier,
            "segment": ask.segment,
            "country": ask.country,
            "region": ask.region,
            "attributes": ask.account_attributes,
            "owner": {"name": owner, "first_name": first_name(owner)},
        },
        "contact": {
            "name": ask.contact_name,
            "first_name": first_name(ask.contact_name or ""),
            "role": ask.role,
            "influence": ask.influence,
            "attributes": ask.contact_attributes,
        },
        "ask": {"occasion": ask.occasion},
    }


_surveys: dict[str, Survey] = {}
"""Read surveys by the digest of their content, which never changes: no page reads one twice."""


def _survey(session: Session, ask: Row[Any]) -> Survey:
    if ask.survey_version_id is None:
        raise LinkError("This link does not work.")
    if ask.survey_digest not in _surveys:
        _surveys[ask.survey_digest] = survey_from_dict(read_survey_content(session, ask.survey_version_id))
    return _surveys[ask.survey_digest]


def _items(
    survey: Survey,
    form: Sequence[Mapping[str, Any]],
    outcomes: Sequence[Outcome],
    happened: Mapping[int, Happened],
    terms: Terms,
) -> tuple[Item, ...]:
    promises = {outcome.number: outcome for outcome in outcomes}
    found = []
    for item, place in _places(survey, tuple([entry["question"] for entry in form]), terms):
        about = {} if place is None else form[place]
        promise, touchpoint = promises.get(about.get("promise") or 0), happened.get(about.get("touchpoint") or 0)
        found.append(Item(item.field, item.question, promise, touchpoint) if promise or touchpoint else item)
    return tuple(found)


@lru_cache(maxsize=4096)
def _places(survey: Survey, names: tuple[str, ...], terms: Terms) -> list[tuple[Item, int | None]]:
    """Each item, of nothing in particular, and its place in the form; None: it waits for another's answer."""
    questions = {question.name: question for question in survey.questions}
    chosen: list[tuple[Question, int | None]] = [
        (questions[name], place) for place, name in enumerate(names) if name in questions
    ]
    for question in survey.questions:
        before = [place for place, (one, _) in enumerate(chosen) if one.name in opened_by(question)]
        if before:
            chosen.insert(before[-1] + 1, (question, None))
    items = ((Item(f"q{number}", question), place) for number, (question, place) in enumerate(chosen, start=1))
    return [(item, place) for item, place in items if not terms.forbid_answer(item.question)]


def _last_facts(last: Mapping[str, Last]) -> dict[str, Any]:
    return {"last": {name: {"value": one.value, "words": one.words} for name, one in last.items()}}


def read_given(session: Session, form: Form) -> Mapping[str, Given]:
    """What is answered by now, by field."""
    return _given(session, form.ask_id, form.status, form.items)


def _given(session: Session, ask_id: int, status: str, items: Sequence[Item]) -> dict[str, Given]:
    if status not in TOUCHED:
        return {}
    rows = {(row.question, row.promise_id, row.touchpoint_id): row for row in read_answers(session, ask_id)}
    found = ((item.field, rows.get(item.key)) for item in items)
    return {field: Given(row.value, row.score, row.words, row.data) for field, row in found if row}
