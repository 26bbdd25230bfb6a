"""What a client's terms forbid to keep is kept nowhere: not in any table, page, message, log, file or explanation."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.app import create_app
from engine.cli import main
from engine.data.models import Account, AnswerRow, Ask, Contact, DecisionRecord, Person, SurveyVersion, User, Voice
from engine.data.store import EVERYTHING
from engine.errors import InputError
from engine.house import Engine
from engine.intake.kinds import KINDS
from engine.links import ask_token, promises_token, wishes_token
from engine.operations.answers import submit_answers
from engine.operations.decisions import explain_contact
from engine.operations.forms import open_form
from engine.operations.imports import import_files
from engine.operations.planning import plan_asks
from engine.operations.promises import list_promises
from engine.operations.sending import send_due
from engine.operations.surveys import sync_surveys
from engine.operations.terms import set_terms
from engine.operations.voices import add_voice
from engine.private import KEPT, read_terms
from engine.types import Given, Question
from tests.desk import ADMIN, sign_in
from tests.factories import make_account, make_contact, make_touchpoint
from tests.letters import NOW, make_letter, survey_path
from tests.test_personal import everything
from tests.test_sending import mail_server, sending_to

SPECIAL = {
    "email": "zq-{}@client.example", "sponsor_email": "zqs-{}@client.example", "country": "IS", "locale": "eo",
    "timezone": "Pacific/Chatham", "annual_revenue": "98765{}1.25", "currency": "ISK", "renewal_on": "2027-03-07",
    "created_on": "2011-11-11", "channels": "email", "preferred_channel": "zqway{}", "phone": "+354 611 99{}1",
    "tier": "strategic", "owner_email": "maria@house.example",
}  # fmt: skip
"""What can be in a column that does not take any text. `{}`: which account."""
NUMBERS = {"open": "10", "quiet": "20", "sealed": "30"}
"""open: no terms. quiet: everything is private but the address. sealed: the address, too."""
FIELDS = {kind: [name for name in KINDS[kind].names if name not in KEPT[kind]] for kind in KEPT}
EVERY_FIELD = sorted({name for names in FIELDS.values() for name in names} | {"nickname", "cost_center"})


def cell(kind: str, name: str, account: str) -> str:
    if name in SPECIAL:
        return SPECIAL[name].format(NUMBERS[account])
    return f"zq{kind}{name.replace('_', '')}{NUMBERS[account]}".lower()


def markers(account: str) -> list[str]:
    """Texts that nothing else in the house is."""
    names = [(kind, name) for kind in FIELDS for name in FIELDS[kind]]
    names += [("contacts", "nickname"), ("accounts", "cost center")]
    cells = {cell(kind, name, account) for kind, name in names}
    found = {one.rstrip(".25") if one.startswith("98765") else one for one in cells if any(map(str.isdigit, one))}
    return sorted(found - {cell("accounts", name, account) for name in ("renewal_on", "created_on")})


def sheet(folder: Path, kind: str, rows: list[dict[str, str]]) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (folder / f"{kind}.csv").write_text(text.getvalue(), "utf-8")
    return folder / f"{kind}.csv"


def write_book(folder: Path, terms: dict[str, str] | None = None) -> list[Path]:
    """One account of each kind, with something in every column of every file."""
    terms = terms or {"open": "", "quiet": " ".join(set(EVERY_FIELD) - {"email"}), "sealed": ",".join(EVERY_FIELD)}
    keys = {"account_key": "{}", "contact_key": "ada", "key": "{}", "private_fields": ""}
    when = {"happened_at": "2026-11-22T10:00Z", "said_at": "2026-10-01T10:00Z", "answered_at": "2026-01-02T10:00Z",
            "sent_at": "2026-01-01T10:00Z", "made_on": "2026-01-05", "due_on": "2026-12-24", "done_on": "",
            "verdict": "", "status": "agreed", "occasion": "relationship", "survey": "relationship",
            "question": "responsiveness", "source": "meeting", "kind": "ticket_closed", "title": "A new report",
            "opted_out_on": "", "paused_until": "", "name": "Company {}"}  # fmt: skip
    paths = []
    for kind in ("accounts", "contacts", "touchpoints", "promises", "answers", "voices"):
        rows = []
        for account in terms:
            row = {name: cell(kind, name, account) for name in KINDS[kind].names}
            row |= {name: value for name, value in (keys | when).items() if name in row and name not in FIELDS[kind]}
            row |= {"key": "ada"} if kind == "contacts" else {}
            row |= {"private_fields": terms[account]} if kind == "accounts" else {}
            row |= {"nickname": cell(kind, "nickname", account)} if kind == "contacts" else {}
            row |= {"Cost center": cell(kind, "cost center", account)} if kind == "accounts" else {}
            rows.append({name: value.format(account) for name, value in row.items()})
        paths.append(sheet(folder, kind, rows))
    return paths


class Seen:
    """All that comes out of the house, in one text."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def add(self, *parts: object) -> None:
        self.parts += map(str, parts)

    def of(self, account: str) -> list[str]:
        text = "\n".join(self.parts).casefold()
        return [marker for marker in markers(account) if marker.casefold() in text]


