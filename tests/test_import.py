"""Import: what goes in, what is rejected and how it is said, and that a file may be written in any way."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from engine.data.imports import TABLES
from engine.data.models import Account, AnswerRow, Ask, Promise, PromiseEvent, Touchpoint
from engine.data.store import EVERYTHING
from engine.errors import InputError
from engine.intake.files import open_sheet, read_chunks
from engine.operations import imports
from engine.operations.imports import import_files
from engine.operations.settings import set_settings
from tests.conftest import NOW
from tests.factories import make_account, make_ask, make_contact
from tests.sheets import ACCOUNTS, ASKS, BOOK, CONTACTS, PROMISES, TOUCHPOINTS, write_book, write_sheet


def test_a_book_goes_in_whatever_the_order_of_its_files(engine, tmp_path):
    report = import_files(engine, reversed(write_book(tmp_path)))
    assert {kind: counts.new for kind, counts in report.counts.items()} == {
        "accounts": 2,
        "contacts": 3,
        "asks": 1,
        "touchpoints": 1,
        "promises": 1,
        "answers": 1,
    }
    assert not report.rejections


def test_the_same_files_again_change_nothing(engine, tmp_path):
    book = write_book(tmp_path)
    import_files(engine, book)
    before = everything(engine)
    again = import_files(engine, book)
    assert {counts.unchanged for counts in again.counts.values()} == {1, 2, 3}
    assert sum(counts.new + counts.changed + counts.rejected for counts in again.counts.values()) == 0
    assert everything(engine) == before


def test_every_column_is_kept_as_what_it_means(engine, tmp_path):
    accounts = (
        "key,name,tier,segment,owner_email,sponsor_email,country,region,timezone,locale,annual_revenue,currency,renewal_on\n"
        "north,Northwind,key,food,maria@us.example,tom@us.example,de,BY,Europe/Berlin,de-DE,1200000.50,eur,2027-03-01\n"
    )
    import_files(engine, write_book(tmp_path, accounts=accounts, contacts=CONTACTS[: CONTACTS.index("south")]))
    account, ask = one(engine, Account), one(engine, Ask)
    assert (account.country, account.currency, account.locale) == ("DE", "EUR", "de-DE")
    assert (account.annual_revenue, account.renewal_on) == (1_200_000.5, date(2027, 3, 1))
    assert (ask.origin, ask.status, ask.sent_at) == ("import", "sent", datetime(2026, 3, 2, 9, tzinfo=UTC))
    answer = one(engine, AnswerRow)
    assert (answer.value, answer.score, answer.words) == ("9", 9.0, "Good people")
    assert one(engine, Touchpoint).contact_id is None


REJECTED = [
    ("accounts", "key,name,owner_email\nx,X,nobody\n", "owner_email", "nobody", "is no e-mail address"),
    ("accounts", "key,name,timezone\nx,X,europe/vienna\n", "timezone", "europe/vienna", "Did you mean Europe/Vienna?"),
    ("accounts", "key,name,locale\nx,X,german\n", "locale", "german", "write it as de or de-AT"),
    ("accounts", "key,name,country\nx,X,Germany\n", "country", "Germany", "Did you mean DE?"),
    ("accounts", "key,name,country\nx,X,UK\n", "country", "UK", "Did you mean GB?"),
    ("accounts", "key,name,currency\nx,X,EURO\n", "currency", "EURO", "Did you mean EUR?"),
    (
        "accounts",
        'key,name,annual_revenue\nx,X,"1.200.000,00"\n',
        "annual_revenue",
        "1.200.000,00",
        "is no plain number",
    ),
    ("accounts", "key,name,renewal_on\nx,X,03/04/2027\n", "renewal_on", "03/04/2027", "write it as 2026-11-24"),
    ("accounts", "key,name,renewal_on\nx,X,2027-02-30\n", "renewal_on", "2027-02-30", "write it as 2026-11-24"),
    ("accounts", "key,name,renewal_on\nx,X,46350\n", "renewal_on", "46350", "write it as 2026-11-24"),
    ("accounts", "key,name\n,X\n", "key", "", "is empty"),
    ("accounts", "key,tier\nx,key\n", "name", "", "is needed for a new row"),
    ("contacts", "account_key,key\nnort,x\n", "account_key", "nort", "there is no account with this key"),
    ("contacts", 'account_key,key,channels\nnorth,x,"email,sms"\n', "channels", "email,sms", "separated by spaces"),
    ("asks", ASKS.replace("ada", "nobody"), "contact_key", "nobody", "no contact with this key at the account “north”"),
    ("asks", ASKS.replace("sent\n", "answred\n"), "status", "answred", "Did you mean answered?"),
    ("asks", ASKS.replace("north,ada", "north,"), "contact_key", "", "is empty"),
    (
        "asks",
        ASKS.replace("2026-03-02T09:00:00Z", "07/15/2009 02:14:45+0800"),
        "sent_at",
        "07/15/2009 02:14:45+0800",
        "2026-11-24",
    ),
    ("promises", PROMISES.replace("agreed", "agred"), "status", "agred", "Did you mean agreed?"),
    ("promises", PROMISES.replace("agreed,,", "done,,kepd"), "verdict", "kepd", "Did you mean kept?"),
    (
        "promises",
        PROMISES.replace("north,ada", "south,cid"),
        "owner_email",
        "",
        "has no owner, and neither has its account",
    ),
    ("touchpoints", TOUCHPOINTS.replace("2026-11-20T10:00:00Z", "yesterday"), "happened_at", "yesterday", "is no date"),
]


@pytest.mark.parametrize(("kind", "text", "field", "value", "why"), REJECTED)
def test_a_rejected_row_is_named_with_file_line_field_value_and_why(engine, tmp_path, kind, text, field, value, why):
    import_files(engine, write_book(tmp_path))
    path = write_sheet(tmp_path, f"wrong_{kind}", text)
    report = import_files(engine, [path])
    assert report.counts[kind].rejected == 1
    [rejection] = report.rejections
    assert (rejection.file, rejection.line, rejection.field, rejection.value) == (str(path), 2, field, value)
    assert why in rejection.why
    assert str(rejection).startswith(f"{path}:2: {field}")


def test_good_rows_go_in_beside_rejected_ones(engine, tmp_path):
    path = write_sheet(tmp_path, "accounts", "key,name,country\na,A,AT\nb,B,Nowhere\nc,C,DE\n")
    report = import_files(engine, [path])
    assert (report.counts["accounts"].new, report.counts["accounts"].rejected) == (2, 1)
    assert {row["key"] for row in rows(engine, "accounts")} == {"a", "c"}


def test_a_row_with_two_mistakes_is_one_rejected_row(engine, tmp_path):
    path = write_sheet(tmp_path, "accounts", "key,name,country,currency\nb,B,Nowhere,Money\n")
    report = import_files(engine, [path])
    assert report.counts["accounts"].rejected == 1
    assert [rejection.field for rejection in report.rejections] == ["country", "currency"]


def test_a_dry_run_says_the_same_and_writes_nothing(engine, tmp_path):
    book = write_book(tmp_path, asks=ASKS + ASKS.splitlines()[1].replace("ada", "nobody"))
    tried = import_files(engine, book, dry_run=True)
    assert not any(everything(engine).values())
    done = import_files(engine, book)
    assert tried.as_dict() | {"dry_run": False, "import": done.number} == done.as_dict()


# how a file may be written


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding_is_read(engine, tmp_path, encoding):
    report = import_files(engine, [write_sheet(tmp_path, "accounts", "key,name\nm,Müller & Söhne\n", encoding)])
    assert one(engine, Account).name == "Müller & Söhne"
    assert any("Windows-1252" in note for note in report.notes) == (encoding == "cp1252")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_usual_delimiter_and_line_end_is_read(engine, tmp_path, delimiter, ending):
    text = ACCOUNTS.replace(",", delimiter).replace("\n", ending)
    assert import_files(engine, [write_sheet(tmp_path, "accounts", text)]).counts["accounts"].new == 2


def test_lines_are_counted_as_an_editor_counts_them(engine, tmp_path):
    text = 'key,name,country\r\n\n"a","two\nlines, one field",AT\r\r\nb,B,Nowhere\n,,\n\nc,C,Nowhere'
    report = import_files(engine, [write_sheet(tmp_path, "accounts", text)])
    assert [rejection.line for rejection in report.rejections] == [6, 9]
    assert one(engine, Account).name == "two\nlines, one field"


def test_ragged_rows_and_wrong_quotes_are_rejected(engine, tmp_path):
    text = 'key,name\na,A,extra\nb\nc,"C\nd,D\n'
    report = import_files(engine, [write_sheet(tmp_path, "accounts", text)])
    assert [(rejection.line, rejection.field) for rejection in report.rejections] == [
        (2, "row"),
        (3, "row"),
        (4, "row"),
    ]
    assert "3 fields where the header has 2" in report.rejections[0].why
    assert "quotes" in report.rejections[2].why


def test_what_no_database_can_keep_is_replaced(engine, tmp_path):
    import_files(engine, [write_sheet(tmp_path, "accounts", "key,name\na,A\0B\n")])
    assert one(engine, Account).name == "A\ufffdB"


def test_headers_are_recognised_in_any_case_and_with_spaces(engine, tmp_path):
    text = CONTACTS.replace("account_key,key", " Account Key , KEY")
    assert import_files(engine, write_book(tmp_path, contacts=text)).counts["contacts"].new == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must name the columns"),
        ("\n\n", "must name the columns"),
        ("key,name,Key\n", "key is there 2 times"),
        (
            "acount_key,key,name,email,phone\n",
            "contacts need a column account_key, and there is none. Did you mean acount_key?",
        ),
        ("colour,size\n", "no column is one that Heed knows"),
        ("PK\x03\x04key,name\n", "save it as CSV"),
    ],
)
def test_a_file_that_is_no_table_of_a_kind_is_refused_before_anything_is_written(engine, tmp_path, text, said):
    good, bad = write_sheet(tmp_path, "accounts", ACCOUNTS), write_sheet(tmp_path, "bad", text)
    with pytest.raises(InputError, match=str(bad)) as error:
        import_files(engine, [good, bad])
    assert said in str(error.value)
    assert not rows(engine, "accounts")


def test_a_map_brings_in_the_columns_of_another_system(engine, tmp_path):
    import_files(engine, write_book(tmp_path))
    path = write_sheet(tmp_path, "export", "Company ID;ID;Mail\nnorth;z;zoe@north.example\n")
    mapping = {"kind": "contacts", "columns": {"Company ID": "account_key", "ID": "key", "Mail": "email"}}
    assert import_files(engine, [path], mapping=mapping).counts["contacts"].new == 1
    with pytest.raises(InputError, match=r"no column “Company Id” to map. Did you mean Company ID"):
        import_files(engine, [path], mapping={"columns": {"Company Id": "account_key"}})
    with pytest.raises(InputError, match=r"no column of contacts. Did you mean email"):
        import_files(engine, [path], kind="contacts", mapping={"columns": {**mapping["columns"], "Mail": "emial"}})
    with pytest.raises(InputError, match=r"no kind “contact”.*Did you mean contacts"):
        import_files(engine, [path], kind="contact")


# what is data, and what changes


def test_unknown_columns_become_attributes_of_accounts_and_contacts_and_are_left_out_elsewhere(engine, tmp_path):
    accounts = "key,name,Industry,Floor\nnorth,Northwind,Food,\nsouth,Southwind,,3\n"
    touchpoints = "account_key,kind,happened_at,Weather\nnorth,ticket_closed,2026-11-20,Rain\n"
    report = import_files(engine, write_book(tmp_path, accounts=accounts, touchpoints=touchpoints))
    assert [row["attributes"] for row in rows(engine, "accounts")] == [{"Industry": "Food"}, {"Floor": "3"}]
    assert any("touchpoints have no column Weather" in note for note in report.notes)


def test_words_that_heed_does_not_know_are_data_and_noted_once(engine, tmp_path):
    path = write_sheet(tmp_path, "accounts", "key,name,tier\na,A,Strategic\nb,B,Strategic\nc,C,key\n")
    report = import_files(engine, [path])
    assert report.rejected == 0
    [note] = report.notes
    assert "“Strategic”" in note
    assert "Did you mean strategic?" in note
    assert "(2 rows)" in note


def test_each_unknown_word_is_noted_with_the_nearest_known_one(engine, tmp_path):
    sheets = {
        "contacts": CONTACTS.replace("role\n", "channels\n").replace("cto", "email smoke").replace("user", "email"),
        "asks": ASKS.replace("relationship,relationship", "relatonship,relatonships"),
        "touchpoints": TOUCHPOINTS.replace("onboarding_done", "onbording_done"),
    }
    report = import_files(engine, write_book(tmp_path, **sheets))
    assert report.rejected == 0
    said = "\n".join(report.notes)
    assert all(f"“{word}”" in said for word in ("smoke", "relatonship", "relatonships", "onbording_done"))
    assert "Did you mean onboarding_done?" in said
    assert "“email”" not in said


def test_a_column_that_is_absent_leaves_what_is_there_and_an_empty_field_makes_it_unknown(engine, tmp_path):
    import_files(engine, [write_sheet(tmp_path, "accounts", "key,name,tier,country,Floor\nx,X,key,AT,3\n")])
    report = import_files(engine, [write_sheet(tmp_path, "accounts", "key,country,Door\nx,,blue\n")])
    assert report.counts["accounts"].changed == 1
    account = one(engine, Account)
    assert (account.name, account.tier, account.country) == ("X", "key", None)
    assert account.attributes == {"Floor": "3", "Door": "blue"}
    import_files(engine, [write_sheet(tmp_path, "accounts", "key,Floor\nx,\n")])
    assert one(engine, Account).attributes == {"Door": "blue"}


def test_of_rows_with_one_identity_the_last_counts_and_it_is_noted(engine, tmp_path):
    path = write_sheet(tmp_path, "accounts", "key,name\nx,First\nx,First\nx,Second\n")
    report = import_files(engine, [path])
    counts = report.counts["accounts"]
    assert (counts.new, counts.unchanged, counts.changed) == (1, 1, 1)
    assert one(engine, Account).name == "Second"
    assert any("names a row again" in note for note in report.notes)


def test_times_without_an_offset_are_the_houses(engine, tmp_path):
    set_settings(engine, {"company.timezone": "Europe/Vienna"})
    header, row = ASKS.splitlines()
    times = [
        "2026-07-01T10:00:00",
        "2026-07-01 10:00:01+02:00",
        "2026-07-01T08:00:02Z",
        "2026-07-02",
        "2009-07-14T22:14:45+0800",
    ]
    text = "\n".join([header, *(row.replace("2026-03-02T09:00:00Z", time) for time in times)])
    import_files(engine, write_book(tmp_path, asks=text))
    assert [row["sent_at"] for row in rows(engine, "asks")] == [
        datetime(2026, 7, 1, 8, tzinfo=UTC),
        datetime(2026, 7, 1, 8, 0, 1, tzinfo=UTC),
        datetime(2026, 7, 1, 8, 0, 2, tzinfo=UTC),
        datetime(2026, 7, 1, 22, tzinfo=UTC),
        datetime(2009, 7, 14, 14, 14, 45, tzinfo=UTC),
    ]


def test_history_of_the_future_is_taken_and_remarked_on(engine, tmp_path):
    report = import_files(engine, write_book(tmp_path, touchpoints=TOUCHPOINTS.replace("2026-11-20", "2027-11-20")))
    assert report.counts["touchpoints"].new == 1
    assert any("happened_at lies in the future" in note for note in report.notes)


def test_an_imported_promise_has_an_owner_and_a_history(engine, tmp_path):
    import_files(engine, write_book(tmp_path))
    assert one(engine, Promise).owner_email == "maria@us.example"
    [event] = list(rows(engine, PromiseEvent))
    assert (event["step"], event["due_on"]) == ("imported", date(2026, 11, 1))
    import_files(engine, write_book(tmp_path, promises=PROMISES.replace("2026-11-01", "2026-12-01")))
    assert [event["due_on"] for event in rows(engine, PromiseEvent)] == [date(2026, 11, 1), date(2026, 12, 1)]


def test_what_an_accounts_terms_forbid_to_keep_is_never_kept_and_forgotten_when_the_terms_change(engine, tmp_path):
    accounts = "key,name,private_fields\nnorth,Northwind,role nickname\nsouth,Southwind,\n"
    contacts = "account_key,key,role,opted_out_on,nickname\nnorth,ada,cto,2026-01-01,Addie\nsouth,cid,user,,Cis\n"
    import_files(engine, [write_sheet(tmp_path, "accounts", accounts), write_sheet(tmp_path, "contacts", contacts)])
    ada, cid = rows(engine, "contacts")
    assert (ada["role"], ada["attributes"]) == (None, {})
    assert (cid["role"], cid["attributes"]) == ("user", {"nickname": "Cis"})
    terms = "key,private_fields\nnorth,opted_out_on\nsouth,nickname\n"
    import_files(engine, [write_sheet(tmp_path, "accounts", terms)])
    ada, cid = rows(engine, "contacts")
    assert ada["opted_out_on"] == date(2026, 1, 1), "a client's no is kept whatever the terms"
    assert cid["attributes"] == {}


def test_a_no_that_was_given_to_heed_is_not_taken_back_by_a_file_that_does_not_know_of_it(engine, tmp_path):
    with engine.store.write(EVERYTHING) as session:
        no = {"opted_out_on": date(2026, 11, 1), "paused_until": date(2027, 2, 1)}
        make_contact(session, make_account(session, key="north"), key="ada", **no)
    text = "account_key,key,opted_out_on,paused_until\nnorth,ada,,2026-12-01\n"
    import_files(engine, [write_sheet(tmp_path, "contacts", text)])
    [ada] = rows(engine, "contacts")
    assert no.items() <= ada.items()


def test_what_heed_sent_itself_is_not_changed_by_an_import(engine, tmp_path):
    with engine.store.write(EVERYTHING) as session:
        contact = make_contact(session, make_account(session, key="north"), key="ada")
        make_ask(session, contact, origin="heed", status="opened", sent_at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    report = import_files(engine, [write_sheet(tmp_path, "asks", ASKS)])
    assert report.counts["asks"].unchanged == 1
    assert one(engine, Ask).status == "opened"


def test_every_account_that_an_import_concerns_is_decided_again(engine, tmp_path):
    import_files(engine, write_book(tmp_path))
    with engine.store.write(EVERYTHING) as session:
        for account in session.scalars(select(Account)):
            account.plan_on = date(2027, 1, 1)
    import_files(engine, [write_sheet(tmp_path, "touchpoints", TOUCHPOINTS.replace("went well", "it rained"))])
    assert {row["key"]: row["plan_on"] <= NOW.date() for row in rows(engine, "accounts")} == {
        "north": True,
        "south": False,
    }


@pytest.mark.parametrize("size", [1, 2])
def test_chunks_make_no_difference(engine, tmp_path, monkeypatch, size):
    monkeypatch.setattr(imports, "CHUNK", size)
    contacts = CONTACTS + "north,ada,Ada Frost,ada@north.example,,cto\nnowhere,x,,,,\n"
    report = import_files(engine, write_book(tmp_path, contacts=contacts))
    counts = report.counts["contacts"]
    assert (counts.new, counts.changed, counts.rejected) == (3, 1, 1)
    assert report.rejections[0].line == 6
    assert rows(engine, "contacts")[0]["name"] == "Ada Frost"


KIND = st.sampled_from(list(BOOK))
MUTATIONS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6), st.integers(0, 8)), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(kind=KIND, mutations=MUTATIONS, encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_whatever_is_done_to_a_file_every_row_is_counted_once(engine, tmp_path, kind, mutations, encoding):
    data = (BOOK[kind] + BOOK[kind].splitlines()[-1] * 2 + "\n").encode(encoding)
    for place, inserted, removed in mutations:
        at = int(place * len(data))
        data = data[:at] + inserted + data[at + removed :]
    path = tmp_path / "mutated.csv"
    path.write_bytes(data)
    try:
        report = import_files(engine, [path], kind=kind, dry_run=True)
    except InputError:
        return
    chunks = list(read_chunks(open_sheet(path), 1000))
    assert report.counts[kind].rows == sum(chunk.rows.height + len(chunk.ragged) for chunk in chunks)


# looking at what is there


def rows(engine, kind):
    table = TABLES[kind].__table__ if isinstance(kind, str) else kind.__table__
    with engine.store.read(EVERYTHING) as session:
        return [dict(row) for row in session.execute(select(table).order_by(table.c.id)).mappings()]


def one(engine, model):
    with engine.store.read(EVERYTHING) as session:
        assert session.scalar(select(func.count()).select_from(model)) == 1
        return session.scalars(select(model)).one()


def everything(engine):
    return {kind: rows(engine, kind) for kind in TABLES}
