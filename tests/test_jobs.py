"""Jobs: each is done by one worker when its turn comes, and nothing that waits for one is lost with a worker."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from time import sleep

import pytest
import time_machine

from engine.app import open_house
from engine.cli import main
from engine.config import Config
from engine.data.models import Ask, Promise
from engine.data.store import EVERYTHING
from engine.errors import HeedError
from engine.jobs import FOLLOW_UP, JOBS, LEASE, Job, Ran, take_turn, work
from engine.links import ask_token
from engine.operations.answers import submit_answers
from tests.factories import make_account, make_contact
from tests.letters import make_letter, survey_path

START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


class Counting:
    """A job that counts its turns, and can be told to fail or to stop a worker."""

    def __init__(self, stop: Event | None = None) -> None:
        self.turns, self.error, self.stop = 0, None, stop
        self.job = Job("counting", timedelta(minutes=5), self, "count")

    def __call__(self, engine):
        self.turns += 1
        if self.stop:
            self.stop.set()
        if self.error:
            raise self.error


def write_letter(engine, *questions):
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, name="Northwind", owner_email="maria@harbour.example")
        return make_letter(session, *questions, contact=make_contact(session, account, name="Nadia Bloom"))


def list_drafts(engine):
    with engine.store.read(EVERYTHING) as session:
        return [promise.title for promise in session.query(Promise).where(Promise.status == "drafted")]


def test_what_follows_from_an_answer_is_drafted_by_a_worker_and_not_on_the_answers_way(engine, client):
    path = survey_path(engine, write_letter(engine, "recommend"))
    assert client.post(path, data={"q1": "2", "submission_id": "a submission"}).status_code == 303
    assert list_drafts(engine) == []
    assert take_turn(engine, FOLLOW_UP) is not None
    assert len(list_drafts(engine)) == 1
    assert take_turn(engine, FOLLOW_UP) is None


def test_of_many_workers_one_does_a_job_until_it_is_due_again(engine):
    counting = Counting()
    with time_machine.travel(START, tick=False) as clock, ThreadPoolExecutor(8) as pool:
        assert sum(ran is not None for ran in pool.map(lambda _: take_turn(engine, counting.job), range(16))) == 1
        clock.shift(timedelta(minutes=4, seconds=59))
        assert take_turn(engine, counting.job) is None
        clock.shift(timedelta(seconds=1))
        assert take_turn(engine, counting.job) is not None
    assert counting.turns == 2


def test_the_job_of_a_worker_that_was_killed_is_done_by_another(engine):
    quick = Job("quick", timedelta(seconds=1), Counting(), "count")
    with time_machine.travel(START, tick=False) as clock:
        engine.store.take_lease("job quick", "a worker that is gone", START, LEASE.total_seconds())
        assert take_turn(engine, quick) is None
        clock.shift(LEASE)
        assert take_turn(engine, quick) is not None


@pytest.mark.parametrize(
    ("error", "told"), [(HeedError("No mail server."), "No mail server."), (KeyError("x"), "KeyError: 'x'")]
)
def test_a_job_that_fails_is_told_keeps_no_other_back_and_has_its_turn_again(engine, error, told):
    stop, heard = Event(), []
    failing, other = Counting(), Counting(stop)
    failing.error = error
    jobs = [Job("failing", timedelta(minutes=5), failing, ""), Job("other", timedelta(minutes=5), other, "")]
    with time_machine.travel(START, tick=False) as clock:
        work(engine, jobs, stop, heard.append)
        assert [(ran.job, ran.error) for ran in heard] == [("failing", told), ("other", "")]
        clock.shift(timedelta(minutes=5))
        assert take_turn(engine, jobs[0]).error == told
    assert failing.turns == 2


def test_a_job_that_somebody_does_by_hand_is_no_failure(engine):
    [plan] = [job for job in JOBS if job.name == "plan"]
    engine.store.take_lease("plan", "somebody", engine.clock(), 60)
    assert take_turn(engine, plan) is None


def test_a_database_that_cannot_be_reached_is_told_and_ends_no_worker(tmp_path):
    house = open_house(Config(database_url=f"sqlite:///{tmp_path}/none/heed.db"))
    ran = take_turn(house, FOLLOW_UP)
    assert isinstance(ran, Ran)
    assert "cannot be opened" in ran.error


def test_heed_work_once_does_all_that_is_due_and_then_nothing(engine, runner):
    token = ask_token(engine.config.secret, write_letter(engine, "recommend").id)
    submit_answers(engine, token, {"q1": ["2"]}, "a submission")
    result = runner.invoke(main, ["work", "--once", "--json"])
    ran = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 0, result.output
    assert {"follow-up", "plan", "send"} <= {each["job"] for each in ran}
    assert not any(each["error"] for each in ran)
    assert len(list_drafts(engine)) == 1
    again = runner.invoke(main, ["work", "--once"])
    assert (again.exit_code, again.output) == (0, "")


def test_heed_work_once_fails_where_a_job_does(engine, runner):
    write_letter(engine, "recommend")
    with engine.store.write(EVERYTHING) as session:
        ask = session.query(Ask).one()
        ask.status, ask.send_at, ask.sent_at, ask.expires_at = "planned", START - timedelta(days=1), None, None
    result = runner.invoke(main, ["work", "--once"], env={"HEED_SMTP_URL": "smtp://127.0.0.1:1"})
    assert result.exit_code == 1, result.output
    assert "send: " in result.output
    assert "plan: done" in result.output


class Stopping:
    """Lets one round pass, and keeps how long the worker would have rested after it."""

    def __init__(self):
        self.rounds, self.rested = 0, []

    def is_set(self):
        self.rounds += 1
        return self.rounds > 1

    def wait(self, seconds):
        self.rested.append(seconds)


def test_whoever_waited_for_others_rests_no_longer_for_it(engine):
    """What a plugin asks of another machine, or the turn to write, takes none of this one's processors."""
    stop = Stopping()
    work(engine, [Job("waiting", timedelta(minutes=5), lambda engine: sleep(2), "wait")], stop, rest=100)
    assert stop.rested[0] < 100 * 2 / 2
