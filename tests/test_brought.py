"""What plugins bring and fails later: channels, question types, promises. Everything around it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from engine.api import Scale
from engine.brought import GuardedType
from engine.data.models import AnswerRow, Ask, Delivery, Promise
from engine.errors import HeedError
from engine.hookspecs import hookimpl
from engine.house import Engine
from engine.links import ask_token
from engine.operations.answers import submit_answers
from engine.operations.sending import send_due
from engine.operations.surveys import check_house
from engine.registry import build_plugins
from engine.types import Draft, Given, Question, Receipt
from tests.factories import make_account, make_contact
from tests.letters import make_letter, make_survey
from tests.test_answers import MISSING, letter, only, rows, submit
from tests.test_registry import plugin


def with_plugins(engine: Engine, *extra: Any) -> Engine:
    return replace(engine, plugins=build_plugins(extra))


def bringing(hook: str, *things: Any) -> Any:
    return plugin("guest", hook, lambda: list(things))


# channels


class Pigeon:
    """A channel that does what it is told to."""

    label = "Pigeon"

    def __init__(self, name: str = "pigeon", opening: Any = None, delivering: Any = None) -> None:
        self.name, self._opening, self._delivering = name, opening, delivering
        self.carried: list[str] = []

    @contextmanager
    def open(self, config: Any) -> Iterator[Any]:
        if self._opening:
            raise self._opening
        yield self

    def deliver(self, message: Any) -> Any:
        if isinstance(self._delivering, BaseException):
            raise self._delivering
        self.carried.append(message.to)
        return self._delivering


def planned(engine: Engine, *channels: str) -> None:
    """An ask by each channel that is to be sent now."""
    with engine.store.write(engine.scope) as session:
        account, survey = make_account(session, owner_email="maria@harbour.example"), make_survey(session)
        for channel in channels:
            contact = make_contact(session, account, email=f"ada.{channel}@north.example", channels=channel)
            make_letter(
                session, MISSING, contact=contact, survey=survey, channel=channel, status="planned", sent_at=None,
                send_at=datetime(2026, 11, 24, 9, tzinfo=UTC),
            )  # fmt: skip


FAILURES = [RuntimeError("lame"), SystemExit(1), None, "sent", Receipt("flown"), Receipt("sent", 3)]  # type: ignore[arg-type]


@pytest.mark.parametrize("delivering", FAILURES, ids=repr)
def test_a_channel_that_fails_while_it_delivers_leaves_its_message_in_doubt(engine: Engine, delivering: Any) -> None:
    house = with_plugins(engine, bringing("register_channels", Pigeon(delivering=delivering)))
    planned(house, "pigeon")
    assert send_due(house).in_doubt == 1
    assert (only(house, Ask).status, only(house, Delivery).status) == ("in_doubt", "in_doubt")
    health = house.plugins.all["guest"].health
    assert (health.failures, health.last_error.startswith("guest failed in deliver: ")) == (1, True)


def test_a_channel_that_cannot_be_opened_keeps_no_other_from_sending(engine: Engine) -> None:
    lame, well = Pigeon("lame", opening=SystemExit(2)), Pigeon("well", delivering=Receipt("sent"))
    house = with_plugins(engine, bringing("register_channels", lame, well))
    planned(house, "lame", "well")
    with pytest.raises(HeedError, match=r"guest failed in open: SystemExit: 2\. Nothing is sent by it"):
        send_due(house)
    assert well.carried == ["ada.well@north.example"]
    assert {ask.channel: ask.status for ask in rows(house, Ask)} == {"lame": "planned", "well": "sent"}


# what is brought at start


@pytest.mark.parametrize(
    ("hook", "thing", "words"),
    [
        ("register_channels", SimpleNamespace(label="Pigeon", open=print), "has no name"),
        ("register_channels", SimpleNamespace(name=7, label="Pigeon", open=print), "name is 7, which is no text"),
        ("register_channels", SimpleNamespace(name="pigeon", label="Pigeon", open=None), "open cannot be called"),
        ("register_channels", None, "NoneType"),
        ("register_question_types", SimpleNamespace(name="smile", html="{{"), "line 1 of the html of smile"),
        ("register_question_types", SimpleNamespace(name="smile", html="<p>"), "has no check"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_told(engine: Engine, hook: str, thing: Any, words: str) -> None:
    good = plugin("good", "register_channels", lambda: [Pigeon()])
    house = with_plugins(engine, bringing(hook, thing), good)
    assert [error.about for error in house.plugins.errors] == ["guest"]
    assert words in str(house.plugins.errors[0])
    assert set(house.plugins.channels) - set(engine.plugins.channels) == {"pigeon"}
    assert set(house.plugins.question_types) == set(engine.plugins.question_types)
    assert [finding.where for finding in check_house(house)] == ["plugin guest"]


def test_a_plugin_that_fails_at_start_brings_nothing_and_stops_nobody(engine: Engine) -> None:
    def fail() -> Any:
        raise SystemExit(3)

    house = with_plugins(engine, plugin("guest", "register_channels", fail))
    assert [str(error) for error in house.plugins.errors] == [
        "guest failed in register_channels: SystemExit: 3. What it brings is left out."
    ]


# question types


class Smile(Scale):
    """A scale that fails in the way it is told to."""

    def __init__(self, failing: str = "", error: Any = None) -> None:
        super().__init__("smile", 1, 3, low="No", high="Yes")
        if failing:
            setattr(self, failing, error if failing == "html" else self._fail)
        self._error = error

    def _fail(self, *_: Any) -> Any:
        if isinstance(self._error, BaseException):
            raise self._error
        return self._error


SMILE = {"name": "smile", "type": "smile", "ask": {"en": "Do you smile?"}, "required": True}
WORDS = {"name": MISSING, "type": "text", "ask": {"en": "What is missing?"}}


@pytest.mark.parametrize("error", [RuntimeError("odd"), SystemExit(1), "3"], ids=repr)
def test_an_answer_that_its_type_cannot_read_is_kept_as_it_was_typed(engine: Engine, error: Any) -> None:
    house = with_plugins(engine, bringing("register_question_types", Smile("read", error)))
    with house.store.write(house.scope) as session:
        token = ask_token(house.config.secret, make_letter(session, survey=make_survey(session, [SMILE, WORDS])).id)
    submit_answers(house, token, {"q1": ["3"], "q2.text": ["Nothing."]}, "submission-1")
    smile, words = rows(house, AnswerRow)
    assert (smile.value, smile.score, smile.data) == (None, None, {"typed": {"": ["3"]}})
    assert words.words == "Nothing."
    assert house.plugins.all["guest"].health.failures == 1


@pytest.mark.parametrize(("failing", "error"), [("html", "{{ 1 / 0 }}"), ("texts", RuntimeError("odd"))])
def test_a_question_that_cannot_be_drawn_does_not_keep_the_others_from_the_page(
    engine: Engine, failing: str, error: Any
) -> None:
    from engine.app import create_app

    house = with_plugins(engine, bringing("register_question_types", Smile(failing, error)))
    with house.store.write(house.scope) as session:
        token = ask_token(house.config.secret, make_letter(session, survey=make_survey(session, [SMILE, WORDS])).id)
    page = create_app(house).test_client().get(f"/s/{token}")
    assert page.status_code == 200
    assert "What is missing?" in page.text
    assert house.plugins.all["guest"].health.failures == 1


@pytest.mark.parametrize("error", [RuntimeError("odd"), object()], ids=["raises", "returns nonsense"])
def test_whatever_else_a_type_fails_in_is_as_if_it_had_nothing_to_say(error: Any) -> None:
    question = Question("smile", "smile", {"en": "Do you smile?"})
    guest = build_plugins([bringing("register_channels")]).all["guest"]

    def failing(name: str) -> GuardedType:
        return GuardedType(guest, Smile(name, error))

    assert failing("low_up_to").low_up_to(question) is None
    assert list(failing("check").check({})) == []
    assert failing("texts").texts(question, "en", str) == {}
    assert failing("fill").fill(question, Given("3", 3.0)) == {}
    assert failing("as_text").as_text("Do you smile?", {}) == "Do you smile?"
    assert failing("read").read(question, {}, "q1") is None
    assert guest.health.failures == 6


# promises


class Promising:
    """Suggests what it is told to, and spoils what it was given."""

    def __init__(self, drafts: Any) -> None:
        self._drafts = drafts

    @hookimpl
    def promise_at_once(self, answers: Any) -> Any:
        answers.clear()
        if isinstance(self._drafts, BaseException):
            raise self._drafts
        return self._drafts


DRAFTS = {
    "raises": SystemExit(1),
    "a text": "call them",
    "no draft": [{"title": "Call"}],
    "without a title": [Draft(title=" ", working_days=1)],
    "never due": [Draft(title="Call", working_days=10**9)],
    "due on a text": [Draft(title="Call", working_days="1")],  # type: ignore[arg-type]
    "too many": [Draft(title=f"Call {number}", working_days=1) for number in range(11)],
}


@pytest.mark.parametrize("kind", DRAFTS)
def test_a_promise_that_cannot_be_made_costs_no_answer_and_no_other_promise(engine: Engine, kind: str) -> None:
    class Careful:
        @hookimpl
        def promise_at_once(self, answers: Any) -> Any:
            return [Draft(title=f"Look at {answers[0].question}", working_days=1)]

    house = with_plugins(engine, Promising(DRAFTS[kind]), Careful())
    submit(house, letter(house, MISSING), {"q1.text": "A report."})
    assert only(house, AnswerRow).words == "A report."
    assert only(house, Promise).title == f"Look at {MISSING}"
    assert house.plugins.all["Promising"].health.failures == 1
