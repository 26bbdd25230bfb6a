"""Voices from elsewhere: kept with their source, quiet as after any feedback, and followed by promises."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from engine.cli import main
from engine.data.models import Contact, Touchpoint, Voice
from engine.data.store import EVERYTHING, Scope
from engine.errors import InputError, NotFoundError, StateError
from engine.operations.decisions import explain_contact
from engine.operations.imports import import_files
from engine.operations.voices import add_voice, list_voices, promise_from_voice, suggest_from_voices
from tests.conftest import NOW
from tests.factories import make_account, make_contact


@pytest.fixture
def halden(engine):
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, key="halden", name="Halden", owner_email="tom@house.example")
        make_contact(session, account, key="nadia", name="Nadia Bloom", email="nadia@halden.example")
    return engine


def touchpoints(engine):
    with engine.store.read(EVERYTHING) as session:
        return [(each.kind, each.happened_at) for each in session.query(Touchpoint)]


def test_what_a_client_said_on_the_phone_is_kept_with_who_wrote_it_down(halden):
    team = halden.acting_as("tom@house.example", EVERYTHING)
    add_voice(team, "halden", "nadia", source="call_note", words="The pack\0 is late.", cause="Reporting")
    [voice] = list_voices(halden, account="halden")
    assert (voice.words, voice.source, voice.speaker) == ("The pack\ufffd is late.", "call_note", "client")
    assert (voice.author, voice.cause, voice.contact.key, voice.said_at) == (
        "tom@house.example", "reporting", "nadia", NOW,
    )  # fmt: skip


def test_two_days_of_quiet_follow(halden):
    add_voice(halden, "halden", "nadia", source="meeting", words="Nobody answers.", said_on=date(2026, 11, 24))
    assert touchpoints(halden) == [("feedback", NOW)]
    told = explain_contact(halden, "nadia@halden.example")
    assert "spontaneous_feedback" in [hold["strategy"] for hold in told.as_dict()["holds"]]


def test_several_voices_of_one_moment_are_one_feedback(halden):
    for words in ("The pack is late.", "And the invoice is wrong."):
        add_voice(halden, "halden", "nadia", source="email", words=words, said_on=date(2026, 11, 20))
    assert touchpoints(halden) == [("feedback", datetime(2026, 11, 20, 12, tzinfo=UTC))]


def test_what_one_of_us_says_is_marked_and_keeps_nobody_quiet(halden):
    voice, drafts = add_voice(
        halden, "halden", "nadia", source="employee", words="Could you help? They wait for weeks."
    )
    assert (voice.speaker, drafts, touchpoints(halden)) == ("employee", (), [])
    promise = promise_from_voice(halden, voice.id, title="Answer within a day")
    assert promise.said is None  # the client did not say it
    assert "They wait for weeks." in promise.note


def test_a_voice_that_asks_for_something_is_followed_by_a_draft_like_an_answer(halden):
    voice, [draft] = add_voice(halden, "halden", "nadia", source="email", words="Could you send it two days earlier?")
    assert (draft.kind, draft.status, draft.said) == ("request", "drafted", "Could you send it two days earlier?")
    assert list_voices(halden)[0].promise_id == draft.id
    with pytest.raises(StateError, match=f"led to P-{draft.id} already"):
        promise_from_voice(halden, voice.id, title="Again")


def test_a_review_by_nobody_known_is_a_voice_of_the_account(halden):
    link = "https://reviews.example/42"
    voice, drafts = add_voice(halden, "halden", source="review", words="Good people, slow reports.", link=link)
    assert (drafts, voice.link) == ((), link)
    assert promise_from_voice(halden, voice.id, title="Speed up the reports").contact_id is None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"source": "call_notes"}, "Did you mean call_note"),
        ({"words": " "}, "needs words"),
        ({"said_on": date(2026, 11, 25)}, "lies ahead"),
        ({"link": "reviews.example"}, "begins with https"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_voice_is_refused_and_nothing_kept(halden, wrong, why):
    with pytest.raises(InputError, match=why):
        add_voice(halden, "halden", "nadia", **{"source": "call_note", "words": "Late."} | wrong)
    assert list_voices(halden) == []


def test_a_team_sees_and_records_voices_of_its_own_accounts_only(halden):
    voice, _drafts = add_voice(halden, "halden", source="review", words="Slow.")
    eve = halden.acting_as("eve@house.example", Scope(frozenset({0})))
    assert list_voices(eve) == []
    for attempt in (
        lambda: add_voice(eve, "halden", source="review", words="Slow."),
        lambda: promise_from_voice(eve, voice.id, title="x"),
    ):
        with pytest.raises(NotFoundError):
            attempt()


def test_a_file_of_reviews_and_notes_comes_in_once(halden, tmp_path):
    file = tmp_path / "voices.csv"
    file.write_text(
        "account_key,contact_key,source,said_at,text,link,cause\n"
        'halden,,review,2026-11-01,"Good people, slow reports.",https://reviews.example/42,reporting\n'
        "halden,nadia,call_note,2026-11-02T10:00:00Z,The pack is late.,,\n"
        "halden,nadia,employee,2026-11-02T10:00:00Z,They wait for weeks.,,\n"
        "halden,nobody,review,2026-11-02,Lost.,,\n"
    )
    report = import_files(halden, [file])
    assert [(found.line, found.field) for found in report.rejections] == [(5, "contact_key")]
    again = import_files(halden, [file])
    assert (report.counts["voices"].new, again.counts["voices"].new, again.counts["voices"].unchanged) == (3, 0, 3)
    found = {voice.source: voice for voice in list_voices(halden)}
    assert {source: voice.speaker for source, voice in found.items()} == {
        "review": "client", "call_note": "client", "employee": "employee",
    }  # fmt: skip
    assert (found["review"].link, found["review"].cause) == ("https://reviews.example/42", "reporting")
    assert found["review"].author == halden.author
    assert touchpoints(halden) == [("feedback", datetime(2026, 11, 2, 10, tzinfo=UTC))]


def test_recent_voices_of_a_file_are_followed_by_drafts_once(halden, tmp_path):
    file = tmp_path / "voices.csv"
    file.write_text(
        "account_key,contact_key,source,said_at,text\n"
        "halden,nadia,email,2026-11-20,Could you send it earlier?\n"
        "halden,nadia,email,2025-11-20,Could you send it earlier?\n"
        "halden,nadia,employee,2026-11-20,Could you help them?\n"
    )
    import_files(halden, [file])
    [draft] = suggest_from_voices(halden)
    assert (draft.kind, draft.contact.key) == ("request", "nadia")
    assert suggest_from_voices(halden) == []


def test_the_command_line_records_lists_and_promises(halden, runner):
    def heed(*args):
        result = runner.invoke(main, args)
        assert result.exit_code == 0, result.output
        return result.output

    to = ("--account", "halden", "--contact", "nadia")
    kept = heed("voice", "add", *to, "--source", "call_note", "--text", "Please call me before noon.")
    number = kept.split()[0]
    assert "is kept." in kept
    assert "is drafted: Answer what you asked for" in kept
    assert "“Please call me before noon.”" in heed("voices")
    [shown] = json.loads(heed("voices", "--account", "halden", "--json"))
    assert (shown["number"], shown["speaker"], shown["contact"]) == (number, "client", "nadia")
    other = json.loads(heed("voice", "add", "--account", "halden", "--source", "review", "--text", "Slow.", "--json"))
    made = heed("voice", "promise", other["number"], "--title", "Speed up")
    assert "is drafted: Speed up, due" in made
    with halden.store.read(EVERYTHING) as session:
        assert session.query(Voice).count() == 2
        assert session.query(Contact).count() == 1
