"""The ledger says what was said, done and confirmed, and how sure that is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.cli import main
from engine.data.models import Promise
from engine.data.store import EVERYTHING, Scope
from engine.decide.shares import share
from engine.errors import InputError
from engine.operations.ledger import read_ledger
from engine.operations.promises import (
    add_promise,
    decline_promise,
    do_promise,
    move_promise,
    record_verdict,
)
from tests.conftest import NOW
from tests.factories import make_account, make_contact


@pytest.mark.parametrize(
    ("of", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_the_literature(of, n, low, high):
    """Wilson's without continuity correction, as in Newcombe, Statistics in Medicine 17 (1998), table I."""
    assert (round(share(of, n).low, 4), round(share(of, n).high, 4)) == pytest.approx((low, high), abs=6e-4)


def test_a_share_is_told_with_its_number_and_interval():
    assert (str(share(3, 4)), str(share(0, 0))) == ("75 % (3 of 4; 30–95)", "–")


def after(engine, days):
    moment = NOW + timedelta(days=days)
    return replace(engine, clock=lambda: moment)


@pytest.fixture
def halden(engine):
    """Five promises: kept after a move, done without a word, disputed, overdue, declined; and a draft."""
    with engine.store.write(EVERYTHING) as session:
        for key, tier, owner in (("halden", "key", "tom@house.example"), ("corvane", "light", "leila@house.example")):
            account = make_account(session, key=key, tier=tier, owner_email=owner)
            make_contact(session, account, key="nadia")

    def promise(account, title, day):
        return add_promise(engine, account, "nadia", title=title, due_on=day, agreed=True).id

    kept, done = promise("halden", "Kept", date(2026, 11, 27)), promise("halden", "Done", date(2026, 11, 25))
    disputed, declined = promise("corvane", "Disputed", date(2026, 12, 18)), promise("corvane", "No", date(2026, 12, 1))
    promise("corvane", "Overdue", date(2026, 11, 26))
    add_promise(engine, "halden", "nadia", title="Only a draft")
    move_promise(engine, kept, due_on=date(2026, 12, 1), reason="The bank is late.")
    decline_promise(engine, declined, reason="Too costly.")
    for number, days in ((kept, 4), (done, 6), (disputed, 6)):
        do_promise(after(engine, days), number, what="There.")
    for number, good in ((kept, True), (disputed, False)):
        house = after(engine, 10)
        with house.store.write(EVERYTHING) as session:
            promise = session.get_one(Promise, number)
            record_verdict(house, session, promise, kept=good, words=None, author="Nadia")
    return after(engine, 14)


def test_said_done_and_confirmed_are_counted_with_their_numbers(halden):
    [line] = read_ledger(halden).lines
    assert (line.said, line.waiting, line.overdue, line.declined) == (5, 2, 1, 1)
    assert (line.done.of, line.done.n) == (2, 3)
    assert (line.on_time.of, line.on_time.n) == (1, 2)
    assert (line.confirmed.of, line.confirmed.n) == (1, 2)
    assert (line.unconfirmed, line.disputed, line.moved, line.moves_per_promise) == (1, 1, 1, 0.2)
    assert (line.days_to_done, line.days_to_kept) == (6, 10)


def test_by_owner_tier_touchpoint_and_team(halden):
    by_owner = {line.of: line.said for line in read_ledger(halden, by="owner").lines}
    assert by_owner == {"all": 5, "tom@house.example": 2, "leila@house.example": 3}
    assert [line.of for line in read_ledger(halden, by="tier").lines] == ["all", "key", "light"]
    assert [line.of for line in read_ledger(halden, by="touchpoint").lines] == ["all", "none"]
    assert [line.of for line in read_ledger(halden, by="team").lines] == ["all", "no team"]
    with pytest.raises(InputError, match="Did you mean owner"):
        read_ledger(halden, by="owners")


def test_both_sides_stand_next_to_each_other_where_they_differ(halden):
    found = read_ledger(halden)
    assert [entry.title for entry in found.differing] == ["Disputed"]
    assert [entry.title for entry in found.unconfirmed] == ["Done"]


def test_a_team_reads_the_ledger_of_its_own_accounts(halden):
    with halden.store.read(EVERYTHING) as session:
        account_id = session.query(Promise).filter_by(title="Disputed").one().account_id
    theirs = read_ledger(halden.acting_as("leila@house.example", Scope(frozenset({account_id}))))
    assert theirs.lines[0].said == 3


def test_an_empty_ledger_says_so_without_a_rate(engine):
    [line] = read_ledger(engine).lines
    assert (line.said, line.done.rate, line.days_to_reply) == (0, None, None)


def test_the_command_line_prints_the_ledger(halden, runner):
    told = runner.invoke(main, ["ledger", "--by", "owner", "--on", "2026-12-08"])
    assert told.exit_code == 0
    assert "67 % (2 of 3; 21–94)" in told.output
    assert "We say done, the client says no:\n" in told.output
    found = json.loads(runner.invoke(main, ["ledger", "--json", "--on", "2026-12-08"]).output)
    assert found["lines"][0]["done"]["n"] == 3
    assert found["unconfirmed"][0]["title"] == "Done"
