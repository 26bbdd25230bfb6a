"""Surveys of a house: their files, the versions that are kept, and the check of everything people write."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.data.models import SettingRow, SurveyVersion
from engine.data.surveys import current_surveys
from engine.errors import InputError
from engine.hookspecs import hookimpl
from engine.house import Engine
from engine.operations.surveys import (
    check_house,
    list_missing_texts,
    list_surveys,
    load_journey,
    load_shipped,
    sync_surveys,
)
from engine.registry import build_plugins
from engine.types import Hold

SURVEY = """\
survey: checkin
title: {en: How are we doing?}
occasions: [relationship]
questions:
  - {name: words, type: text, ask: {en: How are we doing?}, anchor: true}
"""


def with_folder(engine: Engine, folder: Path, **files: str) -> Engine:
    """The same house with a folder of its own: `surveys__checkin="…"` is the file surveys/checkin.yaml."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return replace(engine, config=replace(engine.config, templates=str(folder)))


def said(engine: Engine) -> list[str]:
    return [str(finding) for finding in check_house(engine)]


def test_what_ships_has_no_mistakes(engine: Engine) -> None:
    assert said(engine) == []


def test_surveys_are_kept_once_for_each_content(engine: Engine, tmp_path: Path) -> None:
    assert "relationship" in sync_surveys(engine)
    assert sync_surveys(engine) == []
    house = with_folder(engine, tmp_path / "own", surveys__checkin=SURVEY)
    assert sync_surveys(house) == ["checkin"]
    changed = with_folder(engine, tmp_path / "own", surveys__checkin=SURVEY.replace("How are", "Where are"))
    assert sync_surveys(changed) == ["checkin"]
    with engine.store.read(engine.scope) as session:
        version, survey = current_surveys(session)["checkin"]
        kept = session.get_one(SurveyVersion, version)
    assert (kept.version, survey.title["en"]) == (2, "Where are we doing?")


def test_a_survey_that_returns_to_an_older_wording_is_current_again(engine: Engine, tmp_path: Path) -> None:
    for text in (SURVEY, SURVEY.replace("How are", "Where are"), SURVEY):
        assert "checkin" in sync_surveys(with_folder(engine, tmp_path / "own", surveys__checkin=text))
    with engine.store.read(engine.scope) as session:
        assert current_surveys(session)["checkin"][1].title["en"] == "How are we doing?"
        assert session.query(SurveyVersion).filter_by(survey="checkin").count() == 3


def test_what_is_kept_is_the_survey_as_it_was_read(engine: Engine) -> None:
    sync_surveys(engine)
    with engine.store.read(engine.scope) as session:
        kept = {name: survey for name, (_, survey) in current_surveys(session).items()}
    assert kept == load_shipped(engine)[0]


def test_a_file_in_a_folder_of_ones_own_replaces_the_one_that_ships(engine: Engine, tmp_path: Path) -> None:
    text = SURVEY.replace("survey: checkin", "survey: renewal").replace("[relationship]", "[renewal]")
    house = with_folder(engine, tmp_path / "own", surveys__renewal=text)
    surveys, journey = load_shipped(house)
    assert [question.name for question in surveys["renewal"].questions] == ["words"]
    assert len(surveys) == 6
    assert journey == load_journey(engine)


def test_surveys_are_listed_before_anything_was_planned(engine: Engine) -> None:
    assert [survey.name for survey in list_surveys(engine)] == sorted(load_shipped(engine)[0])


def test_a_file_with_mistakes_is_named_with_each_of_them(engine: Engine, tmp_path: Path) -> None:
    wrong = SURVEY.replace("type: text", "type: txt").replace("title:", "titel:")
    found = said(with_folder(engine, tmp_path / "own", surveys__checkin=wrong))
    assert "own/surveys/checkin.yaml:2: there is no key “titel” here. Did you mean title?" in found
    assert "own/surveys/checkin.yaml:5: there is no question type “txt”. Did you mean text?" in found


