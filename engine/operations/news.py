"""What clients are shown of a promise: their page, the next survey's opening, and a short message when it changes.

A message is no ask: it counts nowhere, asks nothing, and at most one goes out to a person on a day, on a weekday during
the day where they are. What an invitation has told since is not told again. Whoever opted out, paused or does not want
such messages gets none.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from engine.data import news as data
from engine.data.clients import SHOWN, find_person, read_user_names
from engine.data.models import Contact, News, Promise
from engine.errors import InputError
from engine.house import Engine
from engine.language import Language
from engine.links import promises_token, wishes_token
from engine.operations.company import Company, client_of, read_company, read_link_secret
from engine.operations.dispatch import Posted, hand_over, is_daytime, open_line
from engine.operations.due_days import read_term
from engine.operations.invitations import ADDRESS, Stationery
from engine.operations.letters import tell_state, tell_step
from engine.operations.looks import logo_finder
from engine.operations.outcomes import Outcome, first_name, local_day, name_from_email, read_outcomes, show_promise
from engine.operations.promise_steps import find_promise, name
from engine.types import Message, Receipt

log = logging.getLogger(__name__)

MOST = 90
"""Days for which any house may look back."""


@dataclass(frozen=True)
class Preview:
    """Exactly what a client sees of a promise, in their language. `shown`: whether they see it already."""

    number: str
    shown: bool
    language: str
    said: str | None
    title: str
    owner: str
    state: str
    steps: tuple[str, ...]
    waits_for_verdict: bool
    subject: str
    message: str


def preview_promise(engine: Engine, number: int) -> Preview:
    """What the client sees, or would see once a draft is agreed. Raises InputError where it is to no one person."""
    with engine.store.read(engine.scope) as session:
        promise = find_promise(session, number)
        if promise.contact is None:
            raise InputError(f"{name(promise)} is to {promise.account.name} as a whole; no one client sees it.")
        stationery = Stationery(engine.config, read_link_secret(engine, session), logo_finder(engine))
        whose = _Reader(engine, session, promise.contact, stationery)
        owner = read_user_names(session, {promise.owner_email}).get(promise.owner_email)
        outcome = show_promise(promise, owner, whose.company.zone(promise.contact.timezone, promise.account.timezone))
        message = whose.write([outcome], promise.owner_email)
        return Preview(
            number=name(promise),
            shown=promise.status in SHOWN,
            language=whose.language.locale,
            said=promise.said,
            title=promise.title,
            owner=outcome.owner_name,
            state=tell_state(outcome, whose.language, whose.today),
            steps=tuple(
                f"{whose.language.day(step.on, whose.today)}: {tell_step(step, whose.language, whose.today)}"
                for step in outcome.steps
            ),
            waits_for_verdict=outcome.waits_for_verdict,
            subject=message.subject,
            message=message.text,
        )


def send_news(engine: Engine, on: date | None = None) -> Posted:
    """Tell clients what became of promises since they last heard. Raises HeedError where no mail server answers."""
    counts = Posted()
    now = engine.clock() if on is None else datetime.combine(on, time(12), engine.clock().tzinfo)
    with engine.store.read(engine.scope) as session:
        untold = data.list_untold(session, now - timedelta(days=MOST))
        stationery = (
            Stationery(engine.config, read_link_secret(engine, session), logo_finder(engine)) if untold else None
        )
    if stationery is None:
        return counts
    letters = [letter for each in sorted(untold.items()) if (letter := _write(engine, stationery, *each, now, counts))]
    if letters:
        with open_line(engine) as line:
            for row, message in letters:
                hand_over(engine, line, row, message, counts, _noting(row))
    return counts


def _write(
    engine: Engine, stationery: Stationery, contact_id: int, numbers: Mapping[int, int], now: datetime, counts: Posted
) -> tuple[News, Message] | None:
    """The message for a contact, where it may go out now."""
    try:
        with engine.store.read(engine.scope) as session:
            contact = find_person(session, contact_id)[0]
            whose = _Reader(engine, session, contact, stationery, now)
            if not whose.is_welcome():
                return None
            first = now - timedelta(days=read_term(engine, session, "promises.news_days", contact.account, contact))
            recent = [o for o in whose.outcomes() if o.number in numbers and o.steps[-1].on >= first.date()]
            if not recent:
                return None
            owner = session.get_one(Promise, recent[0].number).owner_email
            row = News(account_id=contact.account_id, contact_id=contact_id, person_id=contact.person_id)
            row.on, row.through_id = whose.today, max(numbers.values())
            return row, whose.write(recent, owner)
    except Exception:
        log.exception("contact %s cannot be told what became of promises", contact_id)
        counts.failed += 1
        return None


def _noting(row: News) -> Any:
    def note(session: Session, receipt: Receipt) -> None:
        """An address that does not work is not written to again, by whatever message."""
        if receipt.outcome == "refused":
            contact = session.get_one(Contact, row.contact_id)
            contact.bounced_channels = " ".join(sorted({*(contact.bounced_channels or "").split(), "email"}))

    return note


class _Reader:
    """Somebody who is written to: where and when they are, and in which language they read."""

    def __init__(
        self, engine: Engine, session: Session, contact: Contact, stationery: Stationery, now: datetime | None = None
    ) -> None:
        self._engine, self._session, self._stationery = engine, session, stationery
        self.contact, self.account = contact, contact.account
        self.company: Company = read_company(engine, session, client_of(contact))
        self.zone = self.company.zone(contact.timezone, self.account.timezone)
        self.now = (now or engine.clock()).astimezone(self.zone)
        self.today = local_day(self.now, self.zone)
        self.language: Language = stationery.languages.choose(
            [contact.wish_locale, contact.locale, self.account.locale, self.company.locale]
        )

    def is_welcome(self) -> bool:
        """No message on the day of another, none at night or at the weekend, none while they want to be left alone."""
        paused = self.contact.paused_until and self.contact.paused_until > self.today
        wanted = read_term(self._engine, self._session, "promises.news", self.account, self.contact) == "yes"
        told = data.was_told_on(self._session, self.contact.person_id, self.today)
        return wanted and not paused and not told and is_daytime(self.now)

    def outcomes(self) -> Sequence[Outcome]:
        return read_outcomes(self._session, {self.contact.id: self.zone})[self.contact.id]

    def write(self, outcomes: Sequence[Outcome], owner_email: str) -> Message:
        """The template's first line is the subject; both parts say the same."""
        config, environment = self._stationery.config, self._stationery.environment
        values = self._values(outcomes)
        subject, _, text = environment.get_template("messages/news.txt").render(values).partition("\n")
        owner, company, _ = outcomes[0].owner_name, self.company.name, self.language.gettext
        return Message(
            to=self.contact.email or "",
            to_name=self.contact.name or "",
            sender=config.sender,
            sender_name=_("%(name)s, %(company)s", name=owner, company=company),
            reply_to=owner_email if ADDRESS.fullmatch(owner_email) else None,
            subject=subject.strip(),
            text=text.strip() + "\n",
            html=environment.get_template("messages/news.html").render(values, subject=subject.strip()),
            pictures=self._stationery.pictures(self.company),
            message_id=f"<news-{self.contact.id}.{token_hex(8)}@{urlsplit(config.public_url).hostname}>",
        )

    def _values(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        secret, link = self._stationery.secret, self._stationery.config.link
        whose = self.contact.id, self.contact.link_round
        told = [
            {
                "said": outcome.said,
                "title": outcome.title,
                "owner": outcome.owner_name,
                "state": tell_state(outcome, self.language, self.today),
                "asks": outcome.waits_for_verdict,
            }
            for outcome in outcomes
        ]
        return {
            "_": self.language.gettext,
            "ngettext": self.language.ngettext,
            "language": self.language,
            "company": self.company,
            **self._stationery.show(self.company),
            "first_name": first_name(self.contact.name or ""),
            "owner": outcomes[0].owner_name or name_from_email(self.account.owner_email or ""),
            "outcomes": told,
            "promises_url": link(f"/p/{promises_token(secret, *whose)}"),
            "wishes_url": link(f"/w/{wishes_token(secret, *whose)}"),
        }
