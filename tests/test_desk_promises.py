"""Promises on the desk beyond everyday steps: owners without a role, merging, who is away, initiatives, ledger."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.data.models import Absence, AuditEntry, Initiative, InitiativeLink, Promise, TeamUser, User, Voice
from engine.house import Engine
from engine.operations.initiatives import add_to_initiative, make_initiative, publish_initiative, remove_from_initiative
from tests.conftest import NOW
from tests.desk import ADMIN, SOON, Desks, address, furnish, sign_in
from tests.factories import make_promise
from tests.test_desk import found, send

KEEPER = "kim@house.example"
"""Answers for a promise, and is in no team."""


@pytest.fixture
def desks(engine: Engine) -> Desks:
    desks = furnish(engine)
    with engine.store.write(engine.scope) as session:
        session.add(User(email=KEEPER, created_at=NOW))
        session.get_one(Promise, desks.promise).owner_email = "Kim@house.example"
    return desks


def at_desk(site: Flask, engine: Engine, email: str) -> FlaskClient:
    return sign_in(site.test_client(), engine, email)


# Whoever answers for a promise


def test_whoever_answers_for_a_promise_sees_and_keeps_it_without_any_role(
    site: Flask, engine: Engine, desks: Desks
) -> None:
    kim, page = at_desk(site, engine, KEEPER), f"/admin/promises/{desks.promise}"
    mine = kim.get("/admin/", follow_redirects=True)
    assert (mine.request.path, "Reports for Northwind" in mine.text) == ("/admin/mine", True)
    assert "The reports come late." in kim.get(page).text
    moved = send(kim, f"{page}/move", page, due_on=SOON.isoformat(), reason="The auditors come first.")
    assert (moved.status_code, found(engine, Promise, desks.promise).due_on) == (200, SOON)


def test_an_owner_without_a_role_sees_nothing_else(site: Flask, engine: Engine, desks: Desks) -> None:
    kim = at_desk(site, engine, KEEPER)
    for page in (f"accounts/{desks.account}", f"promises/{desks.draft}", f"people/{desks.contact}/why", "today",
                 "promises", f"promises/{desks.theirs['promise']}"):  # fmt: skip
        assert kim.get(f"/admin/{page}").status_code in (403, 404), page
    assert f'href="/admin/accounts/{desks.account}"' not in kim.get(f"/admin/promises/{desks.promise}").text


def test_whoever_has_said_no_to_a_hand_over_sees_it_no_more(site: Flask, engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        session.get_one(Promise, desks.draft).offered_to = KEEPER
    kim, page = at_desk(site, engine, KEEPER), f"/admin/promises/{desks.draft}"
    assert "You are asked to take these over" in kim.get("/admin/mine").text
    assert "What you answer for" in send(kim, f"{page}/refuse", page).text
    assert kim.get(page).status_code == 404


def test_nobody_answers_for_anything_without_signing_in(site: Flask, engine: Engine, desks: Desks) -> None:
    for page in ("", "mine", f"promises/{desks.promise}"):
        assert "/admin/login" in site.test_client().get(f"/admin/{page}").headers["Location"]


def test_what_one_answers_for_in_another_team_is_listed(site: Flask, engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        session.get_one(Promise, desks.theirs["promise"]).owner_email = address("member")
    assert "Reports for Southwind" in at_desk(site, engine, address("member")).get("/admin/mine").text


# Steps


def test_a_draft_is_agreed_to_in_other_words(site: Flask, engine: Engine, desks: Desks) -> None:
    member, page = at_desk(site, engine, address("member")), f"/admin/promises/{desks.draft}"
    send(member, f"{page}/agree", page, due_on=SOON.isoformat(), title="A call every Monday")
    draft = found(engine, Promise, desks.draft)
    assert (draft.title, draft.status) == ("A call every Monday", "agreed")


def test_a_draft_is_merged_and_words_are_put_right(site: Flask, engine: Engine, desks: Desks) -> None:
    member, page = at_desk(site, engine, address("member")), f"/admin/promises/{desks.draft}"
    assert "is merged into another" in send(member, f"{page}/merge", page, into=f"P-{desks.promise}").text
    assert found(engine, Promise, desks.draft).merged_into_id == desks.promise
    right = f"/admin/promises/{desks.promise}"
    text = send(member, f"{right}/correct", right, title="Reports by the third", reason="A slip of the pen").text
    assert "Before: “Reports for Northwind”" in text
    assert send(member, f"{right}/correct", right, reason="Why not").status_code == 422


def test_promises_are_narrowed_and_put_in_order(site: Flask, engine: Engine, desks: Desks) -> None:
    member = at_desk(site, engine, address("member"))
    for order in ("", "owner", "account"):
        text = member.get(f"/admin/promises?state=all&words=call+with&order={order}").text
        assert ("A call with Northwind" in text, "Reports for Northwind" in text) == (True, False)
    assert "A call with Northwind" in member.get("/admin/promises?words=NORTHW").text
    assert "None is like that." in member.get("/admin/promises?words=nothing").text


def test_who_changed_what_is_saved_as_a_sheet(site: Flask, engine: Engine, desks: Desks) -> None:
    make_initiative(engine, title="=1+1", cause="reporting", owner_email=ADMIN)
    admin = at_desk(site, engine, ADMIN)
    assert "initiative made,I-1" in admin.get("/admin/changes?format=csv&words=initiative").text


# Who is away


def test_who_is_away_has_somebody_stand_in(site: Flask, engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        session.get_one(Promise, desks.promise).owner_email = address("member")
    member = at_desk(site, engine, address("member"))
    away = {"from_on": "2026-11-24", "until_on": "2026-12-04", "deputy_email": address("owner")}
    page = send(member, "/admin/away", "/admin/away", **away).text
    assert "Member is away. 1 promise changed hands today" in page
    assert found(engine, Promise, desks.promise).owner_email == address("owner")
    assert "Member is back" in send(member, "/admin/away/end", "/admin/away", last_on="2026-11-24").text
    with engine.store.read(engine.scope) as session:
        assert session.scalars(select(Absence.until_on)).one().isoformat() == "2026-11-24"


def test_only_leads_say_that_others_are_away(site: Flask, engine: Engine, desks: Desks) -> None:
    other = {"email": address("owner"), "from_on": "2026-11-24"}
    for role, status in (("member", 403), ("lead", 200)):
        client = at_desk(site, engine, address(role))
        assert send(client, "/admin/away", "/admin/away", **other).status_code == status


# Initiatives


def test_an_initiative_is_begun_extended_narrowed_and_published(site: Flask, engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        session.get_one(Voice, desks.voice).cause = "reporting"
    member = at_desk(site, engine, address("member"))
    assert "reporting" in member.get("/admin/initiatives").text
    begun = send(
        member, "/admin/initiatives", "/admin/initiatives", title="Reports on the third day", cause="Reporting"
    )
    assert "I-1 is open, and answers 1 voice or promise." in begun.text
    page = "/admin/initiatives/1"
    assert "It answers 1 more." in send(member, f"{page}/add", page, members=f"P-{desks.promise}, V-{desks.voice}").text
    assert "taken out" in send(member, f"{page}/remove", page, members=f"P-{desks.promise}").text
    assert "an admin publishes it" in member.get(page).text
    assert send(member, f"{page}/publish", page, outcome="They do.").status_code == 403
    admin = at_desk(site, engine, ADMIN)
    assert "1 person who spoke of it will read this" in admin.get(page).text
    assert "Published." in send(admin, f"{page}/publish", page, outcome="They come on the third day.").text
    assert found(engine, Initiative, 1).outcome == "They come on the third day."
    assert found(engine, Promise, desks.promise).status == "agreed"
    with engine.store.read(engine.scope) as session:
        told = session.scalars(select(Promise).where(Promise.origin == "initiative")).all()
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "I-1")).all()
    assert [promise.status for promise in told] == ["done"]
    assert actions == ["initiative made", "initiative extended", "initiative extended", "initiative narrowed",
                       "initiative published"]  # fmt: skip


def test_nothing_is_taken_out_of_an_initiative_that_has_told_its_clients(engine: Engine, desks: Desks) -> None:
    made = make_initiative(engine, title="Reports", cause="reporting", owner_email=ADMIN)
    add_to_initiative(engine, made.id, promises=[desks.promise])
    publish_initiative(engine, made.id, outcome="They come.")
    with pytest.raises(Exception, match="cannot be taken back"):
        remove_from_initiative(engine, made.id, promises=[desks.promise])
    with engine.store.read(engine.scope) as session:
        assert session.scalars(select(InitiativeLink.promise_id)).all() == [desks.promise]


def test_what_a_client_said_is_added_where_it_is_read(site: Flask, engine: Engine, desks: Desks) -> None:
    make_initiative(engine, title="Reports on the third day", cause="reporting", owner_email=ADMIN)
    member = at_desk(site, engine, address("member"))
    for page in ("/admin/voices", f"/admin/promises/{desks.promise}"):
        assert "Reports on the third day" in member.get(page).text
    send(member, "/admin/initiatives/1/add", "/admin/voices", members=f"V-{desks.voice}", back="/admin/voices")
    assert "The reports come late." in member.get("/admin/initiatives/1").text


def test_members_of_another_team_take_no_foreign_promise_into_an_initiative(
    site: Flask, engine: Engine, desks: Desks
) -> None:
    make_initiative(engine, title="Reports", cause="reporting", owner_email=ADMIN)
    member = at_desk(site, engine, address("member"))
    page, foreign = "/admin/initiatives/1", f"P-{desks.theirs['promise']}"
    assert send(member, f"{page}/add", page, members=foreign).status_code == 404


# The ledger


def test_the_ledger_counts_by_owner_what_was_said_and_done(site: Flask, engine: Engine, desks: Desks) -> None:
    with engine.store.write(engine.scope) as session:
        contact = session.get_one(Promise, desks.promise).contact
        make_promise(session, contact, title="Kept", status="done", verdict="kept", done_on=NOW.date())
        make_promise(session, contact, title="Nobody said", status="done", done_on=NOW.date())
    member = at_desk(site, engine, address("member"))
    text = member.get("/admin/ledger").text
    assert "Done, and nobody has said whether it is kept" in text
    assert "100 % (1 of 1; 21–100)" in text
    assert "Southwind" not in text
    assert "olive@house.example,2," in member.get("/admin/ledger?format=csv&by=owner").text


def test_a_team_that_is_left_takes_its_promises_out_of_sight(site: Flask, engine: Engine, desks: Desks) -> None:
    member = at_desk(site, engine, address("member"))
    assert member.get(f"/admin/promises/{desks.draft}").status_code == 200
    with engine.store.write(engine.scope) as session:
        user = session.scalars(select(User).where(User.email == address("member"))).one()
        session.delete(session.scalars(select(TeamUser).where(TeamUser.user_id == user.id)).one())
    assert member.get(f"/admin/promises/{desks.draft}").status_code == 404