def ids_of(engine: Engine) -> dict[str, tuple[int, int]]:
    """The account and contact of each account key."""
    with engine.store.read(EVERYTHING) as session:
        found = session.execute(
            select(Account.key, Account.id, Contact.id).join(Contact, Contact.account_id == Account.id)
        )
        return {key: (account, contact) for key, account, contact in found}


def pages_of(engine: Engine, client: FlaskClient, account: str, contact: int, ask: int | None) -> Iterator[str]:
    """What this client can open, filled in and sent where it is a form."""
    secret = engine.config.secret
    mine, promised = f"/w/{wishes_token(secret, contact)}", f"/p/{promises_token(secret, contact)}"
    if ask is not None:
        survey = f"/s/{ask_token(secret, ask)}"
        yield client.get(survey).text
        said = cell("answers", "text", account)
        posted: dict[str, Any] = {"submission_id": f"submission-{account}", "instead": said}
        for place in range(1, 9):
            posted |= {f"q{place}": "3", f"q{place}.text": said, f"q{place}.number": cell("contacts", "phone", account)}
        yield client.post(survey, data=posted | {"action": "save"}).text
        yield client.post(survey, data=posted | {"action": "call"}, follow_redirects=True).text
    yield client.post(
        promised, data={"promise": "1", "verdict": "comment", "words": cell("voices", "text", account)}
    ).text
    for path in (promised, mine, f"{mine}/data", f"{mine}/data.json"):
        yield client.get(path).text


def desk_pages(client: FlaskClient, account: int, contact: int) -> Iterator[str]:
    for path in (
        "today",
        f"accounts/{account}",
        f"accounts/{account}/brief",
        f"accounts/{account}/plan",
        "voices",
        "promises",
        "asks",
        "changes",
        f"contacts/{contact}/why",
        f"contacts/{contact}/preview",
        "search?q=zq",
    ):
        yield client.get(f"/admin/{path}").text  # fmt: skip


