"""Surveys at the desk: written in a form or as text, checked as files are, kept by version, and then really asked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from admin.survey_forms import languages_of, read_typed, rearrange, rows_of
from engine.data.models import AnswerRow, Ask, AuditEntry, Contact, SurveyVersion, Voice
from engine.data.surveys import current_surveys
from engine.errors import InputError, NotFoundError, StateError
from engine.house import Engine
from engine.operations.planning import plan_asks
from engine.operations.previews import preview_survey
from engine.operations.survey_changes import (
    check_survey,
    diff_file,
    diff_survey,
    find_survey,
    follow_file,
    list_survey_versions,
    retire_survey,
    revert_survey,
    save_survey,
)
from engine.operations.survey_usage import read_question_usage, read_usage
from engine.operations.surveys import check_house, list_surveys, load_shipped, sync_surveys
from engine.survey.bank import read_survey, survey_as_dict
from engine.survey.reader import FileError
from engine.survey.writing import compare_surveys, find_place, read_content, write_survey
from tests.conftest import NOW
from tests.desk import ADMIN, Desks, address, furnish, sign_in
from tests.factories import make_account, make_answer, make_ask, make_contact
from tests.hostile_templates import HOSTILE
from tests.test_desk import send, token_in
from tests.test_surveys import SURVEY, with_folder

EDIT = "/admin/surveys/relationship/edit"
NAMES = ("relationship", "onboarding", "project_milestone", "promise_check", "renewal", "support")


@pytest.fixture
def desks(engine: Engine) -> Desks:
    return furnish(engine)


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    return site.test_client()


@pytest.fixture
def admin(client: FlaskClient, engine: Engine, desks: Desks) -> FlaskClient:
    return sign_in(client, engine, ADMIN)


def shipped(engine: Engine, name: str = "relationship") -> dict[str, Any]:
    return survey_as_dict(load_shipped(engine)[0][name])


def changed(engine: Engine, **values: Any) -> str:
    """The check-in with something else in it."""
    return write_survey(shipped(engine) | values)


TITLE = {"en": "How is it going?"}


def current(engine: Engine, name: str = "relationship"):
    with engine.store.read(engine.scope) as session:
        return current_surveys(session)[name]


def fields_of(page: str) -> MultiDict[str, str]:
    """What a browser would post of the form as it was drawn."""
    form = page[page.index('<form method="post" action="/admin/surveys') :]
    form = form[: form.index("</form>")]
    typed: MultiDict[str, str] = MultiDict()
    found = re.finditer(
        r'<input (?P<input>[^>]*)>|<textarea name="(?P<area>[^"]+)"[^>]*>(?P<text>.*?)</textarea>'
        r'|<select name="(?P<select>[^"]+)">(?P<options>.*?)</select>', form, re.DOTALL,
    )  # fmt: skip
    for match in found:
        if match["area"]:
            typed.add(match["area"], plain(match["text"]))
        elif match["select"]:
            chosen = re.search(r'value="([^"]*)" selected', match["options"]) or re.search(
                r'value="([^"]*)"', match["options"]
            )
            typed.add(match["select"], plain(chosen[1]) if chosen else "")
        elif "checkbox" not in match["input"] or " checked" in match["input"]:
            name = re.search(r'name="([^"]+)"', match["input"])
            value = re.search(r'value="([^"]*)"', match["input"])
            if name:
                typed.add(name[1], plain(value[1]) if value else "")
    return typed


def plain(text: str) -> str:
    for sign, coded in (('"', "&#34;"), ("'", "&#39;"), ("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
        text = text.replace(coded, sign)
    return text


# One representation


@pytest.mark.parametrize("name", NAMES)
def test_a_survey_that_is_written_down_reads_as_it_was(engine: Engine, name: str) -> None:
    survey = load_shipped(engine)[0][name]
    assert check_survey(engine, write_survey(survey_as_dict(survey)), name).survey == survey


@pytest.mark.parametrize("name", NAMES)
def test_a_form_that_nobody_touched_stands_for_the_survey_it_was_drawn_from(
    admin: FlaskClient, engine: Engine, name: str
) -> None:
    typed = fields_of(admin.get(f"/admin/surveys/{name}/edit").text)
    survey = load_shipped(engine)[0][name]
    assert check_survey(engine, write_survey(read_typed(name, typed)), name).survey == survey


def test_texts_of_several_lines_and_odd_letters_survive(engine: Engine) -> None:
    title = {"en": "yes", "de": "a: b # c\n\n  – d", "ar": "مرحبا {{ company.name|default('x') }}", "no": "null"}
    source = changed(engine, title=title)
    assert dict(check_survey(engine, source, "x").survey.title) == title


def test_a_line_is_found_again_at_its_question_and_key(engine: Engine) -> None:
    content = shipped(engine)
    source = write_survey(content)
    lines = source.splitlines()
    for place, question in enumerate(content["questions"]):
        line = lines.index(f"  - name: {question['name']}") + 1
        assert find_place(source, line) == (place, "name")
    assert find_place(source, 2) == (None, "title")


def test_questions_are_moved_copied_added_and_taken_out() -> None:
    content = {"questions": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}

    def names() -> list[str | None]:
        return [question.get("name") for question in content["questions"]]

    assert (rearrange(content, "down", 0), names()) == (1, ["b", "a", "c"])
    assert (rearrange(content, "up", 0), names()) == (0, ["b", "a", "c"])
    assert (rearrange(content, "copy", 0), names()) == (1, ["b", "b_again", "a", "c"])
    assert (rearrange(content, "remove", 3), names()) == (2, ["b", "b_again", "a"])
    assert (rearrange(content, "add", 0), names()) == (3, ["b", "b_again", "a", None])
    assert (rearrange(content, "remove", 99), len(names())) == (0, 4)


def test_options_of_a_type_are_rows_of_words_or_values() -> None:
    question = {
        "name": "x",
        "ask": {"en": "?"},
        "choices": {"a": {"en": "A", "fr": "Ah"}},
        "max": 2,
        "exclusive": ["a"],
    }
    assert [(row.path, dict(row.texts), row.value) for row in rows_of(question)] == [
        ("choices / a", {"en": "A", "fr": "Ah"}, ""), ("max", {}, "2"), ("exclusive", {}, "[a]"),
    ]  # fmt: skip
    assert languages_of({"questions": [question]}, "en, de") == ["en", "fr", "de"]


def test_two_versions_are_compared_key_by_key() -> None:
    before = {"title": {"en": "A"}, "questions": [{"name": "x", "seconds": 5}, {"name": "y", "anchor": True}]}
    after = {
        "title": {"en": "B"},
        "questions": [{"name": "y"}, {"name": "x", "seconds": 5}, {"name": "z", "seconds": 1}],
    }
    assert [tuple(one) for one in compare_surveys(before, after)] == [
        ("", "title / en", "A", "B"), ("y", "anchor", "yes", None), ("z", "seconds", None, "1"),
        ("", "order", "x, y", "y, x"),
    ]  # fmt: skip


# Versions


def test_what_is_saved_is_what_is_planned_and_asks_keep_theirs(engine: Engine, desks: Desks) -> None:
    with engine.store.read(engine.scope) as session:
        before = session.get_one(Ask, desks.ask).survey_version_id
    saved = save_survey(engine, changed(engine, title=TITLE), name="relationship", seen=1, comment="Shorter")
    number, survey = current(engine)
    assert (saved, survey.title["en"]) == (2, "How is it going?")
    with engine.store.write(engine.scope) as session:
        make_contact(session, make_account(session, plan_on=NOW.date(), owner_email="olive@house.example"))
    plan_asks(engine)
    with engine.store.read(engine.scope) as session:
        versions = {ask.id: ask.survey_version_id for ask in session.query(Ask) if ask.survey == "relationship"}
        entry = session.query(AuditEntry).filter_by(action="change survey").one()
        assert session.get_one(Ask, desks.ask).survey_version_id == before != number
    assert number in versions.values()
    assert (entry.subject, entry.before["version"], entry.after["version"]) == ("relationship", 1, 2)
    assert next(each for each in list_surveys(engine) if each.name == "relationship").title == TITLE


def test_a_survey_of_the_desk_stays_whatever_its_file_says_until_it_follows_it_again(
    engine: Engine, tmp_path: Path
) -> None:
    house = with_folder(engine, tmp_path / "own", surveys__checkin=SURVEY)
    sync_surveys(house)
    save_survey(house, SURVEY.replace("How are", "How were"), name="checkin", seen=1)
    later = with_folder(engine, tmp_path / "own", surveys__checkin=SURVEY.replace("How are", "Where are"))
    assert "checkin" not in sync_surveys(later)
    assert current(later, "checkin")[1].title["en"] == "How were we doing?"
    assert find_survey(later, "checkin").file_differs
    told = [(one.before, one.after) for one in diff_file(later, "checkin")]
    assert ("How were we doing?", "Where are we doing?") in told
    assert follow_file(later, "checkin") == 3
    assert current(later, "checkin")[1].title["en"] == "Where are we doing?"
    newest = with_folder(engine, tmp_path / "own", surveys__checkin=SURVEY)
    assert sync_surveys(newest) == ["checkin"]


def test_saving_the_same_again_makes_no_version(engine: Engine) -> None:
    sync_surveys(engine)
    source = changed(engine, title=TITLE)
    assert save_survey(engine, source, name="relationship", seen=1) == 2
    assert save_survey(engine, source, name="relationship", seen=2) is None
    assert len(list_survey_versions(engine, "relationship")) == 2


def test_whoever_saves_over_somebody_else_is_told(engine: Engine) -> None:
    sync_surveys(engine)
    save_survey(engine, changed(engine, title=TITLE), name="relationship", seen=1)
    with pytest.raises(StateError, match="version 2 was saved"):
        save_survey(engine, changed(engine, title={"en": "Mine"}), name="relationship", seen=1)
    assert save_survey(engine, changed(engine, title={"en": "Mine"}), name="relationship", seen=2) == 3


def test_an_earlier_version_comes_back_as_the_newest_and_stays_in_the_list(engine: Engine) -> None:
    sync_surveys(engine)
    save_survey(engine, changed(engine, title=TITLE), name="relationship", seen=1)
    assert revert_survey(engine, "relationship", 1) == 3
    assert [row.version for row in list_survey_versions(engine, "relationship")] == [3, 2, 1]
    assert current(engine)[1].title["en"] == "How are we doing?"
    assert [one.key for one in diff_survey(engine, "relationship", 1)] == []
    assert "title / en" in [one.key for one in diff_survey(engine, "relationship", 2, 3)]
    with pytest.raises(NotFoundError):
        diff_survey(engine, "relationship", 9)


def test_a_retired_survey_asks_nobody_and_may_come_back(engine: Engine, tmp_path: Path) -> None:
    sync_surveys(engine)
    save_survey(engine, changed(engine, survey="again"), name="again", seen=0)
    assert retire_survey(engine, "again") == 2
    assert "again" not in [survey.name for survey in list_surveys(engine)]
    with engine.store.read(engine.scope) as session:
        assert "again" not in current_surveys(session)
    revert_survey(engine, "again", 1)
    assert "again" in [survey.name for survey in list_surveys(engine)]


def test_no_occasion_is_left_without_a_survey(engine: Engine) -> None:
    sync_surveys(engine)
    with pytest.raises(InputError, match="occasion “renewal”"):
        retire_survey(engine, "renewal")
    source = write_survey(shipped(engine, "renewal") | {"occasions": ["relationship"]})
    with pytest.raises(InputError, match="occasion “renewal”"):
        save_survey(engine, source, name="renewal", seen=1)


def test_a_survey_of_the_desk_is_checked_with_the_house(engine: Engine) -> None:
    sync_surveys(engine)
    save_survey(engine, changed(engine, title=TITLE), name="relationship", seen=1)
    assert check_house(engine) == []
    with engine.store.write(engine.scope) as session:
        row = session.query(SurveyVersion).filter_by(survey="relationship", version=2).one()
        broken = [{**row.content["questions"][0], "type": "of_a_plugin_that_is_gone"}, *row.content["questions"][1:]]
        row.content = {**row.content, "questions": broken}
    assert any(
        str(found).startswith("the desk’s survey relationship, version 2:") and "of_a_plugin_that_is_gone" in str(found)
        for found in check_house(engine)
    )


def test_a_name_stays_because_answers_are_kept_by_it(engine: Engine) -> None:
    sync_surveys(engine)
    with pytest.raises(FileError, match="its name stays relationship"):
        save_survey(engine, changed(engine, survey="another"), name="relationship", seen=1)


# What must not get in


def test_hostile_texts_are_refused_wherever_the_desk_takes_words(engine: Engine) -> None:
    sync_surveys(engine)
    content = read_content(SURVEY, "x")
    accepted = []
    for hostile in HOSTILE:
        question = content["questions"][0] | {"ask": {"en": hostile}, "show_if": hostile}
        source = write_survey(content | {"title": {"en": hostile}, "questions": [question]})
        found = check_survey(engine, source, "x")
        told = {finding.message.partition(":")[0] for finding in found.findings}
        if found.survey is not None or not {"title", "ask", "show_if"} <= told:
            accepted.append((hostile, told))
    assert accepted == []


def test_text_that_is_no_survey_is_named_by_its_line(admin: FlaskClient, engine: Engine) -> None:
    for source, told in (("a: [", "this is no YAML"), ("- 1", "there should be keys"), ("x" * 70_000, "too long"),
                         ("survey: relationship\ntitel: {en: x}\n", "Line 2")):  # fmt: skip
        page = send(admin, EDIT, EDIT, source=source, do="save", seen="1")
        assert page.status_code == 422
        assert told in page.text
    assert [row.version for row in list_survey_versions(engine, "relationship")] == [1]


# The pages


def post(client: FlaskClient, typed: MultiDict[str, str], do: str, url: str = EDIT, **more: str):
    data = MultiDict(typed)
    data["csrf_token"] = token_in(client.get("/admin/surveys/relationship/edit").text)
    for name, value in {**more, "do": do}.items():
        data[name.replace("__", ".")] = value
    return client.post(url, data=data, follow_redirects=True)


def test_a_question_is_reworded_in_the_form_and_saved_with_a_reason(admin: FlaskClient, engine: Engine) -> None:
    typed = fields_of(admin.get(EDIT).text)
    typed["q1.ask.en"] = "What should we change first?"
    typed["comment"] = "Nobody understood “next speak”"
    page = post(admin, typed, "save")
    assert "It is version 2 of relationship" in page.text
    assert "What should we change first?" in page.text
    versions = admin.get("/admin/surveys/relationship/versions?since=1").text
    assert "Nobody understood" in versions
    assert "<ins>What should we change first?</ins>" in versions
    assert current(engine)[1].questions[1].ask["en"] == "What should we change first?"


def test_mistakes_are_named_at_their_question_and_nothing_is_lost_or_saved(admin: FlaskClient, engine: Engine) -> None:
    typed = fields_of(admin.get(EDIT).text)
    typed["q0.ask.en"] = "Dear {{ account.secret }}"
    typed["q3.seconds"] = "soon"
    typed["q11.show_if"] = "account.tier = 'key'"
    page = post(admin, typed, "save")
    assert page.status_code == 422
    assert "3 things are not right yet" in page.text
    for place in (1, 4, 12):
        assert f'<a href="#question-{place}">question {place}</a>' in page.text
    assert 'value="soon"' in page.text
    assert "Dear {{ account.secret }}" in page.text
    assert len(list_survey_versions(engine, "relationship")) == 1


def test_questions_are_added_and_moved_before_anything_is_saved(admin: FlaskClient, engine: Engine) -> None:
    there = len(load_shipped(engine)[0]["relationship"].questions)
    added = post(admin, fields_of(admin.get(EDIT).text), "add")
    assert f"{there + 1}. A new question" in added.text
    moved = fields_of(post(admin, fields_of(added.text), f"up {there}").text)
    assert (moved[f"q{there - 1}.type"], moved[f"q{there}.name"]) == ("rating", "call_me")
    assert len(list_survey_versions(engine, "relationship")) == 1


def test_a_language_is_added_to_every_text(admin: FlaskClient, engine: Engine) -> None:
    typed = fields_of(admin.get(EDIT).text)
    typed["languages"] = "en, de, fr"
    typed = fields_of(post(admin, typed, "look").text)
    typed["title.fr"] = "Comment allons-nous ?"
    post(admin, typed, "save")
    assert current(engine)[1].title["fr"] == "Comment allons-nous ?"


def test_the_text_of_a_survey_and_its_form_are_one(admin: FlaskClient, engine: Engine) -> None:
    as_text = post(admin, fields_of(admin.get(EDIT).text), "text")
    source = fields_of(as_text.text)["source"]
    assert (
        read_survey(source, "x", engine.plugins.question_types, engine_journey(engine))
        == load_shipped(engine)[0]["relationship"]
    )
    wrong = post(admin, MultiDict(), "form", source=source.replace("type: text", "type: txt", 1), seen="1")
    assert "Did you mean text?" in wrong.text
    assert "type: txt" in fields_of(wrong.text)["source"]
    right = post(admin, MultiDict(), "form", source=source.replace("How are we doing?", "And you?"), seen="1")
    assert fields_of(right.text)["title.en"] == "And you?"


def engine_journey(engine: Engine):
    return load_shipped(engine)[1]


def test_a_new_survey_begins_with_the_questions_of_another(admin: FlaskClient, engine: Engine) -> None:
    page = admin.get("/admin/start-survey?name=after_a_workshop&of=support", follow_redirects=True)
    assert "A new survey: after_a_workshop" in page.text
    url = "/admin/surveys/after_a_workshop/edit"
    assert "It is version 1" in post(admin, fields_of(page.text), "save", url=url).text
    assert current(engine, "after_a_workshop")[1].questions == load_shipped(engine)[0]["support"].questions
    for name in ("After", "a b", "../x", "relationship", ""):
        assert admin.get("/admin/start-survey", query_string={"name": name, "of": "support"}).status_code == 422
    assert admin.get("/admin/surveys/nothing/edit").status_code == 404


def test_a_draft_is_seen_as_any_client_would_and_keeps_nothing(
    admin: FlaskClient, engine: Engine, desks: Desks
) -> None:
    def count() -> list[int]:
        with engine.store.read(engine.scope) as session:
            return [session.query(table).count() for table in (Ask, Voice, AnswerRow, SurveyVersion, AuditEntry)]

    before = count()
    typed = fields_of(admin.get(EDIT).text)
    typed["q0.ask.en"] = "Hello {{ account.name }}, would you recommend us?"
    url = "/admin/surveys/relationship/draft"
    for who, name in (("northwind/nadia", "Northwind"), ("southwind/sol", "Southwind"), ("", "Northwind")):
        seen = post(admin, typed, "", url=url, **{"as": who})
        assert f"Hello {name}, would you recommend us?" in seen.text
        assert seen.headers["Content-Security-Policy"].startswith("sandbox;")
    assert "Hello Northwind" in post(admin, typed, "", url=url, which="picked").text
    typed["q0.type"] = "nothing"
    assert "there is no question type" in post(admin, typed, "", url=url).text
    assert "There is no contact" in post(admin, fields_of(admin.get(EDIT).text), "", url=url, **{"as": "x"}).text
    assert count() == before


def test_nobody_tries_a_survey_as_somebody_of_another_team(site: Flask, engine: Engine, desks: Desks) -> None:
    viewer = sign_in(site.test_client(), engine, address("viewer"))
    page = "/admin/surveys/relationship/page"
    assert viewer.get(f"{page}?as=northwind/nadia").status_code == 200
    assert viewer.get(f"{page}?as=southwind/sol").status_code == 404
    assert "southwind" not in viewer.get("/admin/surveys/relationship").text


def test_questions_that_wait_are_shown_where_every_question_is(engine: Engine, desks: Desks) -> None:
    more = {"name": "more", "type": "text", "ask": {"en": "What went wrong?"}, "show_if": "answers.recommend < 7"}
    content = shipped(engine)
    source = write_survey(content | {"questions": [*content["questions"], more]})
    form = preview_survey(engine, check_survey(engine, source, "x").survey, "northwind/nadia", whole=True)
    assert "more" in [item.question.name for item in form.items]
    assert "promise_kept" not in [item.question.name for item in form.items]


# How they wear


def test_each_question_tells_how_often_it_was_asked_answered_and_skipped(engine: Engine, desks: Desks) -> None:
    number, survey = current(engine)
    with engine.store.write(engine.scope) as session:
        contact = session.get_one(Contact, desks.contact)
        for answered in (("recommend",), ("recommend", "value"), ()):
            when = NOW.replace(day=len(answered) + 1)
            form = [{"question": "recommend"}, {"question": "value"}]
            ask = make_ask(
                session, contact, origin="heed", survey_version_id=number, planned_on=when.date(), form=form,
                sent_at=when, opened_at=when, answered_at=when.replace(minute=40),
            )  # fmt: skip
            for question in answered:
                make_answer(session, contact, ask, question=question, answered_at=when)
    usage = read_question_usage(engine, survey)
    assert (usage["recommend"].asked, usage["recommend"].answered, usage["value"].answered) == (3, 2, 1)
    assert str(usage["value"].skipped).startswith("67 % (2 of 3;")
    assert usage["quality"].asked == 0
    assert read_usage(engine)["relationship"].seconds == 600
    theirs = replace(engine, scope=replace(engine.scope, accounts=frozenset({desks.theirs["account"]})))
    assert read_usage(theirs) == {}


def test_a_question_says_since_when_it_is_as_it_is(engine: Engine) -> None:
    sync_surveys(engine)
    later = replace(engine, clock=lambda: NOW.replace(day=29))
    content = shipped(engine)
    content["questions"][1] = content["questions"][1] | {"seconds": 20}
    save_survey(later, write_survey(content), name="relationship", seen=1)
    usage = read_question_usage(engine, current(engine)[1])
    assert [usage[name].changed_at.day for name in ("recommend", "change_first", "value")] == [24, 29, 24]


def test_content_is_read_unchecked_for_a_form(engine: Engine) -> None:
    assert read_content("survey: x\nquestions: []\n", "x") == {"survey": "x", "questions": []}
    with pytest.raises(FileError):
        read_content("[]", "x")
