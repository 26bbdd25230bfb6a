"""One change for many: what a cause weighs, how often it was named before and since, and every client told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.cli import main
from engine.data.models import AnswerRow, Contact, Promise
from engine.data.store import EVERYTHING
from engine.errors import InputError, NotFoundError, StateError
from engine.links import promises_token
from engine.operations.initiatives import (
    add_to_initiative,
    list_causes,
    list_initiatives,
    make_initiative,
    publish_initiative,
)
from engine.operations.promises import add_promise, open_promise
from engine.operations.verdicts import give_verdict, open_promises
from engine.operations.voices import add_voice
from tests.conftest import NOW
from tests.factories import make_account, make_contact

OUTCOME = "All reports now come on the third working day."


def named(session, contact, days_ago, *causes, score=3.0):
    session.add(
        AnswerRow(
            account_id=contact.account_id, contact_id=contact.id, survey="relationship", question="recommend",
            answered_at=NOW - timedelta(days=days_ago), value=str(score), score=score,
            data={"reasons": {"low": list(causes)}} if causes else {},
        )
    )  # fmt: skip


@pytest.fixture
def people(engine):
    """Four people at two accounts; three name reporting, one of them twice; one names the price."""
    with engine.store.write(EVERYTHING) as session:
        halden = make_account(
            session, key="halden", owner_email="tom@house.example", annual_revenue=5e5, currency="GBP"
        )
        corvane = make_account(
            session, key="corvane", owner_email="leila@house.example", annual_revenue=2e5, currency="EUR"
        )
        found = {
            key: make_contact(session, account, key=key)
            for key, account in (("nadia", halden), ("omar", halden), ("claire", corvane), ("marcus", corvane))
        }
        for key, days in (("nadia", 90), ("nadia", 10), ("omar", 20), ("claire", 30)):
            named(session, found[key], days, "reporting")
        named(session, found["marcus"], 15, "price")
        return found


def initiative(engine, **values):
    defaults = {"title": "Reports on the third working day", "cause": "Reporting", "owner_email": "omar@house.example"}
    return make_initiative(engine, **defaults | values)


def seen_by(engine, contact):
    return open_promises(engine, promises_token(engine.config.secret, contact.id)).outcomes


def test_causes_are_ranked_by_people_accounts_revenue_and_how_often_they_came_back(engine, people):
    first, second = list_causes(engine)
    assert (first.cause, first.people, first.accounts, first.times, first.again) == ("reporting", 3, 2, 4, 1)
    assert first.revenue == {"GBP": 5e5, "EUR": 2e5}
    assert (second.cause, second.people) == ("price", 1)


def test_how_often_a_cause_was_named_is_counted_before_the_change_and_since(engine, people):
    made = initiative(engine)
    publish_initiative(engine, made.id, outcome=OUTCOME, changed_on=date(2026, 11, 1))
    [standing] = list_initiatives(engine)
    assert (standing.before.of, standing.before.n) == (2, 2)  # nadia in August, claire in October
    assert (standing.after.of, standing.after.n) == (2, 3)
    assert standing.after.low < 2 / 3 < standing.after.high


def test_the_outcome_reaches_every_client_who_raised_it_on_their_own_page(engine, people):
    """Whose promise it answers, who said it elsewhere, and who only ticked the reason; nobody else."""
    promise = add_promise(engine, "halden", "nadia", title="Look into the reports", agreed=True)
    voice, _drafts = add_voice(engine, "corvane", "marcus", source="call_note", words="We wait for reports, too.")
    made = initiative(engine)
    assert add_to_initiative(engine, made.id, promises=[promise.id], voices=[voice.id]) == 2
    told = publish_initiative(engine, made.id, outcome=OUTCOME)
    assert len(told) == 4
    [own] = seen_by(engine, people["nadia"])
    assert (own.number, own.title, own.state, own.reason) == (promise.id, "Look into the reports", "done", OUTCOME)
    [said] = seen_by(engine, people["marcus"])
    assert (said.title, said.said, said.waits_for_verdict) == (made.title, "We wait for reports, too.", True)
    [ticked] = seen_by(engine, people["claire"])
    assert (ticked.said, ticked.reason) == (None, OUTCOME)


def test_the_client_has_the_last_word_on_what_was_published(engine, people):
    made = initiative(engine)
    told = publish_initiative(engine, made.id, outcome=OUTCOME)
    mine = next(promise for promise in told if promise.contact_id == people["claire"].id)
    token = promises_token(engine.config.secret, people["claire"].id)
    give_verdict(engine, token, mine.id, kept=False, words="Not ours.")
    kept, events = open_promise(engine, mine.id)
    assert (kept.status, kept.verdict, events[-1].reason) == ("agreed", "disputed", "Not ours.")


def test_what_one_of_us_said_is_counted_and_nobody_is_told_they_said_it(engine, people):
    voice, _drafts = add_voice(engine, "corvane", "marcus", source="employee", words="They wait for reports.")
    made = initiative(engine)
    add_to_initiative(engine, made.id, voices=[voice.id])
    publish_initiative(engine, made.id, outcome=OUTCOME)
    assert seen_by(engine, people["marcus"]) == ()


def test_voices_of_a_cause_are_found_together_and_added_once(engine, people):
    for words in ("Slow reports.", "Reports come late."):
        add_voice(engine, "halden", source="review", words=words, cause="reporting")
    made = initiative(engine)
    assert add_to_initiative(engine, made.id, by_cause=True) == 2
    assert add_to_initiative(engine, made.id, by_cause=True) == 0
    [standing] = list_initiatives(engine)
    assert (standing.voices, standing.weight.times) == (2, 6)


def test_what_a_voice_led_to_is_answered_with_it(engine, people):
    """So that nobody is told of the same thing by two promises."""
    voice, _drafts = add_voice(engine, "halden", "omar", source="email", words="Could you send reports earlier?")
    made = initiative(engine)
    assert add_to_initiative(engine, made.id, voices=[voice.id]) == 2
    publish_initiative(engine, made.id, outcome=OUTCOME)
    [own] = seen_by(engine, people["omar"])
    assert (own.said, own.state, own.reason) == ("Could you send reports earlier?", "done", OUTCOME)


def test_an_initiative_is_published_once_and_needs_words_and_a_cause(engine, people):
    made = initiative(engine)
    with pytest.raises(InputError, match="clients will read it"):
        publish_initiative(engine, made.id, outcome=" ")
    publish_initiative(engine, made.id, outcome=OUTCOME)
    with pytest.raises(StateError, match="published already"):
        publish_initiative(engine, made.id, outcome=OUTCOME)
    with pytest.raises(InputError, match="needs a cause"):
        initiative(engine, cause=" ")
    with pytest.raises(NotFoundError, match="There is no initiative I-99"):
        add_to_initiative(engine, 99)


def test_nothing_is_published_halfway(engine, people):
    made = initiative(engine)
    house = replace(engine, clock=lambda: (_ for _ in ()).throw(RuntimeError("the disk is full")))
    with pytest.raises(RuntimeError):
        publish_initiative(house, made.id, outcome=OUTCOME, on=date(2026, 11, 24))
    with engine.store.read(EVERYTHING) as session:
        assert session.query(Promise).count() == 0
    assert list_initiatives(engine)[0].initiative.status == "open"


def test_the_command_line_takes_an_initiative_from_a_cause_to_its_clients(engine, people, runner):
    def heed(*args):
        result = runner.invoke(main, args)
        assert result.exit_code == 0, result.output
        return result.output

    listed = heed("initiatives", "--on", "2026-11-24")
    assert "reporting: 3 people, 1 of them more than once, 2 accounts with 200,000 EUR and 500,000 GBP a year" in listed
    title = ("--title", "Reports on the third working day")
    made = heed("initiative", "make", *title, "--cause", "reporting", "--owner", "omar@house.example")
    number = made.split()[0]
    voice = json.loads(heed("voice", "add", "--account", "halden", "--source", "review", "--text", "Slow.", "--json"))
    assert heed("initiative", "add", number, voice["number"]) == f"{number} answers 1 more.\n"
    told = heed("initiative", "publish", number, "--outcome", OUTCOME, "--on", "2026-11-24")
    assert told == "Published: 3 promises to clients done.\n"
    shown = json.loads(heed("initiatives", "--json", "--on", "2026-11-24"))["initiatives"][0]
    assert (shown["status"], shown["outcome"], shown["weight"]["people"]) == ("published", OUTCOME, 3)
    with engine.store.read(EVERYTHING) as session:
        assert session.query(Contact).count() == 4
