"""Forms that speak of what was before: the last answer of the same person, and what happened since they were asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.data.clients import read_answers
from engine.data.models import Ask, Contact
from engine.house import Engine
from engine.operations.planning import plan_asks
from tests.conftest import NOW
from tests.factories import make_account, make_answer, make_ask, make_contact, make_promise, make_touchpoint
from tests.letters import make_letter, make_survey, name_company, survey_path
from tests.test_bank import mistakes, read

DAY = timedelta(days=1)


def somebody(session: Any, **values: Any) -> Contact:
    """Who was asked half a year ago, and may be asked again today."""
    account = make_account(session, plan_on=NOW.date(), owner_email="maria@house.example")
    contact = make_contact(session, account, **values)
    make_ask(session, contact, sent_at=NOW - 200 * DAY, answered_at=NOW - 199 * DAY)
    return contact


def plan(engine: Engine) -> list[Any]:
    """What the one form that is planned asks, in order."""
    plan_asks(engine)
    return next(_forms(engine))


def _forms(engine: Engine) -> Iterator[Any]:
    with engine.store.read(engine.scope) as session:
        yield from [ask.form for ask in session.scalars(select(Ask).where(Ask.origin == "heed"))]


# What happened since


def test_a_question_is_asked_once_for_each_thing_that_happened_since_the_last_ask(engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        contact = somebody(session)
        review = make_touchpoint(session, contact, kind="qbr_held", happened_at=NOW - 9 * DAY)
        invoice = make_touchpoint(session, contact.account, kind="invoice_disputed", happened_at=NOW - 5 * DAY)
        make_touchpoint(session, contact, kind="qbr_held", happened_at=NOW - 201 * DAY)
        make_touchpoint(session, contact, kind="qbr_held", happened_at=NOW + DAY)
        make_touchpoint(session, contact, kind="onboarding_done", happened_at=NOW - 80 * DAY)
        make_touchpoint(session, make_contact(session, contact.account, opted_out_on=NOW.date()), kind="qbr_held")
        ids = [invoice.id, review.id]
    asked = [entry["touchpoint"] for entry in plan(engine) if entry["question"] == "since_we_asked"]
    assert asked == ids, "the newest first; the company's own counts for its people"


def test_who_was_asked_since_is_not_asked_about_it_again(engine: Engine) -> None:
    with engine.store.write(engine.scope) as session:
        contact = somebody(session)
        make_touchpoint(session, contact, kind="qbr_held", happened_at=NOW - 60 * DAY)
        make_ask(session, contact, occasion="touchpoint", survey="support", sent_at=NOW - 50 * DAY)
    assert "since_we_asked" not in [entry["question"] for entry in plan(engine)]


TOUCHED = (
    {
        "name": "how", "type": "yes_no", "for_each": "touchpoints.since_last_ask",
        "ask": {"en": "{{ touchpoint.day }}, {{ touchpoint.title }}: was it fine?",
                "de": "{{ touchpoint.day }}, {{ touchpoint.title }}: War das gut?"},
    },
    {"name": "words", "type": "text", "ask": {"en": "What else?", "de": "Was noch?"}, "anchor": True},
)  # fmt: skip


def letter_about_two(engine: Engine, **who: Any) -> tuple[str, int, list[int]]:
    with engine.store.write(engine.scope) as session:
        contact = make_contact(session, make_account(session), **who)
        happened = [
            make_touchpoint(session, contact, kind=kind, happened_at=NOW - days * DAY).id
            for kind, days in (("qbr_held", 8), ("moon_landing", 3))
        ]
        form: list[dict[str, Any]] = [{"question": "how", "promise": None, "touchpoint": each} for each in happened]
        form.append({"question": "words", "promise": None})
        ask = make_letter(session, contact=contact, survey=make_survey(session, TOUCHED, survey="touched"), form=form)
        return survey_path(engine, ask), ask.id, happened


def test_what_happened_is_told_as_clients_call_it(engine: Engine, client: FlaskClient) -> None:
    page = client.get(letter_about_two(engine)[0]).text
    assert "Mon 16 Nov, our quarterly review: was it fine?" in page
    assert "Sat 21 Nov, moon landing: was it fine?" in page, "a kind that the journey does not know speaks for itself"
    page = client.get(letter_about_two(engine, locale="de")[0]).text
    assert "Mo., 16. Nov., unser Quartalsgespräch: War das gut?" in page
    assert "Sat 21 Nov, moon landing: was it fine?" in page, "told in one language, which is English then"


def test_answers_to_the_same_question_about_two_things_are_kept_apart(engine: Engine, client: FlaskClient) -> None:
    path, ask, happened = letter_about_two(engine)
    client.post(path, data={"q1": "yes", "q2": "no", "submission_id": "one-of-the-tests"})
    client.post(path, data={"q2": "yes", "submission_id": "two-of-the-tests"})
    with engine.store.read(engine.scope) as session:
        found = {(row.touchpoint_id, row.value) for row in read_answers(session, ask)}
    assert found == {(happened[0], "yes"), (happened[1], "yes")}
    assert client.get(f"{path}?change=1").text.count('value="yes" checked') == 2


def test_promises_that_we_still_owe_can_be_asked_about(engine: Engine, tmp_path: Any) -> None:
    """The check-in of a house of its own asks whether what is open still matters."""
    from dataclasses import replace

    folder = tmp_path / "surveys"
    folder.mkdir()
    (folder / "relationship.yaml").write_text(OPEN)
    house = replace(engine, config=replace(engine.config, templates=str(tmp_path)))
    with engine.store.write(engine.scope) as session:
        owed = make_promise(session, somebody(session)).id
    assert {"question": "matters", "promise": owed} in plan(house)


OPEN = """\
survey: relationship
title: {en: How are we doing?}
occasions: [relationship]
questions:
  - {name: words, type: text, ask: {en: How are we doing?}, anchor: true}
  - name: matters
    type: yes_no
    for_each: promises.open
    ask: {en: "We owe you “{{ promise.title }}”. Does it still matter?"}
