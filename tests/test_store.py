"""The store keeps its promises on both databases: scopes, transactions, leases, bulk, migrations, constraints."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, bindparam, delete, event, exists, func, inspect, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session, aliased

from engine.data import migrations
from engine.data.accounts import find_account, find_contacts
from engine.data.columns import Query
from engine.data.house import keep_secret, read_secret
from engine.data.marks import MARKED, lock_accounts, mark_accounts, mark_persons, plan_again, take_marks
from engine.data.models import (
    ACCOUNT_SCOPED,
    Account,
    Ask,
    AuditEntry,
    Base,
    Contact,
    DecisionRecord,
    Delivery,
    HouseFact,
    Person,
    PlanChange,
    PlanRun,
    Promise,
    PromiseEvent,
    Submission,
    SurveyVersion,
)
from engine.data.search import COLUMNS
from engine.data.settings import put_setting, read_settings, remove_setting
from engine.data.store import EVERYTHING, Scope, Store
from engine.errors import HeedError, InputError, NotFoundError, ScopeError, StorageError
from engine.types import SettingValue
from tests.factories import make_account, make_ask, make_contact, make_promise, make_touchpoint

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


# scopes


def test_a_query_without_a_scope_raises(store: Store) -> None:
    with Session(store.engine) as session, pytest.raises(ScopeError):
        session.scalars(select(Account)).all()


@pytest.mark.parametrize("table", [Account, *ACCOUNT_SCOPED])
def test_every_account_table_is_narrowed(store: Store, table: Any) -> None:
    with store.write(EVERYTHING) as session:
        mine, other = (_fill_account(session) for _ in range(2))
    column = table.id if table is Account else table.account_id
    with store.read(Scope(frozenset({mine}))) as session:
        assert other not in set(session.scalars(select(column)))


def test_what_belongs_to_an_account_through_another_row_is_narrowed(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        mine, other = make_contact(session), make_contact(session)
        run = PlanRun(on=date(2026, 11, 24), seed=0, started_at=NOW)
        session.add(run)
        session.flush()
        for contact in (mine, other):
            ask = make_ask(session, contact, sent_at=NOW)
            make_promise(session, contact)
            seen = {"run_id": run.id, "contact_id": contact.id, "on": run.on, "decision": "ask"}
            came = {"submission_id": f"s{ask.id}", "action": "submit", "received_at": NOW, "digest": ""}
            went = {"attempt": 1, "status": "sent", "claimed_by": "tests", "claimed_at": NOW}
            session.add_all(
                [DecisionRecord(**seen), Submission(ask_id=ask.id, **came), Delivery(ask_id=ask.id, **went)]
            )
    with store.read(Scope(frozenset({mine.account_id}))) as session:
        for table in (DecisionRecord, Submission, Delivery, PromiseEvent):
            assert session.scalar(select(func.count(table.id))) == 1
        assert session.scalars(select(Promise)).one().events[0].step == "agreed"


def test_a_narrow_scope_holds_in_joins_subqueries_aliases_counts_and_lookups(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        mine, other = make_contact(session), make_contact(session)
    colleague = aliased(Contact)
    with store.read(Scope(frozenset({mine.account_id}))) as session:
        assert session.get(Contact, other.id) is None
        assert session.scalars(select(Contact.key).join(Contact.account)).all() == [mine.key]
        assert session.scalars(select(colleague.key)).all() == [mine.key]
        assert session.scalar(select(func.count()).select_from(Contact)) == 1
        assert session.scalars(select(Person.id).where(exists().where(Contact.person_id == Person.id))).all() == [
            mine.person_id
        ]
        assert session.get_one(Account, mine.account_id).contacts[0].id == mine.id


def test_a_narrow_scope_changes_and_deletes_nothing_of_others(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        mine, other = make_account(session), make_account(session)
    with store.write(Scope(frozenset({mine.id}))) as session:
        session.execute(update(Account).values(name="changed"))
        session.execute(delete(Account).where(Account.id == other.id))
    with store.read(EVERYTHING) as session:
        assert session.get_one(Account, mine.id).name == "changed"
        assert session.get_one(Account, other.id).name == other.name


def test_a_narrow_scope_refuses_what_it_cannot_narrow(store: Store) -> None:
    with store.read(Scope(frozenset({1}))) as session, pytest.raises(ScopeError):
        session.execute(text("SELECT * FROM accounts"))


def test_a_scope_of_many_thousand_accounts_is_one_parameter(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        mine = make_account(session)
    with store.read(Scope(frozenset(range(mine.id, mine.id + 100_000)))) as session:
        assert session.scalars(select(Account.id)).all() == [mine.id]


def test_a_session_that_is_used_again_knows_nothing_of_before(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session, name="Ada")
    with store.read(EVERYTHING) as session:
        seen = session.get_one(Contact, contact.id)
    with store.write(EVERYTHING) as session:
        session.get_one(Contact, contact.id).name = "Grace"
    with store.read(EVERYTHING) as session:
        assert session.get_one(Contact, contact.id).name == "Grace"
    assert seen.name == "Ada"
    with store.read(Scope(frozenset())) as session:
        assert session.get(Contact, contact.id) is None


def test_an_empty_scope_sees_nothing(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        make_account(session)
    with store.read(Scope(frozenset())) as session:
        assert session.scalars(select(Account)).all() == []


def _fill_account(session: Session) -> int:
    contact = make_contact(session)
    make_ask(session, contact, sent_at=NOW)
    make_touchpoint(session, contact)
    make_promise(session, contact)
    return contact.account_id


# transactions


def test_a_write_that_raises_leaves_nothing(store: Store) -> None:
    with pytest.raises(NotFoundError), store.write(EVERYTHING) as session:
        find_account(session, f"not {make_account(session).key}")
    with store.read(EVERYTHING) as session:
        assert session.scalars(select(Account)).all() == []


def test_text_comes_back_as_it_went_in(store: Store) -> None:
    name = "Zoë’s “Ümläut” GmbH \\ 'quoted' 日本語 🎉 \u200f مرحبا \t tab"
    with store.write(EVERYTHING) as session:
        make_account(session, key="A", name=name, attributes={"note": name})
    with store.read(EVERYTHING) as session:
        account = find_account(session, "A")
        assert (account.name, account.attributes) == (name, {"note": name})
    assert store.frame(select(Account.name)).item() == name


def test_instants_are_aware_and_naive_ones_are_refused(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        ask = make_ask(session, contact, sent_at=NOW)
    with store.read(EVERYTHING) as session:
        assert session.get_one(Ask, ask.id).sent_at == NOW
    with store.write(EVERYTHING) as session, pytest.raises(Exception, match="no time zone"):
        make_ask(session, contact, sent_at=datetime(2026, 1, 1))


def test_sqlite_is_durable_and_checks_references(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'heed.db'}")
    store.upgrade()
    with store.engine.connect() as connection:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted} == wanted


def test_writers_take_turns(store: Store) -> None:
    """On SQLite, a transaction that reads first and writes later would fail at once if another wrote between."""
    with store.write(EVERYTHING) as session:
        session.add(HouseFact(name="count", value="0"))

    def count_up() -> None:
        for _ in range(10):
            with store.write(EVERYTHING) as session:
                fact = session.scalars(select(HouseFact).with_for_update()).one()
                fact.value = str(int(fact.value) + 1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.frame(select(HouseFact.value)).item() == "40"


# leases


def test_a_lease_has_one_holder_until_it_runs_out(store: Store) -> None:
    assert store.take_lease("plan", "first", NOW, 60)
    assert not store.take_lease("plan", "second", NOW + timedelta(seconds=59), 60)
    assert store.take_lease("plan", "second", NOW + timedelta(seconds=60), 60)
    assert not store.renew_lease("plan", "first", NOW + timedelta(seconds=61), 60)


def test_a_renewed_lease_lasts_longer(store: Store) -> None:
    assert store.take_lease("plan", "first", NOW, 60)
    assert store.renew_lease("plan", "first", NOW + timedelta(seconds=50), 60)
    assert not store.take_lease("plan", "second", NOW + timedelta(seconds=100), 60)


def test_a_released_lease_is_free_and_nobody_releases_anothers(store: Store) -> None:
    assert store.take_lease("plan", "first", NOW, 60)
    store.release_lease("plan", "second")
    assert not store.take_lease("plan", "second", NOW, 60)
    store.release_lease("plan", "first")
    assert store.take_lease("plan", "second", NOW, 60)


def test_who_lost_the_lease_learns_it_inside_the_transaction(store: Store) -> None:
    assert store.take_lease("plan", "first", NOW, 60)
    with store.write(EVERYTHING) as session:
        assert store.holds_lease(session, "plan", "first")
    assert store.take_lease("plan", "second", NOW + timedelta(minutes=2), 60)
    with store.write(EVERYTHING) as session:
        assert not store.holds_lease(session, "plan", "first")


def test_of_many_who_reach_for_a_lease_one_gets_it(store: Store) -> None:
    got: list[bool] = []
    threads = [
        threading.Thread(target=lambda name=str(number): got.append(store.take_lease("plan", name, NOW, 60)))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


# in bulk


def test_a_frame_shows_nulls_empty_texts_days_and_numbers(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        make_account(session, key="A", segment=None, renewal_on=date(2026, 11, 24), annual_revenue=None)
        make_account(session, key="B", segment="", renewal_on=None, annual_revenue=0.1)
    query = select(Account.key, Account.segment, Account.renewal_on, Account.annual_revenue, Account.imported_at)
    frame = store.frame(query.order_by(Account.key).where(Account.key.in_(("A", "B"))))
    assert frame.drop("imported_at").rows() == [("A", None, 20781, None), ("B", "", None, 0.1)]
    assert frame.dtypes == [pl.String, pl.String, pl.Int32, pl.Float64, pl.Int64]
    assert store.frame(query.where(Account.key == "C")).schema == frame.schema


def test_what_is_read_ahead_is_what_would_be_read_once_and_for_these_values(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        for key, name in (("a", 'Ada "the first"'), ("b", ""), ("c", "\u00e9")):
            make_account(session, key=key, name=name)
    wanted = select(Account.key, Account.name, Account.plan_on).where(Account.key >= bindparam("first"))
    named, counted = Query(wanted.order_by(Account.key)), Query(select(func.count(Account.id).label("number")))
    with store.snapshot() as snapshot:
        direct = snapshot.frame(named, {"first": "b"}), snapshot.frame(counted)
        snapshot.read_ahead([named, counted], {"first": "b", "else": 1})
        with store.write(EVERYTHING) as session:
            make_account(session, key="d")
        assert snapshot.frame(named, {"first": "b"}).equals(direct[0])
        assert snapshot.frame(counted).equals(direct[1])
        snapshot.read_ahead([named], {"first": "b"})
        assert snapshot.frame(named, {"first": "a"})["key"].to_list() == ["a", "b", "c"]
    with store.snapshot() as snapshot:
        snapshot.read_ahead([named], {"first": "c"})
        assert [snapshot.frame(named, {"first": each}).height for each in ("c", "b")] == [2, 3]


def test_a_snapshot_shows_one_state_whatever_is_written_meanwhile(store: Store) -> None:
    count = select(func.count(Account.id).label("count"))
    with store.snapshot() as snapshot:
        assert snapshot.frame(count).item() == 0
        with store.write(EVERYTHING) as session:
            make_account(session)
        assert snapshot.frame(count).item() == 0
    assert store.frame(count).item() == 1


def test_many_rows_go_in_at_once_with_ids_of_their_own(store: Store) -> None:
    texts = ['comma, "quote"', "line\nbreak", "", None, "\\N", "ünï"]
    with store.write(EVERYTHING) as session:
        first = make_account(session)
        ids = store.new_ids(session, Account, len(texts))
        rows = {"id": ids, "key": [f"B-{id}" for id in ids], "segment": texts, "renewal_on": [date(2027, 1, 1)] * 6}
        frame = pl.DataFrame(rows).with_columns(
            name=pl.lit("Bulk"), private_fields=pl.lit("[]"), attributes=pl.lit('{"a": 1}'), imported_at=pl.lit(NOW)
        )
        store.insert_many(session, Account, frame)
    with store.write(EVERYTHING) as session:
        found = session.scalars(select(Account).where(Account.id > first.id).order_by(Account.id)).all()
        assert [account.segment for account in found] == texts
        assert {(a.renewal_on, a.imported_at, a.attributes["a"]) for a in found} == {(date(2027, 1, 1), NOW, 1)}
        assert make_account(session).id > max(ids)


def test_given_ids_are_not_given_again(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        store.insert_many(session, Person, pl.DataFrame({"id": [1, 2, 500]}))
        assert make_contact(session).person_id > 500


def test_nothing_of_a_bulk_insert_stays_when_the_transaction_fails(store: Store) -> None:
    with pytest.raises(Exception, match=r"UNIQUE|duplicate"), store.write(EVERYTHING) as session:
        store.insert_many(session, Person, pl.DataFrame({"id": [1, 2, 2]}))
    assert store.frame(select(Person.id)).height == 0


# the schema


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_first_migration_makes_the_models(store: Store) -> None:
    with store.engine.connect() as connection:
        # what words are looked for in belongs to no model: see engine.data.search
        opts = {"compare_server_default": True, "include_name": lambda name, *_: "search_" not in (name or "")}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []
        for table in Base.metadata.sorted_tables:  # what Alembic does not compare
            checks = {check["name"] for check in inspect(connection).get_check_constraints(table.name)}
            assert checks == {found.name for found in table.constraints if isinstance(found, CheckConstraint)}
        if store.dialect == "sqlite":
            made = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE%INDEX%'")))
            assert made == {index.name for table in Base.metadata.sorted_tables for index in table.indexes}


def test_head_is_the_last_migration(store: Store) -> None:
    with store.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrations.configure(connection))
    assert script.get_heads() == [migrations.HEAD]


def test_an_upgraded_database_is_current_and_upgrades_again(store: Store) -> None:
    store.check_current()
    store.upgrade()
    store.check_current()


def test_an_interrupted_migration_leaves_nothing_and_runs_again(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'heed.db'}")

    def fail(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "CREATE TABLE promises" in statement:
            raise KeyboardInterrupt

    event.listen(store.engine, "before_cursor_execute", fail)
    with pytest.raises(KeyboardInterrupt):
        store.upgrade()
    event.remove(store.engine, "before_cursor_execute", fail)
    with store.engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    store.upgrade()
    store.check_current()


def test_a_missing_database_is_not_made_by_looking_for_it(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(HeedError, match="heed init"):
        store.check_current()
    assert list(tmp_path.iterdir()) == []


def test_a_newer_database_says_so(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuses in (store.check_current, store.upgrade):
        with pytest.raises(HeedError, match="newer Heed"):
            refuses()


def test_a_database_of_something_else_is_left_as_it_was(store: Store) -> None:
    with store.engine.execution_options(heed_writes=True).begin() as connection:
        Base.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
        for table in COLUMNS if store.dialect == "sqlite" else ():
            connection.execute(text(f"DROP TABLE search_{table.__tablename__}"))
        connection.execute(text("CREATE TABLE guests (name TEXT)"))
    with pytest.raises(HeedError, match=r"holds tables of something else \(guests\)"):
        store.upgrade()
    assert inspect(store.engine).get_table_names() == ["guests"]


# when the disk or the server is the trouble


def test_a_file_that_is_no_database_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work" * 100)
    store = Store(f"sqlite:///{tmp_path / 'thesis.txt'}")
    for refuses in (store.check_current, store.upgrade):
        with pytest.raises(StorageError, match=r"thesis\.txt is another kind of file"):
            refuses()
    assert (tmp_path / "thesis.txt").read_text() == "years of work" * 100


def test_a_full_disk_is_told_and_nothing_stays_half_written(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'heed.db'}")
    store.upgrade()
    with store.engine.connect() as connection:
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    event.listen(store.engine, "begin", lambda begun: begun.exec_driver_sql(f"PRAGMA max_page_count={used}"))
    full = pytest.raises(StorageError, match="the disk is full")
    with full, store.write(EVERYTHING) as session:
        session.add_all(HouseFact(name=f"fact {number}", value="x" * 1000) for number in range(1000))
    with store.read(EVERYTHING) as session:
        assert session.scalars(select(HouseFact)).all() == []


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:1/heed cannot be reached") as caught:
        Store("postgresql://heed:hush@127.0.0.1:1/heed").check_current()
    assert "hush" not in str(caught.value)


def test_a_mistake_of_ours_stays_what_it_is(store: Store) -> None:
    with pytest.raises(DatabaseError), store.engine.connect() as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")


@pytest.mark.parametrize("url", ["mysql://localhost/heed", "sqlite://", "heed.db", ""])
def test_other_databases_are_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(InputError, match="sqlite:///FILE"):
        Store(url)


def test_a_password_is_not_shown() -> None:
    with pytest.raises(InputError) as caught:
        Store("mysql://heed:hush@localhost/heed")
    assert "hush" not in str(caught.value)


# what the database itself refuses


@pytest.mark.parametrize("table", [PromiseEvent, AuditEntry, PlanChange])
@pytest.mark.parametrize("change", ["UPDATE {} SET author = 'x'", "DELETE FROM {}"])
def test_history_is_only_added_to(store: Store, table: Any, change: str) -> None:
    with store.write(EVERYTHING) as session:
        make_promise(session, make_contact(session))
        session.add(AuditEntry(at=NOW, author="ada", action="looked", subject="A-1"))
        session.add(PlanChange(at=NOW, author="ada", comment="", layer="house", layer_key="", steps={}))
    with pytest.raises(DatabaseError, match="never changed or deleted"), store.write(EVERYTHING) as session:
        session.execute(text(change.format(table.__tablename__)))


def test_a_person_has_one_live_ask(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        make_ask(session, contact, origin="heed", status="cancelled")
        make_ask(session, contact, origin="import", status="sent", sent_at=NOW)
        make_ask(session, contact, origin="heed", status="planned")
    with pytest.raises(IntegrityError), store.write(EVERYTHING) as session:
        make_ask(session, contact, origin="heed", status="in_doubt")


@pytest.mark.parametrize(
    "values",
    [{"owner_email": ""}, {"owner_email": "  "}, {"owner_email": None}, {"status": "moved"}, {"verdict": "maybe"}],
)
def test_a_promise_has_an_owner_and_a_known_state(store: Store, values: dict[str, Any]) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
    with pytest.raises(IntegrityError), store.write(EVERYTHING) as session:
        session.add(Promise(**_PROMISE | {"account_id": contact.account_id} | values))


_PROMISE = {
    "origin": "team",
    "title": "Call back",
    "owner_email": "olive@house.example",
    "made_on": date(2026, 11, 2),
    "status": "agreed",
}


@pytest.mark.parametrize("values", [{"status": "gone"}, {"origin": "else"}, {"status": "sent", "sent_at": None}])
def test_an_ask_has_a_known_state(store: Store, values: dict[str, Any]) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
    with pytest.raises(IntegrityError), store.write(EVERYTHING) as session:
        make_ask(session, contact, **{"sent_at": NOW} | values)


def test_a_survey_version_is_kept_once(store: Store) -> None:
    version = {"survey": "relationship", "digest": "abc", "content": {}, "created_at": NOW}
    with pytest.raises(IntegrityError), store.write(EVERYTHING) as session:
        session.add_all(SurveyVersion(version=number, **version) for number in (1, 2))


# accounts, settings, the house


def test_a_contact_is_found_by_address_key_or_both_keys(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        account = make_account(session, key="N/1")
        contact = make_contact(session, account, key="a/b", email="Ada@Client.example")
        namesake = make_contact(session, key="a/b")
    with store.read(EVERYTHING) as session:
        for who, found in (
            (" ada@client.EXAMPLE ", [contact.id]),
            ("N/1/a/b", [contact.id]),
            ("a/b", [namesake.id, contact.id]),
            ("nobody", []),
        ):
            assert sorted(c.id for c in find_contacts(session, who)) == sorted(found)


def test_an_unknown_account_is_told_the_nearest(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        make_account(session, key="northwind")
    with store.read(EVERYTHING) as session, pytest.raises(NotFoundError, match="Did you mean northwind"):
        find_account(session, "northwnd")


def plan_days(store: Store, *account_ids: int) -> list[date | None]:
    with store.read(EVERYTHING) as session:
        return [session.get_one(Account, account_id).plan_on for account_id in account_ids]


def test_what_is_marked_is_due_on_any_day(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        days = (None, date(2026, 12, 1), date(2026, 12, 2))
        never, later, other = (make_account(session, plan_on=day).id for day in days)
        mark_accounts(session, [never, later])
    assert plan_days(store, never, later, other) == [MARKED, MARKED, date(2026, 12, 2)]
    with store.write(EVERYTHING) as session:
        mark_accounts(session, None)
    assert plan_days(store, other) == [MARKED]


def test_marking_a_person_marks_all_their_accounts_whoever_does_it(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        contact = make_contact(session)
        other = make_contact(session, person=contact.person)
        stranger = make_contact(session)
    with store.write(Scope(frozenset({contact.account_id}))) as session:
        mark_persons(session, [contact.person_id])
    accounts = (contact.account_id, other.account_id, stranger.account_id)
    assert plan_days(store, *accounts) == [MARKED, MARKED, None]


def test_what_is_marked_while_a_plan_is_made_stays_marked(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        first, second = (make_account(session, plan_on=MARKED).id for _ in range(2))
        take_marks(session)
    with store.write(EVERYTHING) as session:
        mark_accounts(session, [second])
    with store.write(EVERYTHING) as session:
        found = lock_accounts(session, [first, second])
        decided = found.filter(~pl.col("marked")).with_columns(plan_on=pl.lit(date(2026, 12, 1)), expected=None)
        plan_again(store, session, decided)
    assert plan_days(store, first, second) == [date(2026, 12, 1), MARKED]


def test_a_setting_is_put_replaced_and_taken_back(store: Store) -> None:
    value = SettingValue("fatigue_limits.max_asks", "tier", "key", 3, "ada", NOW)
    with store.write(EVERYTHING) as session:
        put_setting(session, value)
        put_setting(session, SettingValue("fatigue_limits.max_asks", "tier", "key", [1, "a"], "bob", NOW))
    with store.write(EVERYTHING) as session:
        assert [(found.value, found.author) for found in read_settings(session)] == [([1, "a"], "bob")]
        assert remove_setting(session, value.name, "tier", "key")
        assert not remove_setting(session, value.name, "tier", "key")
        assert read_settings(session) == []


def test_the_first_secret_stays(store: Store) -> None:
    with store.write(EVERYTHING) as session:
        assert read_secret(session) is None
        keep_secret(session, "first")
        keep_secret(session, "second")
        assert read_secret(session) == "first"