def test_what_is_private_is_nowhere_after_a_whole_days_work(
    engine: Engine, runner: CliRunner, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen = Seen()
    with mail_server() as (server, url):
        house = sending_to(engine, url)
        for dry_run in (True, False):
            report = import_files(house, write_book(tmp_path), dry_run=dry_run)
            seen.add(json.dumps(report.as_dict()))
        assert [rejection.field for rejection in report.rejections] == ["text", "text"], "no voice without its words"
        sync_surveys(house)
        plan_asks(house)
        late = replace(house, clock=lambda: NOW + timedelta(days=1))
        send_due(late)
        seen.add(*(message.as_string() for message in server.kept))
        assert {message["To"].addresses[0].addr_spec for message in server.kept} == {
            cell("contacts", "email", "open"), cell("contacts", "email", "quiet")
        }  # fmt: skip
    with house.store.write(EVERYTHING) as session:
        session.add(User(email=ADMIN, is_admin=True, created_at=NOW))
        asks = {ask.account_id: ask.id for ask in session.query(Ask)}
        sealed = session.query(Contact).join(Account).filter(Account.key == "sealed").one()
        survey = session.query(SurveyVersion).filter_by(survey="relationship").one()
        asks[sealed.account_id] = make_letter(session, contact=sealed, survey=survey).id
    site = create_app(late)
    desk = sign_in(site.test_client(), late, ADMIN)
    for account, (number, contact) in ids_of(late).items():
        seen.add(*pages_of(late, site.test_client(), account, contact, asks.get(number)))
        seen.add(*desk_pages(desk, number, contact))
        seen.add(json.dumps(explain_contact(late, f"{account}/ada").as_dict(), default=str))
        seen.add(runner.invoke(main, ["explain", f"{account}/ada", "--on", "2027-06-01"]).output)
        seen.add(runner.invoke(main, ["forecast", account, "--json"]).output)
    seen.add(everything(late), *(log.getMessage() for log in caplog.records if log.name != "mail.log"))
    assert len(seen.of("open")) == len(markers("open")), set(markers("open")) - set(seen.of("open"))
    assert seen.of("quiet") == [cell("contacts", "email", "quiet")]
    assert seen.of("sealed") == []
    with late.store.read(EVERYTHING) as session:
        answered = {row.account_id for row in session.query(AnswerRow) if row.ask_id}
    assert answered == {number for number, _contact in ids_of(late).values()}
    assert {promise.account.key for promise in list_promises(late) if promise.kind == "call_back"} == set(NUMBERS)


def test_what_becomes_private_later_goes_and_is_counted(engine: Engine, tmp_path: Path) -> None:
    with mail_server() as (_server, url):
        house = sending_to(engine, url)
        import_files(house, write_book(tmp_path, {"open": "", "quiet": ""}))
        sync_surveys(house)
        plan_asks(house)
        house = replace(house, clock=lambda: NOW + timedelta(days=1))
        send_due(house)
    with house.store.read(EVERYTHING) as session:
        asks = {ask.account.key: ask.id for ask in session.query(Ask)}
    contact = ids_of(house)["quiet"][1]
    list(pages_of(house, create_app(house).test_client(), "quiet", contact, asks["quiet"]))
    before, seen = ids_of(house), Seen()
    seen.add(everything(house))
    assert set(markers("quiet")) <= set(seen.of("quiet"))
    done = set_terms(house, "quiet", EVERY_FIELD)
    for name in (
        "contacts.email",
        "contacts.nickname",
        "accounts.cost center",
        "touchpoints.note",
        "accounts.renewal_on",
    ):
        found = {key.casefold(): number for key, number in done.removed.items()}
        assert found[name] == 1
    assert done.removed["voices.text"] >= 2
    seen = Seen()
    seen.add(everything(house), json.dumps(explain_contact(house, "quiet/ada").as_dict(), default=str))
    assert seen.of("quiet") == []
    assert set(markers("open")) <= set(seen.of("open")), "nobody else's is touched"
    assert ids_of(house) == before
    assert set_terms(house, "quiet", EVERY_FIELD).removed == {}
    with house.store.read(EVERYTHING) as session:
        kept = session.query(DecisionRecord).filter(DecisionRecord.contact_id == contact).all()
        assert kept
        assert not [record for record in kept if "strategic" in str(record.says["decided"])]
    explain_contact(house, "quiet/ada", NOW.date())
    plan_asks(house)


def test_terms_that_a_file_brings_take_away_what_an_earlier_one_brought(engine: Engine, tmp_path: Path) -> None:
    import_files(engine, write_book(tmp_path, {"quiet": "", "open": ""}))
    report = import_files(engine, [sheet(tmp_path, "accounts", [{"key": "quiet", "private_fields": "role;phone"}])])
    [note] = report.notes
    assert note.endswith("accounts.csv: terms have changed; removed: phone of 1 contact, role of 1 contact")
    seen = Seen()
    seen.add(everything(engine))
    gone = {cell("contacts", "role", "quiet"), cell("contacts", "phone", "quiet")}
    assert set(markers("quiet")) - set(seen.of("quiet")) == gone
    import_files(engine, [write_book(tmp_path, {"quiet": "", "open": ""})[1]])
    seen = Seen()
    seen.add(everything(engine))
    assert not gone & set(seen.of("quiet")), "no file brings it back"


def test_what_may_not_be_kept_is_not_complained_of_either(engine: Engine, tmp_path: Path) -> None:
    accounts = [{"key": "quiet", "name": "Quiet", "private_fields": "email renewal_on", "renewal_on": "zq no day"}]
    contacts = [{"account_key": "quiet", "key": "ada", "email": "zq no address"}]
    report = import_files(engine, [sheet(tmp_path, "accounts", accounts), sheet(tmp_path, "contacts", contacts)])
    assert (report.rejections, report.notes) == ([], [])


def test_what_heed_owes_a_client_cannot_be_private_and_that_is_said(engine: Engine, tmp_path: Path) -> None:
    accounts = [
        {"key": "quiet", "name": "Quiet", "private_fields": "opted_out_on phone", "owner_email": "m@us.example"}
    ]
    report = import_files(engine, [sheet(tmp_path, "accounts", accounts)])
    assert len(report.notes) == 1
    assert "“opted_out_on” cannot be private" in report.notes[0]
    [fault] = set_terms(engine, "quiet", ["phone", "owner_email"]).faults
    assert fault.startswith("“owner_email” cannot be private")
    with engine.store.read(EVERYTHING) as session:
        assert session.query(Account).one().owner_email == "m@us.example"


QUESTIONS = (
    {"name": "recommend", "type": "nps_plus", "measures": "loyalty", "anchor": True, "ask": {"en": "Recommend?"}},
    {"name": "job", "type": "choice", "knows": "contact.role", "ask": {"en": "Your job?"}},
    {"name": "price", "type": "rating", "measures": "price", "ask": {"en": "The price?"}},
    {"name": "why", "type": "text", "ask": {"en": "Why?"}},
    {"name": "talk", "type": "call_me", "ask": {"en": "Talk?"}},
)


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        ("", ["recommend", "job", "price", "why", "talk"]),
        ("role", ["recommend", "price", "why", "talk"]),
        ("contacts.role", ["recommend", "price", "why", "talk"]),
        ("Loyalty price", ["job", "why", "talk"]),
        ("job text", ["recommend", "price", "talk"]),
    ],
)
def test_a_question_whose_answer_may_not_be_kept_is_not_asked(names: str, asked: list[str]) -> None:
    questions = [Question(**question) for question in QUESTIONS]  # type: ignore[arg-type]
    terms = read_terms(names)
    assert [question.name for question in questions if not terms.forbid_answer(question)] == asked