"""


# What was answered last time


@pytest.mark.parametrize(("score", "asked"), [(6, True), (7, False), (None, False)])
def test_the_last_answer_decides_whether_a_question_is_asked(engine: Engine, score: int | None, asked: bool) -> None:
    with engine.store.write(engine.scope) as session:
        contact = somebody(session)
        for days, point in ((400, 6 if score == 7 else 9), (199, score)):
            if point is not None:
                values = {"value": str(point), "score": float(point), "answered_at": NOW - days * DAY}
                make_answer(session, contact, question="recommend", **values if score is not None else {"score": None})
                if score is None:
                    break
    assert ("since_last_time" in [entry["question"] for entry in plan(engine)]) is asked


LAST = (
    {
        "name": "recommend", "type": "nps", "ask": {"en": "How likely?"}, "anchor": True,
    },
    {
        "name": "changed", "type": "text", "show_if": "last.recommend.value < 7",
        "ask": {"en": "You gave {{ last.recommend.value|default('nothing') }} on {{ last.recommend.day }}. And now?"},
    },
    {
        "name": "words", "type": "text",
        "ask": {"en": "{% if last.words.words %}You said “{{ last.words.words }}”. {% endif %}What else?"},
    },
    {
        "name": "still", "type": "yes_no", "show_if": "answers.recommend < last.recommend.value",
        "ask": {"en": "Less than {{ last.recommend.value }}: shall we talk?"},
    },
)  # fmt: skip


def letter_after(engine: Engine, *said: dict[str, Any]) -> str:
    with engine.store.write(engine.scope) as session:
        name_company(session)
        contact = make_contact(session, make_account(session))
        for values in said:
            make_answer(session, contact, **{"survey": "looks back", "answered_at": NOW - 90 * DAY} | values)
        ask = make_letter(session, "recommend", "changed", "words", contact=contact,
                          survey=make_survey(session, LAST, survey="looks back"))  # fmt: skip
        return survey_path(engine, ask)


SIX = {"question": "recommend", "value": "6", "score": 6.0}


def test_a_question_speaks_of_the_last_answer(engine: Engine, client: FlaskClient) -> None:
    long = "The report is late. " * 20
    page = client.get(letter_after(engine, SIX, {"question": "words", "words": f"<b>\n{long}"})).text
    assert "You gave 6 on Wed 26 Aug. And now?" in page
    assert "You said “&lt;b&gt; The report is late." in page
    assert page.count("The report is late.") < 9, "a quotation is short"


def test_without_an_earlier_answer_a_question_speaks_of_none(engine: Engine, client: FlaskClient) -> None:
    page = client.get(letter_after(engine)).text
    assert "You said" not in page
    assert "You gave nothing on . And now?" in page


def test_what_is_answered_now_does_not_change_what_was_said_last_time(engine: Engine, client: FlaskClient) -> None:
    path = letter_after(engine, SIX)
    client.post(path, data={"q1": "9", "submission_id": "one-of-the-tests"})
    assert "You gave 6 on" in client.get(f"{path}?change=1").text


def test_a_question_can_wait_for_an_answer_that_is_less_than_the_last(engine: Engine, client: FlaskClient) -> None:
    path = letter_after(engine, SIX)
    assert '["lt", ["answer", "q1"], ["is", 6.0]]'.replace('"', "&#34;") in client.get(path).text
    page = client.post(path, data={"q1": "4", "submission_id": "one-of-the-tests"})
    assert page.status_code == 422
    assert "Less than 6: shall we talk?" in page.text
    assert client.post(path, data={"q1": "6", "submission_id": "two-of-the-tests"}).status_code == 303


# What is wrong when a survey is read

BANK = """\
survey: checkin
title: {en: How are we doing?}
occasions: [relationship]
questions:
  - {name: recommend, type: nps_plus, ask: {en: How likely?}, anchor: true}
  - {name: solved, type: choice, ask: {en: Is it solved?}, choices: [solved, open], SOLVED}
  - {name: kept, type: yes_no, for_each: promises.open, ask: {en: Kept?}}
  - {name: left, type: yes_no, ask: {en: "LEFT"}, LOGIC}
  - {name: later, type: yes_no, ask: {en: And later?}, LATER}
