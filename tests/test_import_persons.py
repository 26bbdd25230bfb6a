"""Which contacts are one person, and how that follows every import."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from engine.data.models import Account, Ask, Contact, Person
from engine.data.store import EVERYTHING
from engine.intake.persons import Known, group_persons, keep_ids
from engine.operations.imports import import_files
from tests.factories import make_ask, why_ended
from tests.sheets import write_sheet

ACCOUNTS = "key,name,country\nnorth,Northwind,DE\nsouth,Southwind,AT\n"
MOBILE, SAME_MOBILE, LANDLINE, ENGLISH = "+49 1512 3456789", "0151 23456789", "+49 30 1234567", "+1 212 555 0123"


@pytest.fixture
def import_contacts(engine, tmp_path):
    """Import contacts given as (account, key, email, phone)."""
    import_files(engine, [write_sheet(tmp_path, "accounts", ACCOUNTS)])

    def run(*contacts):
        lines = ["account_key,key,email,phone", *(",".join(contact) for contact in contacts)]
        return import_files(engine, [write_sheet(tmp_path, "contacts", "\n".join(lines))])

    return run


def persons(engine):
    with engine.store.read(EVERYTHING) as session:
        found = dict(session.execute(select(Contact.key, Contact.person_id)).all())
        assert set(found.values()) == set(session.scalars(select(Person.id))), "a person is somebody's, or is not kept"
        return found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("ada@x.example", ""), (" ADA@X.example", ""), True),
        (("ada@x.example", ""), ("bea@x.example", ""), False),
        (("", MOBILE), ("", SAME_MOBILE), True),
        (("ada@x.example", MOBILE), ("", SAME_MOBILE), True),
        (("ada@x.example", MOBILE), ("bea@x.example", MOBILE), False),
        (("", LANDLINE), ("", LANDLINE), False),
        (("", ENGLISH), ("", ENGLISH), False),
        (("", ""), ("", ""), False),
    ],
)
def test_an_address_makes_one_person_of_two_contacts(engine, import_contacts, one, other, same):
    import_contacts(("north", "one", *one), ("north", "other", *other))
    found = persons(engine)
    assert (found["one"] == found["other"]) == same


def test_a_number_is_read_as_it_is_dialled_where_the_account_is(engine, import_contacts):
    import_contacts(("north", "one", "", "0151 23456789"), ("south", "other", "", "0151 23456789"))
    found = persons(engine)
    assert found["one"] != found["other"]


def test_a_third_contact_joins_two_persons_and_leaving_parts_them_again(engine, import_contacts):
    import_contacts(("north", "ada", "ada@x.example", MOBILE), ("south", "bea", "bea@x.example", MOBILE))
    before = persons(engine)
    import_contacts(("north", "nobody", "", MOBILE))
    joined = persons(engine)
    assert set(joined.values()) == {before["ada"]}, "the older person goes on"
    import_contacts(("north", "nobody", "", ""))
    parted = persons(engine)
    assert len(set(parted.values())) == 3
    assert before["ada"] in parted.values()


def test_a_new_address_at_the_next_import_makes_another_person(engine, import_contacts):
    import_contacts(("north", "one", "ada@x.example", ""), ("south", "other", "ada@x.example", ""))
    import_contacts(("south", "other", "new@x.example", ""))
    found = persons(engine)
    assert found["one"] != found["other"]


@pytest.mark.parametrize(
    ("email", "phone", "left"),
    [
        ("ada@x.example", MOBILE, "email phone sms"),
        ("new@x.example", MOBILE, "phone sms"),
        ("ada@x.example", LANDLINE, "email"),
        ("new@x.example", LANDLINE, None),
    ],
    ids=["the same", "another address", "another number", "both are others"],
)
def test_a_corrected_address_is_used_again_though_the_old_one_had_bounced(engine, import_contacts, email, phone, left):
    import_contacts(("north", "ada", "ada@x.example", MOBILE), ("north", "bea", "bea@x.example", ""))
    with engine.store.write(EVERYTHING) as session:
        for contact in session.scalars(select(Contact)):
            contact.bounced_channels = "email phone sms"
    import_contacts(("north", "ada", email, phone))
    with engine.store.read(EVERYTHING) as session:
        bounced = dict(session.execute(select(Contact.key, Contact.bounced_channels)).all())
    assert bounced == {"ada": left, "bea": "email phone sms"}


def test_asks_follow_the_person_and_of_two_live_ones_the_younger_is_cancelled(engine, import_contacts):
    import_contacts(("north", "one", "ada@x.example", ""), ("south", "other", "bea@x.example", ""))
    with engine.store.write(EVERYTHING) as session:
        for contact in session.scalars(select(Contact).order_by(Contact.key.desc())):
            make_ask(session, contact, origin="heed", status="sent", sent_at=datetime(2026, 11, 1, tzinfo=UTC))
    import_contacts(("south", "other", "ada@x.example", ""))
    with engine.store.read(EVERYTHING) as session:
        older, younger = session.scalars(select(Ask).order_by(Ask.id))
        assert {older.person_id, younger.person_id} == {older.contact.person_id}
        assert (older.status, younger.status) == ("sent", "cancelled")
        assert "one" in why_ended(younger)


def test_live_asks_may_change_places(engine, import_contacts):
    contacts = [("north", key, f"{key}@x.example", "") for key in ("a", "b", "c", "d")]
    import_contacts(*contacts, ("south", "a2", "a@x.example", ""), ("south", "b2", "b@x.example", ""))
    with engine.store.write(EVERYTHING) as session:
        for contact in session.scalars(select(Contact).where(Contact.key.in_(("a2", "b2")))):
            make_ask(session, contact, origin="heed", status="sent", sent_at=datetime(2026, 11, 1, tzinfo=UTC))
    import_contacts(("south", "a2", "b@x.example", ""), ("south", "b2", "a@x.example", ""))
    found = persons(engine)
    assert (found["a2"], found["b2"]) == (found["b"], found["a"])


def test_every_account_of_the_person_is_decided_again(engine, import_contacts):
    import_contacts(("north", "one", "ada@x.example", ""), ("south", "other", "bea@x.example", ""))
    with engine.store.write(EVERYTHING) as session:
        for account in session.scalars(select(Account)):
            account.plan_on = None
    import_contacts(("south", "other", "ada@x.example", ""))
    with engine.store.read(EVERYTHING) as session:
        assert all(session.scalars(select(Account.plan_on)))


def test_another_country_reads_numbers_anew(engine, import_contacts, tmp_path):
    import_contacts(("north", "one", "", "0151 23456789"), ("south", "other", "", MOBILE))
    import_files(engine, [write_sheet(tmp_path, "accounts", "key,country\nnorth,AT\n")])
    found = persons(engine)
    assert found["one"] != found["other"]
    import_files(engine, [write_sheet(tmp_path, "accounts", "key,country\nnorth,DE\n")])
    found = persons(engine)
    assert found["one"] == found["other"]


ADDRESS = st.sampled_from([None, "a", "b", "c"])
STEPS = st.lists(st.tuples(st.integers(0, 5), ADDRESS, ADDRESS), max_size=12)


@given(STEPS)
def test_step_by_step_gives_the_same_persons_as_all_at_once(steps):
    """What the import does with few contacts at a time, in memory: relatives of who changed, grouped anew."""
    contacts: dict[int, Known] = {}
    numbers = iter(range(1, 1000))
    for who, email, mobile in steps:
        before = contacts.get(who)
        changed = Known(who, before.person_id if before else next(numbers), email, mobile)
        contacts[who] = changed
        near = {c.person_id for c in contacts.values() if _shares(c, changed)} | {changed.person_id}
        relatives = [c for c in contacts.values() if c.person_id in near]
        groups = group_persons(relatives)
        for group, kept in zip(groups, keep_ids(groups), strict=True):
            person = next(numbers) if kept is None else kept
            contacts |= {c.contact_id: c._replace(person_id=person) for c in group}
        together = [{c.contact_id for c in group} for group in group_persons(contacts.values())]
        found = {
            c.person_id: {d.contact_id for d in contacts.values() if d.person_id == c.person_id}
            for c in contacts.values()
        }
        assert sorted(map(sorted, found.values())) == sorted(map(sorted, together))


def _shares(one, other):
    return any(key and key == theirs for key, theirs in zip(one[2:], other[2:], strict=True))
