"""What a client would get now: the survey and the message, made as they are really made, and kept nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace

from sqlalchemy.orm import Session

from engine.data.accounts import find_first_contact, list_people_to_try
from engine.data.clients import describe_contact, find_asks, find_waiting_ask
from engine.errors import NotFoundError
from engine.house import Engine
from engine.operations.decisions import find_one_contact, tailor_as_if
from engine.operations.forms import Form, read_forms
from engine.operations.invitations import Stationery, write_invitation
from engine.operations.looks import logo_finder
from engine.operations.planning import write_forms
from engine.survey.logic import opened_by
from engine.types import OCCASIONS, Message, Survey

NO_SECRET = "of a preview, whose links lead nowhere"  # noqa: S105  (that is the point)


@dataclass(frozen=True)
class Preview:
    """`planned`: an ask like this waits to be sent; otherwise it is what they would get if they were asked today."""

    form: Form
    message: Message
    planned: bool


def preview_contact(engine: Engine, contact_id: int, occasion: str = "") -> Preview:
    """Raises NotFoundError where there is no survey for the occasion."""
    occasion = occasion if occasion in OCCASIONS else ""
    with engine.store.read(engine.scope) as session:
        waiting = find_waiting_ask(session, contact_id) if not occasion else None
        form = read_forms(engine, session, find_asks(session, [waiting]))[0] if waiting else None
    if form is None:
        form = _form_as_if(engine, contact_id, occasion)
    stationery = Stationery(engine.config, NO_SECRET, logo_finder(engine))
    return Preview(form, write_invitation(stationery, form, 1), planned=waiting is not None)


def preview_survey(engine: Engine, survey: Survey, who: str, *, whole: bool = False) -> Form:
    """The form of a survey, as it is being written, for a contact named as `find_one_contact` takes them.

    `whole`: every question of the bank, whoever is meant; else what would be picked for them. Nothing is kept. Raises
    NotFoundError and AmbiguousError.
    """
    with engine.store.read(engine.scope) as session:
        contact_id = find_one_contact(session, who).id if who else find_first_contact(session)
    if contact_id is None:
        raise NotFoundError("There is nobody yet whom it could be tried as: bring in a contact first.")
    if not whole:
        return _form_as_if(engine, contact_id, survey.occasions[0], survey)
    once = [each for each in survey.questions if not each.for_each and not opened_by(each)]
    entries: list[object] = [{"question": each.name, "promise": None} for each in once]
    with engine.store.read(engine.scope) as session:
        ask = _ask_as_if(session, contact_id, survey.occasions[0], entries)
        return read_forms(engine, session, [ask], survey)[0]


def list_people(engine: Engine) -> list[tuple[str, str]]:
    """Some people as whom a survey can be tried: ACCOUNT/KEY, and who that is."""
    with engine.store.read(engine.scope) as session:
        found = list_people_to_try(session, 50)
    return [(f"{one.account.key}/{one.key}", f"{one.name or one.key} ({one.account.name})") for one in found]


def _form_as_if(engine: Engine, contact_id: int, occasion: str, survey: Survey | None = None) -> Form:
    decided, tailored = tailor_as_if(engine, contact_id, occasion, survey)
    row = tailored.frame.row(0, named=True)
    if not row["survey"]:
        raise NotFoundError("There is no survey for this occasion yet, so there is nothing to look at.")
    entries = json.loads(write_forms(decided, tailored)[0])
    with engine.store.read(engine.scope) as session:
        ask = _ask_as_if(session, contact_id, row["occasion"], entries)
        return read_forms(engine, session, [ask], survey or decided.surveys[row["survey"]])[0]


def _ask_as_if(session: Session, contact_id: int, occasion: str, entries: list[object]) -> SimpleNamespace:
    """What `find_asks` would say of the ask, were there one."""
    person = describe_contact(session, contact_id)
    if person is None:
        raise NotFoundError("There is no such person.")
    return SimpleNamespace(
        **person._mapping,
        id=0,
        status="planned",
        occasion=occasion,
        form=entries,
        personal_note=None,
        send_at=None,
        sent_at=None,
        answered_at=None,
        expires_at=None,
        survey_version_id=None,
        survey_digest=None,
    )