def test_nothing_is_kept_of_surveys_with_mistakes(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"checkin\.yaml:5"):
        sync_surveys(with_folder(engine, tmp_path / "own", surveys__checkin=SURVEY.replace("text", "txt")))
    with engine.store.read(engine.scope) as session:
        assert current_surveys(session) == {}


def test_two_files_for_one_survey_and_an_occasion_without_one_are_found(engine: Engine, tmp_path: Path) -> None:
    twice = SURVEY.replace("checkin", "support")
    house = with_folder(engine, tmp_path / "own", surveys__again=twice, surveys__renewal=SURVEY)
    found = said(house)
    assert any("the survey “support” stands in own/surveys/again.yaml, too" in line for line in found)
    assert any("for the occasion renewal" in line for line in found)


def test_a_file_that_is_no_text_is_found(engine: Engine, tmp_path: Path) -> None:
    house = with_folder(engine, tmp_path / "own", surveys__checkin="")
    (tmp_path / "own" / "surveys" / "checkin.yaml").write_bytes(b"survey: \xff")
    assert any("no UTF-8" in line for line in said(house))


def test_a_broken_page_is_found_with_its_line(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "own" / "pages").mkdir(parents=True)
    (tmp_path / "own" / "pages" / "thanks.html").write_text("<p>\n{% if %}")
    house = with_folder(engine, tmp_path / "own")
    assert any(line.startswith("pages/thanks.html:2: this is no template") for line in said(house))


def test_a_stored_setting_that_no_longer_exists_is_found(engine: Engine) -> None:
    keep_setting(engine, "fatigue_limits.max_ask", 3)
    keep_setting(engine, "fatigue_limits.max_asks", "many")
    found = said(engine)
    assert any("There is no setting “fatigue_limits.max_ask”. Did you mean" in line for line in found)
    assert any("fatigue_limits.max_asks cannot be “many”" in line for line in found)


def keep_setting(engine: Engine, name: str, value: Any) -> None:
    with engine.store.write(engine.scope) as session:
        row = SettingRow(name=name, layer="tier", layer_key="key", value=value, author="x", set_at=datetime.now(UTC))
        session.add(row)


class Careless:
    """Looks for a column that is not there, and brings a question type that cannot be shown."""

    class Type:
        name = "careless"
        html = "{% if %}"
        own_words = False
        options = ()

    @hookimpl
    def hold_until(self, book: Any) -> Hold:
        return Hold(until=pl.col("next_birthday"), because="")

    @hookimpl
    def register_question_types(self) -> list[Any]:
        return [self.Type()]


def test_a_plugin_that_cannot_work_is_found_before_it_is_needed(engine: Engine) -> None:
    found = said(replace(engine, plugins=build_plugins([Careless()])))
    assert any(line.startswith("plugin ") and "next_birthday" in line for line in found)
    assert any("line 1 of the html of careless is no template" in line for line in found)


def test_kept_surveys_are_plain_json(engine: Engine) -> None:
    sync_surveys(engine)
    with engine.store.read(engine.scope) as session:
        for row in session.query(SurveyVersion):
            assert json.loads(json.dumps(row.content)) == row.content


def test_what_has_no_translation_is_listed_by_file_and_key(engine: Engine, tmp_path: Path) -> None:
    house = with_folder(
        engine, tmp_path / "own", surveys__checkin=SURVEY.replace("{en: How are we", "{en: How, fr: We", 1)
    )
    found = [str(finding) for finding in list_missing_texts(house)]
    assert "own/surveys/checkin.yaml: there is no text in fr for words.ask" in found
    assert "own/surveys/checkin.yaml: there is no text in he for title, words.ask" in found
    assert not [line for line in found if "heed.po" in line], "what ships is translated"
    assert not [line for line in found if "checkin" not in line], "every survey that ships, and the journey"
