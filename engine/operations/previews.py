"""What a client would get now: the survey and the message, made as they are really made, and kept nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace

from sqlalchemy.orm import Session

from engine.data.clients import describe_contact, find_asks, find_survey_digest, find_waiting_ask
from engine.errors import NotFoundError
from engine.house import Engine
from engine.operations.decisions import tailor_as_if
from engine.operations.forms import Form, read_forms
from engine.operations.invitations import Stationery, write_invitation
from engine.operations.planning import write_forms
from engine.types import OCCASIONS, Message

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
    return Preview(form, write_invitation(Stationery(engine.config, NO_SECRET), form, 1), planned=waiting is not None)


def _form_as_if(engine: Engine, contact_id: int, occasion: str) -> Form:
    decided, tailored = tailor_as_if(engine, contact_id, occasion)
    row = tailored.frame.row(0, named=True)
    if not row["survey"]:
        raise NotFoundError("There is no survey for this occasion yet, so there is nothing to look at.")
    entries = json.loads(write_forms(decided, tailored)[0])
    with engine.store.read(engine.scope) as session:
        ask = _ask_as_if(session, contact_id, row["occasion"], entries, decided.versions[row["survey"]])
        return read_forms(engine, session, [ask])[0]


def _ask_as_if(
    session: Session, contact_id: int, occasion: str, entries: list[object], version: int
) -> SimpleNamespace:
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
        survey_version_id=version,
        survey_digest=find_survey_digest(session, version),
    )
