"""“Please call me” is read from the form and becomes one promise, due the next working day."""

from __future__ import annotations

from datetime import UTC, datetime

import jinja2
import pytest

from engine.api import Answer, Given, InputError, Question
from engine.survey.reading import typed_of
from plugins.call_me import LONGEST, CallMe, Settings, promise_at_once

QUESTION = Question("call_me", "call_me", {"en": "Would you rather talk about it?"})


def wish(**data) -> Answer:
    return Answer(
        ask_id=1,
        account_id=1,
        contact_id=1,
        survey="relationship",
        question="call_me",
        type=data.pop("type", "call_me"),
        given=Given(value="yes", data=data),
        answered_at=datetime(2026, 11, 24, 9, tzinfo=UTC),
    )


def read(**posted) -> Given | None:
    return CallMe().read(QUESTION, {f"q1{key}": [value] for key, value in posted.items()}, "q1")


def test_nothing_filled_in_is_no_wish():
    assert read(**{"": "", ".when": "  ", ".number": ""}) is None


def test_the_box_alone_is_a_wish():
    assert read(**{"": "yes"}) == Given(value="yes")


def test_a_time_or_a_number_is_a_wish_without_the_box():
    given = read(**{".when": " Tuesday\n afternoon ", ".number": "+44 20 7946 0018"})
    assert given == Given(value="yes", data={"when": "Tuesday afternoon", "number": "+44 20 7946 0018"})


@pytest.mark.parametrize("number", ["my desk", "112", "n/a"])
def test_what_cannot_be_dialled_is_said_so(number):
    with pytest.raises(InputError, match="no number that we could call") as caught:
        read(**{".number": number})
    assert caught.value.about == "q1.number"


def test_a_time_stays_one_line():
    with pytest.raises(InputError, match="room for 120"):
        read(**{".when": "x" * (LONGEST + 1)})


def test_the_call_is_promised_at_once_in_plain_words():
    (draft,) = promise_at_once([wish(when="Tuesday afternoon", number="+44 20 7946 0018")])
    assert (draft.title, draft.agreed, draft.kind) == (
        "Call back: Tuesday afternoon, +44 20 7946 0018", True, "call_back",
    )  # fmt: skip
    assert draft.working_days == Settings().load({})["working_days"] == 1


def test_without_time_and_number_the_promise_is_still_made():
    assert [draft.title for draft in promise_at_once([wish()])] == ["Call back"]


def test_one_form_makes_one_call_with_all_that_is_known():
    (draft,) = promise_at_once([wish(number="030 2312 5011"), wish(), wish(when="morgens")])
    assert draft.title == "Call back: morgens, 030 2312 5011"


def test_other_answers_promise_no_call():
    assert promise_at_once([wish(type="rating")]) == []


def test_what_was_typed_is_shown_again_and_escaped():
    html = jinja2.Environment(autoescape=True).from_string(CallMe.html)
    texts = CallMe().texts(QUESTION, "en", lambda message: message)

    def show(given: Given | None) -> str:
        return html.render(field="q1", label="Talk?", texts=texts, typed=typed_of(CallMe(), QUESTION, given))

    shown = show(Given("yes", data={"when": '"><script>'}))
    assert "checked" in shown
    assert "&#34;&gt;&lt;script&gt;" in shown
    assert "checked" not in show(None)