def test_it_is_left_out_when_an_ask_is_made_and_the_explanation_says_so(engine: Engine, tmp_path: Path) -> None:
    sync_surveys(engine)
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, key="quiet", plan_on=NOW.date(), private_fields=["Loyalty"])
        make_contact(session, account, key="ada")
    told = explain_contact(engine, "quiet/ada").as_dict()
    plan_asks(engine)
    left_out = {one["name"]: one["why"] for one in told["left_out"]}
    assert left_out["recommend"] == "the client's terms do not let us keep the answer"
    with engine.store.read(EVERYTHING) as session:
        [ask] = session.query(Ask)
        assert ask.form
        assert "recommend" not in [entry["question"] for entry in ask.form]


def test_a_form_that_is_out_already_does_not_mix_up_its_answers(engine: Engine) -> None:
    """Inputs keep their names, also of a page that was opened before the terms came."""
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, key="quiet"))
        ask = make_letter(session, "recommend", "responsiveness", "satisfied", contact=contact)
        token = survey_path(engine, ask).rpartition("/")[2]
    set_terms(engine, "quiet", ["responsiveness"])
    assert [item.field for item in open_form(engine, token).items] == ["q1", "q3"]
    submit_answers(engine, token, {"q1": ["9"], "q2": ["1"], "q3": ["5"]}, "submission-1")
    with engine.store.read(EVERYTHING) as session:
        assert {row.question: row.value for row in session.query(AnswerRow)} == {"recommend": "9", "satisfied": "5"}


