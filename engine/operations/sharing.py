"""What a client does with their page of promises besides judging one: comment on it, show it to colleagues."""

from __future__ import annotations

from dataclasses import replace

from engine.data.models import Voice
from engine.data.promises import find_promise
from engine.errors import InputError, LinkError
from engine.house import Engine
from engine.operations.promise_steps import taking_step
from engine.operations.verdicts import PromisesPage, read_page
from engine.operations.wishes import find_by_link
from engine.private import read_terms
from engine.types import clean_text

LONGEST = 20_000


def comment_promise(engine: Engine, token: str, number: int, words: str) -> None:
    """Keep what a client says about a promise to them. Raises LinkError, and InputError where nothing is said."""
    said = clean_text(words).strip()
    if not 0 < len(said) <= LONGEST:
        raise InputError("Please write a few words.", about="words")
    with engine.store.write(engine.scope) as session:
        contact = find_by_link(engine, session, token, "promises")[0]
        promise = find_promise(session, number)
        if promise is None or promise.contact_id != contact.id or promise.status not in ("agreed", "done", "declined"):
            raise LinkError("This link does not work.")
        if read_terms(contact.account.private_fields).forbid_words:
            raise InputError("By agreement with your company we keep nothing in your own words.", about="words")
        author = contact.name or contact.email or contact.key
        with taking_step(engine, session, promise, "noted", author=author, actor="client", reason=said):
            pass
        voice = Voice(account_id=contact.account_id, contact_id=contact.id, source="promise", said_at=engine.clock())
        voice.words, voice.promise_id = said, promise.id
        session.add(voice)


def share_promises(engine: Engine, token: str, *, share: bool) -> None:
    """Let colleagues see what was promised to this contact, or no longer. Raises LinkError."""
    with engine.store.write(engine.scope) as session:
        find_by_link(engine, session, token, "promises")[0].shares_promises = share


def open_shared(engine: Engine, token: str) -> PromisesPage:
    """What a contact shares, to be read only, without what they said. Raises LinkError where they share nothing."""
    with engine.store.read(engine.scope) as session:
        contact = find_by_link(engine, session, token, "shared")[0]
        if not contact.shares_promises:
            raise LinkError("This link does not work.")
        page = read_page(engine, session, contact)
        return replace(page, outcomes=tuple(outcome.without_words() for outcome in page.outcomes), shared=())
