"""A promise through whatever owner, lead, client, importer and clock do to it, in any order.

At each step it has exactly one owner, its history has only grown, and who comes second sees what the first one did.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from engine.app import open_house
from engine.config import Config
from engine.data.models import Promise, PromiseEvent
from engine.data.store import EVERYTHING
from engine.errors import ChangedError, HeedError, InputError, StateError
from engine.links import promises_token
from engine.operations.due_days import working_days_after
from engine.operations.hand_overs import (
    accept_promise,
    add_absence,
    cover_absent_owners,
    hand_over_promise,
    refuse_promise,
)
from engine.operations.imports import import_files
from engine.operations.promise_steps import OPEN, STEPS
from engine.operations.promises import (
    add_promise,
    agree_promise,
    correct_promise,
    decline_promise,
    do_promise,
    move_promise,
    note_promise,
)
from engine.operations.suggestions import dismiss_promise, merge_promise
from engine.operations.verdicts import give_verdict, open_promises
from tests.conftest import NOW, SECRET
from tests.factories import make_account, make_contact

PEOPLE = ("tom@house.example", "leila@house.example", "omar@house.example")
people, numbers = st.sampled_from(PEOPLE), st.integers(0, 12)


class Life(RuleBasedStateMachine):
    url, folder = "", None
    promises = Bundle("promises")

    def __init__(self):
        super().__init__()
        self.now = NOW
        self.house = open_house(Config(database_url=self.url, secret=SECRET), lambda: self.now)
        with self.house.store.write(EVERYTHING) as session:
            account = make_account(session, owner_email=PEOPLE[0])
            contact = make_contact(session, account)
            self.account, self.contact, self.contact_id = account.key, contact.key, contact.id
            self.account_id = account.id
        self.token = promises_token(SECRET, self.contact_id)
        self.histories = {}

    def teardown(self):
        self.house.store.close()

    @property
    def today(self):
        return self.now.date()

    def read(self):
        """Every promise of the account, and every step of each."""
        with self.house.store.read(EVERYTHING) as session:
            found = session.query(Promise).filter_by(account_id=self.account_id).order_by(Promise.id).all()
            events = session.query(PromiseEvent).order_by(PromiseEvent.id).all()
        return found, {each.id: [event for event in events if event.promise_id == each.id] for each in found}

    def try_to(self, step, number, take):
        """Take a step: it works where it follows, and leaves everything as it was where it does not."""
        before, steps_before = self.read()
        promise = next(each for each in before if each.id == number)
        try:
            take()
        except StateError:
            assert step is None or step not in STEPS[promise.status]
            after, steps_after = self.read()
            assert [each.version for each in after] == [each.version for each in before]
            assert {n: len(steps) for n, steps in steps_after.items()} == {n: len(s) for n, s in steps_before.items()}
        else:
            assert step is None or step in STEPS[promise.status]

    # the team

    @rule(target=promises, who=people, title=st.sampled_from("abcdef"), agreed=st.booleans(), whole=st.booleans())
    def make(self, who, title, agreed, whole):
        contact = None if whole else self.contact
        return add_promise(self.house, self.account, contact, title=title, owner_email=who, agreed=agreed).id

    @rule(number=promises, days=numbers)
    def agree(self, number, days):
        day = working_days_after(self.today, days + 1, None)
        self.try_to("agree", number, lambda: agree_promise(self.house, number, due_on=day))

    @rule(number=promises, days=numbers)
    def move(self, number, days):
        day = working_days_after(self.today, days + 1, None)
        self.try_to("move", number, lambda: move_promise(self.house, number, due_on=day, reason="It takes longer."))

    @rule(number=promises, days=st.integers(-9, 9))
    def move_to_any_day(self, number, days):
        day = self.today + timedelta(days=days)
        if days >= 0 and day.weekday() < 5:
            return
        with pytest.raises((InputError, StateError)):
            move_promise(self.house, number, due_on=day, reason="It takes longer.")

    @rule(number=promises)
    def do(self, number):
        self.try_to("do", number, lambda: do_promise(self.house, number, what="It is there."))

    @rule(number=promises)
    def decline(self, number):
        self.try_to("decline", number, lambda: decline_promise(self.house, number, reason="We cannot."))

    @rule(number=promises)
    def dismiss(self, number):
        self.try_to("dismiss", number, lambda: dismiss_promise(self.house, number, reason="Settled."))

    @rule(number=promises, into=promises)
    def merge(self, number, into):
        with suppress(InputError):  # it is to somebody else
            self.try_to(None, number, lambda: merge_promise(self.house, number, into=into))

    @rule(number=promises)
    def write_down(self, number):
        note_promise(self.house, number, text="Omar has the numbers.")
        correct_promise(self.house, number, said="Nobody answers.", reason="Read again.")

    @rule(number=promises, who=people)
    def offer(self, number, who):
        with suppress(InputError):  # it is theirs already, or they are away
            self.try_to("hand over", number, lambda: hand_over_promise(self.house, number, owner_email=who))

    @rule(number=promises, who=people, yes=st.booleans())
    def answer_the_offer(self, number, who, yes):
        asked = next(each for each in self.read()[0] if each.id == number)
        take, house = accept_promise if yes else refuse_promise, self.house.acting_as(who, EVERYTHING)
        if asked.offered_to == who and asked.status in OPEN:
            assert take(house, number).owner_email == (who if yes else asked.owner_email)
        else:
            with pytest.raises(StateError):
                take(house, number)

    @rule(number=promises, days=numbers)
    def two_at_once(self, number, days):
        found = next(each for each in self.read()[0] if each.id == number)
        note_promise(self.house.acting_as(PEOPLE[1], EVERYTHING), number, text="I am on it.")
        with pytest.raises(ChangedError) as caught:
            decline_promise(self.house, number, reason="We cannot.", seen=found.version)
        assert caught.value.mine == {"declined": "We cannot."}
        assert caught.value.theirs["status"] == found.status
        assert PEOPLE[1] in str(caught.value)

    # the client

    @rule(number=promises, kept=st.booleans())
    def judge(self, number, kept):
        found = next(each for each in self.read()[0] if each.id == number)
        if found.contact_id is None:
            with pytest.raises(HeedError):
                give_verdict(self.house, self.token, number, kept=kept, words="")
            return
        try:
            give_verdict(self.house, self.token, number, kept=kept, words="So it is.")
        except StateError:
            assert found.status != "done" or found.verdict

    # the importer

    @rule(
        targets=(promises,),
        title=st.sampled_from("abcxyz"),
        status=st.sampled_from(("drafted", "agreed", "done", "declined")),
        owner=st.sampled_from(("", *PEOPLE)),
    )
    def bring_in(self, title, status, owner):
        before = {each.id for each in self.read()[0]}
        done_on = self.today if status == "done" else ""
        file = self.folder / "promises.csv"
        file.write_text(
            "account_key,contact_key,title,owner_email,made_on,due_on,status,done_on\n"
            f"{self.account},{self.contact},{title},{owner},{self.today},{self.today},{status},{done_on}\n"
        )
        report = import_files(self.house, [file], kind="promises")
        assert not report.rejections
        return multiple(*({each.id for each in self.read()[0]} - before))

    # the clock

    @rule(days=st.integers(1, 20))
    def wait(self, days):
        self.now += timedelta(days=days)
        cover_absent_owners(self.house)

    @rule(who=people, deputy=st.sampled_from((None, *PEOPLE)), days=st.integers(0, 10))
    def go_away(self, who, deputy, days):
        if deputy != who:
            add_absence(
                self.house, who, from_on=self.today, until_on=self.today + timedelta(days=days), deputy_email=deputy
            )

    # what always holds

    @invariant()
    def each_has_one_owner_and_its_history_only_grows(self):
        found, histories = self.read()
        for promise in found:
            assert promise.owner_email in (*PEOPLE, self.house.config.sender)
            told = [(event.id, event.step, event.author, event.at, event.reason) for event in histories[promise.id]]
            assert told[: len(self.histories.get(promise.id, ()))] == self.histories.get(promise.id, [])
            self.histories[promise.id] = told
            assert promise.version == len(told)
            assert (promise.status == "done") <= (promise.done_on is not None)
            assert (promise.status == "merged") == (promise.merged_into_id is not None)
            assert (promise.verdict == "kept") <= (promise.status == "done")

    @invariant()
    def the_client_sees_no_draft_and_none_of_our_notes(self):
        shown = {outcome.number: outcome for outcome in open_promises(self.house, self.token).outcomes}
        for promise in self.read()[0]:
            assert (promise.id in shown) == (
                promise.contact_id is not None and promise.status in ("agreed", "done", "declined")
            )
        assert "Omar has the numbers" not in repr(shown)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_a_promise_survives_whatever_happens_to_it_in_whatever_order(new_database, tmp_path):
    Life.url, Life.folder = new_database(), tmp_path
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    run_state_machine_as_test(
        Life, settings=settings(max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=checks)
    )