def test_own_words_are_neither_asked_for_nor_kept(engine: Engine, client: FlaskClient) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, key="quiet", private_fields=["text"]))
        path = survey_path(engine, make_letter(session, "recommend", "missing", contact=contact))
    page = client.get(path).text
    assert "<textarea" not in page
    assert "How likely are you" in page
    client.post(path, data={"q1": "3", "q1.text": "zq words", "submission_id": "submission-1"})
    assert "zq words" not in everything(engine)
    with engine.store.read(EVERYTHING) as session:
        assert session.query(AnswerRow).one().value == "3"
        assert session.query(Voice).count() == 0
    with pytest.raises(InputError, match="do not let us keep"):
        add_voice(engine, "quiet", source="meeting", words="zq words")


def test_where_numbers_are_private_a_call_is_promised_without_one(engine: Engine, client: FlaskClient) -> None:
    with engine.store.write(EVERYTHING) as session:
        account = make_account(session, key="quiet", private_fields=["phone"], owner_email="maria@house.example")
        contact = make_contact(session, account)
        path = survey_path(engine, make_letter(session, "call_me", contact=contact))
    assert 'type="tel"' not in client.get(path).text
    client.post(
        path, data={"q1": "yes", "q1.when": "at noon", "q1.number": "+44 20 7946 0018", "submission_id": "12345678"}
    )
    assert [promise.title for promise in list_promises(engine)] == ["Call back: at noon"]


def test_persons_who_were_one_by_what_is_private_now_are_two(engine: Engine) -> None:
    with engine.store.write(EVERYTHING) as session:
        person = Person()
        session.add(person)
        for key in ("quiet", "open"):
            contact = make_contact(
                session, make_account(session, key=key), person, key="ada", email="ada@client.example"
            )
            make_touchpoint(session, contact)
        session.flush()
    set_terms(engine, "quiet", ["email"])
    with engine.store.read(EVERYTHING) as session:
        assert len({contact.person_id for contact in session.query(Contact)}) == 2


def test_the_client_is_told_what_is_never_kept(engine: Engine, client: FlaskClient) -> None:
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, private_fields=["phone", "role"]))
    path = f"/w/{wishes_token(engine.config.secret, contact.id)}"
    assert "we do not keep: phone, role." in client.get(f"{path}/data").text
    assert client.get(f"{path}/data.json").get_json()["as_contact_of"][0]["never_kept"] == ["phone", "role"]


def test_terms_at_the_command_line(engine: Engine, runner: CliRunner) -> None:
    with engine.store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, key="quiet"), role="cto", attributes={"Cost-Center": "zq"})
    done = runner.invoke(main, ["terms", "quiet", "role", "cost_center"])
    assert (
        done.output
        == "Never kept of quiet: cost_center, role\nRemoved: Cost-Center of 1 contact\nRemoved: role of 1 contact\n"
    )
    assert runner.invoke(main, ["terms", "quiet"]).output == "Never kept of quiet: cost_center, role\n"
    assert json.loads(runner.invoke(main, ["terms", "quiet", "--none", "--json"]).output)["private_fields"] == []
    assert runner.invoke(main, ["terms", "nobody"]).exit_code == 1
    assert runner.invoke(main, ["terms", "quiet", "role", "--none"]).exit_code == 2


def test_what_a_question_type_keeps_of_its_own_goes_by_what_it_tells() -> None:
    terms = read_terms("phone")
    said = Given("yes", None, None, {"number": "+44 20 7946 0018", "when": "noon"})
    assert terms.without_private(said, terms.withheld({"number": "contact.phone"})) == Given(
        "yes", data={"when": "noon"}
    )
    assert terms.without_private(Given(data={"number": "1"}), {"number"}) is None
