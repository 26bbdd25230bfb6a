"""The sample book tells the same story on whatever day it is opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from engine.operations.decisions import explain_all
from engine.operations.imports import import_files
from engine.operations.settings import set_settings
from engine.operations.surveys import sync_surveys
from engine.samples.book import HOUSE, KINDS, first_day, write_book

ASKED = {
    "nadia.bloom": "relationship",
    "annika.vogt": "relationship",
    "julien.marchetti": "promise",
    "sophie.delmas": "relationship",
    "marcus.reyes": "relationship",
    "omar.alfarsi": "relationship",
    "rania.khalil": "touchpoint",
    "mette.kragh": "renewal",
    "astrid.holm": "renewal",
    "lucia.olmedo": "relationship",
    "simon.tindall": "relationship",
    "daan.verbeek": "relationship",
    "amy.sorensen": "renewal",
}

HELD = {
    "callum.stroud": "unanswered_rest",
    "iris.tan": "fatigue_limits",
    "sabine.koehl": "spontaneous_feedback",
    "jonas.lindner": "consent",
    "petra.maier": "fatigue_limits",
    "bastien.roy": "consent",
    "kevin.obrien": "live_ask",
    "huda.almansoori": "promise_brake",
    "priya.raman": "fatigue_limits",
    "helen.marsh": "renewal_quiet",
}

ONE_OF_TWO = {"margot.petit", "hugo.blanc"}
"""A light account: one person in thirty days."""

DAYS = [date(2026, 11, 24) + timedelta(days) for days in range(0, 366, 13)]


def bring_in(engine, folder, today):
    """The book in an empty house, and what the import said."""
    sync_surveys(engine)
    set_settings(engine, HOUSE)
    return import_files(engine, write_book(today, folder))


def morning(engine, today):
    return replace(engine, clock=lambda: datetime.combine(today, time(6), UTC))


def test_the_book_is_imported_whole(engine, tmp_path):
    today = date(2026, 11, 24)
    engine = morning(engine, today)
    report = bring_in(engine, tmp_path, today)
    counts = {kind: (report.counts[kind].new, report.counts[kind].rejected) for kind in KINDS}
    assert counts == {
        "accounts": (12, 0),
        "contacts": (40, 0),
        "asks": (131, 0),
        "touchpoints": (36, 0),
        "promises": (11, 0),
        "answers": (334, 0),
    }
    assert report.notes == []
    decided = {told.as_dict()["contact"]["key"]: told.as_dict() for told in explain_all(engine)}
    assert {who for who, told in decided.items() if told["decision"] == "ask"} - ONE_OF_TWO == set(ASKED)


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_story_holds_on_any_day_of_the_year(engine, day, tmp_path):
    today = first_day(day)
    engine = morning(engine, today)
    assert bring_in(engine, tmp_path, today).rejected == 0
    told = [one.as_dict() for one in explain_all(engine)]
    decided = {(one["account"]["key"], one["contact"]["key"]): one for one in told}
    asked = {who: one["occasion"] for (_, who), one in decided.items() if one["decision"] == "ask"}
    (luckier,) = asked.keys() & ONE_OF_TWO
    assert {who: occasion for who, occasion in asked.items() if who != luckier} == ASKED
    assert {who for (_, who), one in decided.items() if one["decision"] == "limited"} == ONE_OF_TWO - {luckier}
    for (_, who), one in decided.items():
        if who in HELD:
            assert one["decision"] == "hold", who
            assert HELD[who] in {hold["strategy"] for hold in one["holds"]}, who


def test_the_first_day_is_a_working_day_for_every_client():
    assert first_day(date(2026, 11, 26)) == date(2026, 11, 27)  # Thanksgiving
    assert first_day(date(2026, 12, 25)) == date(2026, 12, 29)
    assert all(first_day(day) - day < timedelta(8) for day in DAYS)


def test_days_at_a_weekend_go_back_to_friday_where_the_book_says_so(tmp_path):
    write_book(date(2026, 11, 24), tmp_path)
    for kind in ("asks", "promises"):
        for line in (tmp_path / f"{kind}.csv").read_text(encoding="utf-8").splitlines()[1:]:
            days = [date.fromisoformat(field[:10]) for field in line.split(",") if field[:2] == "20"]
            assert days
            assert all(day.weekday() < 5 for day in days), line