"""


def bank(solved: str = "seconds: 5", left: str = "What is left?", logic: str = "seconds: 5", later: str = "") -> str:
    made = BANK.replace("LOGIC", logic).replace("LEFT", left).replace("LATER", later or "seconds: 5")
    return made.replace("SOLVED", solved)


@pytest.mark.parametrize("condition", ["last.recommend.value < 7", "last.later.value == 'no'", "not last.left.value"])
def test_conditions_may_look_at_the_last_answer_to_any_question(condition: str) -> None:
    survey = read(bank(logic=f'show_if: "{condition}"', left="{{ last.left.words|default(last.later.day) }}"))
    assert survey.questions[3].show_if == condition


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"logic": 'show_if: "last.recomend.value < 7"'},
            ":8: show_if: There is no fact “last.recomend.value”. Did you",
        ),
        ({"logic": 'show_if: "last.recommend.words"'}, ":8: show_if: There is no fact “last.recommend.words”."),
        ({"logic": 'show_if: "last.kept.value"'}, ":8: show_if: There is no fact “last.kept.value”."),
        ({"logic": 'show_if: "last.solved.value == 1"'}, ":8: show_if: last.solved.value is a text and is compared"),
        ({"logic": "show_if: \"last.recommend.value == '9'\""}, ":8: show_if: last.recommend.value is a number and is"),
        ({"logic": 'show_if: "last.recommend.value > 10"'}, ":8: show_if: “last.recommend.value > 10” is never true"),
        (
            {"left": "{{ last.solved.valeu }}"},
            ":8: ask: There is no fact “last.solved.valeu”. Did you mean last.solved",
        ),
        ({"left": "{{ touchpoint.title }}"}, ":8: ask: There is no fact “touchpoint.title”."),
        ({"logic": "touchpoints: [qbr_held]"}, ":8: touchpoints says which of them it is repeated for: it needs"),
        (
            {"logic": "for_each: touchpoints.since_last_ask, touchpoints: [qbr_hold]"},
            ":8: touchpoints: there is no “qbr_hold”. Did you mean qbr_held?",
        ),
        (
            {"logic": "for_each: touchpoints.since_last_ask", "left": "{{ promise.title }}"},
            ":8: ask: There is no fact “promise.title”.",
        ),
    ],
)
def test_what_looks_at_nothing_is_named_with_its_line(wrong: dict[str, str], said: str) -> None:
    [found] = mistakes(bank(**wrong))
    assert found.startswith(f"checkin.yaml{said}"), found


def test_questions_that_wait_for_each_other_are_named_with_the_way_round() -> None:
    found = mistakes(bank(solved="show_if: \"answers.later == 'no'\"", later="show_if: \"answers.solved == 'open'\""))
    assert found[0].startswith("checkin.yaml:6: show_if: There is no fact “answers.later”.")
    assert "solved waits for later waits for solved: none of them would ever be asked." in found[0]


def test_a_question_that_no_way_leads_to_is_named() -> None:
    openers = {
        "logic": "show_if: \"answers.solved == 'open'\"",
        "later": "show_if: \"answers.left and answers.solved == 'solved'\"",
    }
    [found] = mistakes(bank(**openers))
    assert found.startswith(
        "checkin.yaml:9: show_if: “answers.left and answers.solved == 'solved'” is never true where left"
    )


def test_a_question_for_roles_that_never_see_what_opens_it_is_named() -> None:
    roles = {"solved": "roles: [buyer]", "logic": "roles: [user], show_if: \"answers.solved == 'open'\""}
    [found] = mistakes(bank(**roles))
    assert found.startswith("checkin.yaml:8: show_if: “answers.solved == 'open'” is never true where solved is asked")
    assert read(bank(solved="roles: [buyer, user]", logic="roles: [user], show_if: \"answers.solved == 'open'\""))
