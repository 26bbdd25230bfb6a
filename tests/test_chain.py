"""One complaint, followed from the client's words to their “yes, kept”, through every page, message and record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from engine.app import create_app
from engine.data.models import AuditEntry, Voice
from engine.data.store import EVERYTHING
from engine.operations.decisions import explain_contact
from engine.operations.ledger import read_ledger
from engine.operations.news import send_news
from engine.operations.promises import agree_promise, do_promise, list_promises, move_promise, open_promise
from engine.operations.reminders import list_waiting
from engine.operations.suggestions import make_suggestions
from tests.factories import make_account, make_contact
from tests.letters import NOW, make_letter, name_company, promises_path, survey_path
from tests.test_sending import mail_server, sending_to

MARIA = "maria.keller@harbour.example"
WORDS = "The month-end report came late twice."
TITLE = "Send the month-end report on the third working day"


def test_a_complaint_is_followed_to_the_clients_own_yes(engine):
    with engine.store.write(EVERYTHING) as session:
        name_company(session)
        account = make_account(session, key="halden", name="Halden", owner_email=MARIA, tier="strategic")
        nadia = make_contact(session, account, key="nadia", name="Nadia Bloom", email="nadia@halden.example")
        survey = survey_path(engine, make_letter(session, "recommend", contact=nadia))
    page = promises_path(engine, nadia)

    with mail_server() as (server, url):
        house = sending_to(engine, url)
        moment = [NOW]
        house = replace(house, clock=lambda: moment[0], author=MARIA)
        client = create_app(house).test_client()

        # the client's words
        sent = client.post(survey, data={"q1": "3", "q1.text": WORDS, "submission_id": "submission-1"})
        assert sent.status_code == 303
        sent.close()
        with house.store.read(EVERYTHING) as session:
            assert session.query(Voice).one().words == WORDS

        # a draft waits for the owner, once a worker has had its turn, and the client sees nothing of it
        make_suggestions(house)
        [draft] = list_promises(house)
        assert (draft.status, draft.said, draft.owner_email) == ("drafted", WORDS, MARIA)
        assert [list(each.under) for each in list_waiting(house)] == [["draft"]]
        assert WORDS not in client.get(page).text

        # agreed: on the page, and in one message
        agree_promise(house, draft.id, title=TITLE, due_on=date(2026, 12, 4), seen=draft.version)
        assert send_news(house).sent == 1
        for text in (client.get(page).text, server.kept[-1].get_body(("plain",)).get_content()):
            assert WORDS in text
            assert TITLE in text

        # overdue: it holds us back, and says so; moved in the open: told with the reason
        moment[0] = NOW + timedelta(days=13)
        told = explain_contact(house, "nadia@halden.example").as_dict()
        assert "promise_brake" in [hold["strategy"] for hold in told["holds"]]
        move_promise(house, draft.id, due_on=date(2026, 12, 9), reason="Your bank is late.")
        assert send_news(house).sent == 1
        assert "Moved to Wed 9 Dec, because Your bank is late" in server.kept[-1].get_body(("plain",)).get_content()

        # done, disputed, done again, kept
        moment[0] = NOW + timedelta(days=15)
        do_promise(house, draft.id, what="It was with you on the third.")
        verdict = {"promise": draft.id, "verdict": "disputed", "words": "It was the fifth."}
        assert client.post(page, data=verdict).status_code == 303
        assert open_promise(house, draft.id)[0].verdict == "disputed"
        [talk] = [promise for promise in list_promises(house) if promise.origin == "after_dispute"]
        assert (talk.status, talk.said) == ("drafted", "It was the fifth.")
        moment[0] = NOW + timedelta(days=20)
        do_promise(house, draft.id, what="December's came on the third.")
        assert client.post(page, data={"promise": draft.id, "verdict": "kept", "words": "Yes."}).status_code == 303

    # the record: every step with its author, nothing lost, and both sides of it in the ledger
    kept, events = open_promise(house, draft.id)
    assert (kept.status, kept.verdict) == ("done", "kept")
    assert [(event.step, event.author) for event in events] == [
        ("drafted", "Heed"), ("agreed", MARIA), ("moved", MARIA), ("done", MARIA), ("disputed", "Nadia Bloom"),
        ("done", MARIA), ("kept", "Nadia Bloom"),
    ]  # fmt: skip
    with house.store.read(EVERYTHING) as session:
        steps = [entry.action for entry in session.query(AuditEntry).filter_by(subject=f"P-{draft.id}")]
    assert steps == [f"promise {event.step}" for event in events]
    [line] = read_ledger(house).lines
    assert (line.confirmed.of, line.confirmed.n, line.moved, line.disputed) == (1, 1, 1, 1)
    shown = client.get(page).text
    for words in (
        WORDS,
        TITLE,
        "Your bank is late",
        "It was the fifth",
        "came on the third",
        "and kept, as you told us",
    ):
        assert words in shown
