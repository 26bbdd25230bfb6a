"""A desk for tests: two teams with an account each, everybody who may sit at it, and how they sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from engine.data.models import Account, Ask, Contact, Promise, SurveyVersion, Team, TeamAccount, TeamUser, User, Voice
from engine.house import Engine
from engine.operations.surveys import sync_surveys
from tests.conftest import NOW
from tests.factories import make_account, make_ask, make_contact, make_promise, make_touchpoint

ADMIN = "admin@house.example"
ROLES = ("viewer", "member", "owner", "lead")
STRANGER = "stranger@house.example"
"""The lead of the other team."""


@dataclass(frozen=True)
class Desks:
    """Ids of what the first team sees; `theirs` of what only the other team does."""

    team: int
    account: int
    contact: int
    promise: int
    draft: int
    ask: int
    voice: int
    theirs: dict[str, int]


def address(role: str) -> str:
    return f"{role}@house.example"


def furnish(engine: Engine) -> Desks:
    """Two teams, one account each with a person, promises and an ask that waits for approval."""
    sync_surveys(engine)
    with engine.store.write(engine.scope) as session:
        session.add(User(email=ADMIN, is_admin=True, created_at=NOW))
        ours, theirs = _make_team(session, "North"), _make_team(session, "South")
        for role in ROLES:
            _join(session, ours, address(role), role)
        _join(session, theirs, STRANGER, "lead")
        found = _make_relation(session, ours, "Northwind", "Nadia Bloom")
        other = _make_relation(session, theirs, "Southwind", "Sol Delgado")
    return Desks(team=ours.id, **found, theirs=other | {"team": theirs.id})


def _make_team(session: Any, name: str) -> Team:
    team = Team(name=name)
    session.add(team)
    session.flush()
    return team


def _join(session: Any, team: Team, email: str, role: str) -> None:
    user = User(email=email, created_at=NOW)
    session.add(user)
    session.flush()
    session.add(TeamUser(team_id=team.id, user_id=user.id, role=role))


def _make_relation(session: Any, team: Team, name: str, person: str) -> dict[str, int]:
    account: Account = make_account(session, key=name.lower(), name=name, owner_email="olive@house.example", tier="key")
    session.add(TeamAccount(team_id=team.id, account_id=account.id))
    contact: Contact = make_contact(session, account, key=person.split()[0].lower(), name=person, role="finance")
    make_touchpoint(session, contact)
    promise: Promise = make_promise(session, contact, title=f"Reports for {name}", said="The reports come late.")
    draft: Promise = make_promise(session, contact, title=f"A call with {name}", status="drafted")
    version = session.scalars(select(SurveyVersion).where(SurveyVersion.survey == "relationship")).one()
    names = [question["name"] for question in version.content["questions"][:3]]
    ask: Ask = make_ask(
        session, contact, origin="heed", status="planned", needs_approval=True, planned_on=NOW.date(),
        send_at=NOW + timedelta(hours=1), expires_at=NOW + timedelta(days=30), survey_version_id=version.id,
        form=[{"question": name, "promise": None} for name in names],
    )  # fmt: skip
    voice = Voice(
        account_id=account.id, contact_id=contact.id, source="call_note", said_at=NOW, words="The reports come late."
    )
    session.add(voice)
    session.flush()
    return {"account": account.id, "contact": contact.id, "promise": promise.id, "draft": draft.id, "ask": ask.id,
            "voice": voice.id}  # fmt: skip


def sign_in(client: FlaskClient, engine: Engine, email: str) -> FlaskClient:
    """As if they had just given their password."""
    with engine.store.read(engine.scope) as session:
        mark = session.query(User).where(User.email == email).one().fs_uniquifier
    with client.session_transaction(path="/admin/") as kept:
        kept["_user_id"], kept["_fresh"] = mark, True
    return client


SOON = date(2026, 12, 15)
