"""Promises: what each step asks for, keeps and leaves behind."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest

from engine.cli import main
from engine.data.models import Account, AuditEntry, Contact, Promise, Team, TeamAccount, TeamUser, User
from engine.data.promises import list_events
from engine.data.store import EVERYTHING, Scope
from engine.errors import ChangedError, InputError, NotFoundError, StateError
from engine.operations.due_days import draft_due_on, working_days_after
from engine.operations.hand_overs import (
    accept_promise,
    add_absence,
    cover_absent_owners,
    hand_over_promise,
    refuse_promise,
)
from engine.operations.news import preview_promise
from engine.operations.promise_steps import name, read_number
from engine.operations.promises import (
    add_promise,
    agree_promise,
    correct_promise,
    decline_promise,
    do_promise,
    list_promises,
    make_promise,
    move_promise,
    note_promise,
    open_promise,
    record_verdict,
)
from engine.operations.suggestions import dismiss_promise, merge_promise
from engine.types import Draft
from tests.conftest import NOW
from tests.factories import make_account, make_contact, make_setting, make_touchpoint

TODAY = NOW.date()  # Tuesday 24 November 2026


@contextmanager
def client(engine, **account):
    """A contact at an account with an owner, inside a transaction."""
    with engine.store.write(EVERYTHING) as session:
        account = {"key": "halden", "owner_email": "tom@house.example", "country": "GB"} | account
        yield session, make_contact(session, make_account(session, **account), key="nadia")


def promised(engine, **values) -> Promise:
    with client(engine):
        pass
    return add_promise(
        engine, "halden", "nadia", **{"title": "Send the pack two days earlier", "agreed": True} | values
    )


def judged(engine, promise, kept, words=None) -> Promise:
    with engine.store.write(EVERYTHING) as session:
        promise = session.get_one(Promise, promise.id)
        record_verdict(engine, session, promise, kept=kept, words=words, author="Nadia Bloom")
    return promise


def steps(engine, promise) -> list[str]:
    with engine.store.read(EVERYTHING) as session:
        return [event.step for event in list_events(session, promise.id)]


def test_a_promise_without_an_owner_goes_to_the_owner_of_the_account(engine):
    assert promised(engine).owner_email == "tom@house.example"


def test_a_promise_nobody_would_own_is_refused(engine):
    with client(engine, owner_email=None):
        pass
    with pytest.raises(InputError, match="Nobody owns this promise"):
        add_promise(engine, "halden", "nadia", title="Call")
    assert list_promises(engine) == []


def test_what_is_no_address_cannot_own_a_promise(engine):
    with pytest.raises(InputError, match="cannot own a promise"):
        promised(engine, owner_email="the whole team")


def test_a_promise_without_a_date_is_due_in_ten_working_days_of_the_owner(engine):
    assert promised(engine).due_on == date(2026, 12, 8)


def test_the_owners_country_is_the_houses_before_the_clients(engine):
    with client(engine, country="DE") as (session, _contact):
        make_setting(session, "company.country", "US")
    assert add_promise(engine, "halden", title="x").due_on == date(2026, 12, 9)  # Thanksgiving lies between


@pytest.mark.parametrize(
    ("day", "number", "country", "due"),
    [
        (date(2026, 11, 27), 1, "GB", date(2026, 11, 30)),
        (date(2026, 12, 24), 1, "GB", date(2026, 12, 29)),
        (date(2026, 12, 24), 1, "de", date(2026, 12, 28)),
        (date(2026, 11, 26), 1, "SA", date(2026, 11, 29)),  # Friday and Saturday are the weekend
        (date(2026, 12, 24), 1, None, date(2026, 12, 25)),
        (date(2026, 12, 24), 1, "Atlantis", date(2026, 12, 25)),
    ],
)
def test_working_days_leave_out_weekends_and_holidays(day, number, country, due):
    assert working_days_after(day, number, country) == due


def test_a_promise_can_be_made_to_an_account_as_a_whole(engine):
    with client(engine):
        pass
    assert add_promise(engine, "halden", title="Review the contract").contact is None


def test_an_unknown_contact_is_named_with_the_nearest_one(engine):
    with client(engine):
        pass
    with pytest.raises(NotFoundError, match="Did you mean nadia"):
        add_promise(engine, "halden", "nadja", title="x")


def test_the_same_wish_on_the_same_day_is_one_promise(engine):
    first = promised(engine)
    again = add_promise(engine, "halden", "nadia", title=first.title)
    assert again.id == first.id
    assert steps(engine, first) == ["agreed"]


def test_a_wish_that_comes_again_after_it_was_done_is_a_new_promise(engine):
    first = promised(engine, title="Call back")
    do_promise(engine, first.id, what="Called")
    again = add_promise(engine, "halden", "nadia", title="Call back")
    assert (again.id, again.title) == (first.id + 1, "Call back (2)")


def test_the_whole_way_from_a_draft_to_the_clients_word_is_kept_with_author_and_time(engine):
    team = engine.acting_as("tom@house.example", EVERYTHING)
    promise = promised(team, agreed=False)
    agree_promise(team, promise.id)
    move_promise(team, promise.id, due_on=date(2026, 12, 11), reason="The auditors come first.")
    do_promise(team, promise.id, what="The pack of November came on the third.")
    judged(team, promise, kept=True)
    with engine.store.read(EVERYTHING) as session:
        events = list_events(session, promise.id)
        assert [(event.step, event.author, event.reason) for event in events] == [
            ("drafted", "tom@house.example", None),
            ("agreed", "tom@house.example", None),
            ("moved", "tom@house.example", "The auditors come first."),
            ("done", "tom@house.example", "The pack of November came on the third."),
            ("kept", "Nadia Bloom", None),
        ]
        assert {event.at for event in events} == {NOW}
        kept = session.get_one(Promise, promise.id)
        assert (kept.status, kept.verdict, kept.done_on, kept.due_on) == ("done", "kept", TODAY, date(2026, 12, 11))


def test_a_dispute_reopens_the_promise_as_agreed_with_the_clients_words(engine):
    promise = promised(engine)
    do_promise(engine, promise.id, what="Sent")
    judged(engine, promise, kept=False, words="It came a day late.")
    with engine.store.read(EVERYTHING) as session:
        found = session.get_one(Promise, promise.id)
        assert (found.status, found.verdict, found.done_on) == ("agreed", "disputed", None)
        assert found.due_on == date(2026, 12, 8)  # later than the five working days that a dispute leaves
        assert list_events(session, promise.id)[-1].reason == "It came a day late."
    done_again = do_promise(engine, promise.id, what="Sent on the third, as promised")
    assert (done_again.status, done_again.verdict) == ("done", None)


def test_a_disputed_promise_that_was_due_has_a_new_date(engine):
    promise = promised(engine, due_on=date(2026, 11, 25))
    do_promise(engine, promise.id, what="Sent")
    judged(engine, promise, kept=False)
    assert list_promises(engine)[0].due_on == date(2026, 12, 1)


def test_a_verdict_is_given_once_and_on_what_is_done_only(engine):
    promise = promised(engine)
    with pytest.raises(StateError, match="is agreed; you cannot record the client's verdict on it"):
        judged(engine, promise, kept=True)
    do_promise(engine, promise.id, what="Sent")
    judged(engine, promise, kept=True)
    with pytest.raises(StateError, match="the client said it was kept"):
        judged(engine, promise, kept=True)
    judged(engine, promise, kept=False, words="On second thoughts, no.")
    assert steps(engine, promise) == ["agreed", "done", "kept", "disputed"]


def test_an_impossible_step_says_where_the_promise_stands_and_what_is_possible(engine):
    promise = promised(engine)
    do_promise(engine, promise.id, what="Sent")
    with pytest.raises(StateError) as caught:
        move_promise(engine, promise.id, due_on=date(2026, 12, 24), reason="…")
    assert str(caught.value) == (
        f"{name(promise)} is done; you cannot move it. Possible now: record the client's verdict."
    )


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_moving_doing_and_declining_need_words_for_the_client(engine, reason):
    number = promised(engine).id
    for attempt in (
        lambda: move_promise(engine, number, due_on=date(2026, 12, 24), reason=reason),
        lambda: do_promise(engine, number, what=reason),
        lambda: decline_promise(engine, number, reason=reason),
    ):
        with pytest.raises(InputError, match="the client will read it"):
            attempt()
    assert list_promises(engine)[0].status == "agreed"


def test_no_promise_is_moved_into_the_past(engine):
    with pytest.raises(InputError, match="Mon 23 Nov 2026 lies in the past; the next working day is Tue 24 Nov 2026"):
        move_promise(engine, promised(engine).id, due_on=date(2026, 11, 23), reason="…")


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 12, 25), "Fri 25 Dec 2026 is Christmas Day; the next working day is Tue 29 Dec 2026"),
        (date(2026, 11, 28), "Sat 28 Nov 2026 is a Saturday; the next working day is Mon 30 Nov 2026"),
    ],
)
def test_no_promise_is_due_on_a_day_on_which_nobody_works(engine, day, why):
    draft = promised(engine, agreed=False)
    with pytest.raises(InputError, match=why):
        add_promise(engine, "halden", title="x", due_on=day)
    with pytest.raises(InputError, match=why):
        agree_promise(engine, draft.id, due_on=day)


def test_what_was_declined_can_be_taken_up_again(engine):
    promise = promised(engine)
    decline_promise(engine, promise.id, reason="Not with this version.")
    assert agree_promise(engine, promise.id, due_on=date(2027, 1, 15)).status == "agreed"


def test_a_draft_whose_date_has_gone_by_needs_a_new_one_to_be_agreed(engine):
    promise = promised(engine, agreed=False)
    with pytest.raises(InputError, match="needs a due date"):
        agree_promise(engine, promise.id, on=date(2027, 2, 1))


def test_a_promise_stays_with_its_owner_until_the_other_one_accepts(engine):
    promise = hand_over_promise(engine, promised(engine).id, owner_email="leila@house.example", reason="On leave")
    assert (promise.owner_email, promise.offered_to) == ("tom@house.example", "leila@house.example")
    with pytest.raises(StateError, match="only they can say yes or no"):
        accept_promise(engine.acting_as("omar@house.example", EVERYTHING), promise.id)
    taken = accept_promise(engine.acting_as("Leila@house.example", EVERYTHING), promise.id)
    assert (taken.owner_email, taken.offered_to) == ("leila@house.example", None)
    assert steps(engine, promise) == ["agreed", "offered", "handed_over"]


def test_a_promise_that_nobody_takes_over_stays_where_it_is(engine):
    promise = hand_over_promise(engine, promised(engine).id, owner_email="leila@house.example")
    kept = refuse_promise(engine, promise.id, reason="Billing has to answer this.")
    assert (kept.owner_email, kept.offered_to) == ("tom@house.example", None)
    with pytest.raises(StateError, match="Nobody was asked to take over"):
        accept_promise(engine, promise.id)


def test_nobody_hands_a_promise_to_its_owner_or_to_somebody_who_is_away(engine):
    promise = promised(engine)
    with pytest.raises(InputError, match="theirs already"):
        hand_over_promise(engine, promise.id, owner_email="Tom@house.example")
    add_absence(engine, "leila@house.example", from_on=TODAY, until_on=date(2026, 11, 30))
    with pytest.raises(InputError, match=r"is away; tom@house.example stands in"):
        hand_over_promise(engine, promise.id, owner_email="leila@house.example")


def team(engine, *emails, lead="lena@house.example"):
    """A team that looks after Halden."""
    with engine.store.write(EVERYTHING) as session:
        made = Team(name="North")
        users = [User(email=email, created_at=NOW) for email in (lead, *emails)]
        session.add_all([made, *users])
        session.flush()
        account = session.query(Account).filter_by(key="halden").one()
        session.add(TeamAccount(team_id=made.id, account_id=account.id))
        roles = ("lead", *["owner"] * len(emails))
        session.add_all(
            TeamUser(team_id=made.id, user_id=user.id, role=role) for user, role in zip(users, roles, strict=True)
        )


def switch_off(engine, email):
    with engine.store.write(EVERYTHING) as session:
        session.query(User).filter_by(email=email).one().active = False


def test_an_owner_outside_the_team_is_refused_and_told_who_could(engine):
    promise = promised(engine)
    team(engine, "leila@house.example")
    with pytest.raises(InputError, match=r"leila@house.example, lena@house.example, tom@house.example") as caught:
        hand_over_promise(engine, promise.id, owner_email="layla@house.example")
    assert "is in no team that looks after" in str(caught.value)
    assert "Did you mean leila@house.example?" in str(caught.value)
    assert hand_over_promise(engine, promise.id, owner_email="LEILA@house.example").offered_to == "leila@house.example"


def test_whoever_owns_a_touchpoint_may_own_a_promise_across_teams(engine):
    promise = promised(engine)
    team(engine)
    with engine.store.write(EVERYTHING) as session:
        account = session.query(Account).filter_by(key="halden").one()
        make_touchpoint(session, account, kind="invoice_disputed", owner_email="billing@house.example")
    assert hand_over_promise(engine, promise.id, owner_email="billing@house.example").offered_to


def test_the_promises_of_somebody_away_go_to_the_deputy_and_come_back(engine):
    promise = promised(engine, owner_email="leila@house.example")
    (moved,) = add_absence(
        engine, "leila@house.example", from_on=TODAY, until_on=date(2026, 11, 30), deputy_email="omar@house.example"
    )
    assert (moved.id, moved.owner_email, moved.covers_for) == (promise.id, "omar@house.example", "leila@house.example")
    assert cover_absent_owners(engine, date(2026, 11, 30)) == []
    (back,) = cover_absent_owners(engine, date(2026, 12, 1))
    assert (back.owner_email, back.covers_for) == ("leila@house.example", None)
    assert steps(engine, promise) == ["agreed", "covered", "covered"]


def test_without_a_deputy_the_accounts_owner_keeps_it_and_the_house_where_there_is_nobody(engine):
    promise = promised(engine, owner_email="leila@house.example")
    add_absence(engine, "leila@house.example", from_on=TODAY)
    assert list_promises(engine)[0].owner_email == "tom@house.example"
    add_absence(engine, "tom@house.example", from_on=TODAY)
    (kept,) = list_promises(engine)
    assert (kept.id, kept.owner_email) == (promise.id, engine.config.sender)


def test_a_promise_made_for_somebody_away_is_their_deputys_at_once(engine):
    add_absence(engine, "tom@house.example", from_on=TODAY, until_on=TODAY, deputy_email="omar@house.example")
    promise = promised(engine)
    assert (promise.owner_email, promise.covers_for) == ("omar@house.example", "tom@house.example")


def test_the_promises_of_whoever_has_left_go_to_the_accounts_owner_for_good(engine):
    promise = promised(engine)
    team(engine, "leila@house.example")
    hand_over_promise(engine, promise.id, owner_email="leila@house.example")
    accept_promise(engine, promise.id)
    switch_off(engine, "leila@house.example")
    (moved,) = cover_absent_owners(engine)
    assert (moved.owner_email, moved.covers_for) == ("tom@house.example", None)
    with pytest.raises(InputError, match=r"leila@house.example cannot own a promise: their login is switched off"):
        hand_over_promise(engine, promise.id, owner_email="leila@house.example")


def test_of_two_who_change_a_promise_at_once_the_second_sees_both_versions(engine):
    promise = promised(engine)
    seen = promise.version
    leila = engine.acting_as("leila@house.example", EVERYTHING)
    move_promise(leila, promise.id, due_on=date(2026, 12, 11), reason="The auditors come first.", seen=seen)
    with pytest.raises(ChangedError) as caught:
        move_promise(engine, promise.id, due_on=date(2026, 12, 15), reason="The bank is late.", seen=seen)
    assert "moved by leila@house.example, due 2026-12-11 (The auditors come first.)" in str(caught.value)
    assert "You wanted: due on 2026-12-15, reason The bank is late." in str(caught.value)
    assert (caught.value.theirs["due_on"], caught.value.mine["due_on"]) == ("2026-12-11", date(2026, 12, 15))
    assert steps(engine, promise) == ["agreed", "moved"]


def test_the_first_step_of_an_imported_promise_which_has_no_history_makes_a_new_version_too(engine):
    made = promised(engine)
    with engine.store.write(EVERYTHING) as session:
        what = {"account_id": made.account_id, "title": "Mend the lift", "origin": "import", "status": "agreed"}
        promise = Promise(**what, made_on=TODAY, due_on=date(2026, 12, 4), owner_email="tom@house.example")
        session.add(promise)
    seen = promise.version
    assert seen == made.version == 1
    move_promise(engine, promise.id, due_on=date(2026, 12, 11), reason="The auditors come first.", seen=seen)
    with pytest.raises(ChangedError):
        move_promise(engine, promise.id, due_on=date(2026, 12, 15), reason="The bank is late.", seen=seen)


def test_of_two_who_change_a_promise_in_the_same_moment_one_wins_and_the_other_is_told(engine):
    promise, together = promised(engine), Barrier(2)

    def move(author):
        together.wait()
        house = engine.acting_as(author, EVERYTHING)
        try:
            return move_promise(house, promise.id, due_on=date(2026, 12, 11), reason=f"Says {author}.", seen=1).version
        except ChangedError as error:
            return str(error)

    with ThreadPoolExecutor(2) as threads:
        first, second = sorted(threads.map(move, ("leila@house.example", "omar@house.example")), key=str)
    assert first == 2
    assert second.startswith(f"{name(promise)} has changed since you looked at it: moved by ")
    assert steps(engine, promise) == ["agreed", "moved"]


def test_a_draft_merges_into_a_promise_that_answers_it_as_well(engine):
    first = promised(engine)
    draft = add_promise(engine, "halden", "nadia", title="Call about the pack", said="It is always late.")
    merged = merge_promise(engine, draft.id, into=first.id)
    assert (merged.status, merged.merged_into_id) == ("merged", first.id)
    kept, events = open_promise(engine, first.id)
    assert kept.said == "It is always late."
    assert "answers" in events[-1].note
    with pytest.raises(StateError, match=f"is merged into P-{first.id}; that is the one to work on"):
        agree_promise(engine, draft.id)


def test_a_draft_is_merged_only_where_its_client_would_see_it(engine):
    first = promised(engine)
    with engine.store.write(EVERYTHING) as session:
        make_contact(session, session.query(Account).filter_by(key="halden").one(), key="omar")
    draft = add_promise(engine, "halden", "omar", title="Call about the pack")
    with pytest.raises(InputError, match="somebody else"):
        merge_promise(engine, draft.id, into=first.id)
    with pytest.raises(StateError):
        merge_promise(engine, draft.id, into=draft.id)


def test_a_draft_is_dismissed_with_a_reason_that_no_client_reads(engine):
    draft = promised(engine, agreed=False)
    with pytest.raises(InputError, match="needs a reason, for the team"):
        dismiss_promise(engine, draft.id, reason=" ")
    dismiss_promise(engine, draft.id, reason="Settled on the phone.")
    _draft, events = open_promise(engine, draft.id)
    assert (events[-1].step, events[-1].reason, events[-1].note) == ("dismissed", None, "Settled on the phone.")
    assert agree_promise(engine, draft.id).status == "agreed"


def test_a_correction_is_a_new_entry_that_says_what_stood_before(engine):
    promise = promised(engine, title="Send the pak")
    do_promise(engine, promise.id, what="Sent")
    corrected = correct_promise(engine, promise.id, title="Send the pack", reason="A slip of the pen.")
    assert (corrected.title, corrected.status) == ("Send the pack", "done")
    _promise, events = open_promise(engine, promise.id)
    assert events[-1].note == "A slip of the pen. Before: “Send the pak”"


def test_a_kept_promise_is_closed_kindly(engine):
    promise = promised(engine)
    do_promise(engine, promise.id, what="Sent")
    judged(engine, promise, kept=True)
    with pytest.raises(StateError, match=r"said it is kept; you cannot move it\. What is still to do is a new promise"):
        move_promise(engine, promise.id, due_on=date(2026, 12, 24), reason="…")


def test_every_step_is_audited_with_what_was_before_and_after(engine):
    promise = promised(engine)
    move_promise(engine, promise.id, due_on=date(2026, 12, 24), reason="…")
    with engine.store.read(EVERYTHING) as session:
        moved = session.query(AuditEntry).filter_by(action="promise moved").one()
        assert (moved.subject, moved.before["due_on"], moved.after["due_on"]) == (
            name(promise), "2026-12-08", "2026-12-24",
        )  # fmt: skip


def test_every_step_has_the_accounts_of_the_person_planned_now(engine):
    with client(engine) as (session, contact):
        elsewhere = make_contact(session, person=contact.person)
    promise = add_promise(engine, "halden", "nadia", title="x", agreed=True)
    with engine.store.write(EVERYTHING) as session:
        for account in session.query(Account):
            account.plan_on = date(2027, 6, 1)
    do_promise(engine, promise.id, what="Sent")
    with engine.store.read(EVERYTHING) as session:
        ids = {contact.account_id, elsewhere.account_id}
        days = {account.plan_on for account in session.query(Account) if account.id in ids}
    assert max(days) <= TODAY


def test_a_draft_is_due_when_the_accounts_plan_says(engine):
    with client(engine, tier="strategic") as (session, contact):
        make_setting(session, "call_me.working_days", 3, layer="tier", layer_key="strategic")
        draft = Draft(title="Call back", working_days=1)
        where = {"account": contact.account, "contact": contact, "today": TODAY}
        assert draft_due_on(engine, session, draft, "call_me", **where) == date(2026, 11, 27)
        assert draft_due_on(engine, session, draft, "somebody_elses", **where) == date(2026, 11, 25)


def lose_an_answer(engine):
    with client(engine) as (session, contact):
        whom = {"account": contact.account, "contact": contact}
        make_promise(engine, session, **whom, title="Call back", origin="call_me", agreed=True, author="Nadia")
        raise RuntimeError("the disk is full")


def test_a_promise_made_with_an_answer_goes_when_the_answer_goes(engine):
    with pytest.raises(RuntimeError, match="the disk is full"):
        lose_an_answer(engine)
    assert list_promises(engine) == []


def test_the_list_begins_with_what_is_due_first_and_ends_with_what_is_settled(engine):
    settled = promised(engine, title="Done")
    do_promise(engine, settled.id, what="Sent")
    for title, day in (("Later", 21), ("Sooner", 2)):
        add_promise(engine, "halden", title=title, due_on=date(2026, 12, day), agreed=True)
    assert [promise.title for promise in list_promises(engine, account="halden")] == ["Sooner", "Later", "Done"]


def test_an_unknown_promise_is_not_found(engine):
    with pytest.raises(NotFoundError, match="There is no promise P-99"):
        agree_promise(engine, 99)


def test_a_promise_of_an_account_out_of_scope_is_not_found(engine):
    promise = promised(engine)
    eve, number = engine.acting_as("eve@house.example", Scope(frozenset({0}))), promise.id
    for attempt in (
        lambda: open_promise(eve, number),
        lambda: preview_promise(eve, number),
        lambda: add_promise(eve, "halden", title="x"),
        lambda: agree_promise(eve, number),
        lambda: move_promise(eve, number, due_on=date(2026, 12, 24), reason="…"),
        lambda: do_promise(eve, number, what="…"),
        lambda: decline_promise(eve, number, reason="…"),
        lambda: correct_promise(eve, number, title="…", reason="…"),
        lambda: note_promise(eve, number, text="…"),
        lambda: hand_over_promise(eve, number, owner_email="eve@house.example"),
        lambda: accept_promise(eve, number),
        lambda: refuse_promise(eve, number),
        lambda: merge_promise(eve, number, into=number),
        lambda: dismiss_promise(eve, number, reason="…"),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert list_promises(eve) == []
    assert steps(engine, promise) == ["agreed"]


@pytest.mark.parametrize("text", ["P-12", "p-12", "12", " P-12 "])
def test_a_promise_is_named_with_or_without_its_letter(text):
    assert read_number(text) == 12


@pytest.mark.parametrize("text", ["", "P-", "twelve", "P-1.2", "-3", "P-²"])
def test_what_names_no_promise_is_not_found(text):
    with pytest.raises(NotFoundError):
        read_number(text)


def test_words_from_outside_are_cleaned(engine):
    promise = promised(replace(engine, author="x"), title=" Send\0it ", said="a\0b")
    assert (promise.title, promise.said) == ("Send\ufffdit", "a\ufffdb")


def test_the_owner_is_on_the_row_whatever_becomes_of_the_contact(engine):
    promise = promised(engine)
    with engine.store.read(EVERYTHING) as session:
        assert session.get_one(Contact, promise.contact_id).key == "nadia"


# At the command line


def heed(runner, *args, code=0) -> str:
    result = runner.invoke(main, args)
    assert result.exit_code == code, result.output
    return result.output


def test_the_command_line_takes_a_promise_from_a_draft_to_done(engine, runner):
    with client(engine):
        pass
    to_nadia = ("--account", "halden", "--contact", "nadia", "--on", "2026-11-24")
    made = heed(runner, "promise", "make", *to_nadia, "--title", "Send the pack earlier", "--said", "Two days earlier.")
    number = made.split()[0]
    assert made == (f"{number} is drafted: Send the pack earlier, due Tue 8 Dec 2026, owned by tom@house.example.\n")
    heed(runner, "promise", "agree", number, "--on", "2026-11-24")
    moved = heed(
        runner, "promise", "move", number, "--due", "2026-12-03", "--reason", "The audit.", "--on", "2026-11-25"
    )
    assert moved == f"{number} moved to Thu 3 Dec 2026, because: The audit.\n"
    offered = heed(runner, "promise", "hand-over", number, "--owner", "leila@house.example")
    assert offered.endswith("It stays with tom@house.example until they accept it.\n")
    assert heed(runner, "promise", "accept", number) == f"{number} is owned by leila@house.example now.\n"
    done = heed(runner, "promise", "do", number, "--reason", "Came on the third.", "--on", "2026-12-03")
    assert done == f"{number} was done on Thu 3 Dec 2026: Came on the third.\n"
    (shown,) = json.loads(heed(runner, "promises", "--json"))
    assert (shown["owner_email"], shown["status"], shown["done_on"]) == ("leila@house.example", "done", "2026-12-03")


def test_the_list_says_in_words_when_a_promise_is_due(engine, runner):
    promised(engine, due_on=date(2026, 12, 7))
    listed = heed(runner, "promises", "--on", "2026-11-24")
    assert "in 13 days" in listed
    assert "3 days overdue" in heed(runner, "promises", "--account", "halden", "--on", "2026-12-10")


def test_the_command_line_names_the_state_that_stands_in_the_way(engine, runner):
    promise = promised(engine)
    decline_promise(engine, promise.id, reason="Too costly.")
    said = heed(runner, "promise", "do", name(promise), "--reason", "x", code=1)
    assert f"{name(promise)} is declined; you cannot do it. Possible now: agree." in said


def test_moving_without_a_reason_is_wrong_usage(engine, runner):
    heed(runner, "promise", "move", name(promised(engine)), "--due", "2027-01-04", code=2)
    heed(runner, "promise", "do", "P-404", "--reason", "x", code=1)
