"""Who took the places of a limit: by name at the same company, by number elsewhere, in explanations and in records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.data.models import DecisionRecord
from engine.data.store import EVERYTHING
from engine.decide.page import explanation_as_text
from engine.decide.sentences import Teller
from engine.decide.takers import tell_takers
from engine.house import Engine
from engine.operations.decisions import explain_all, explain_contact
from engine.operations.planning import plan_asks
from engine.operations.readers import find_language
from engine.operations.settings import set_settings
from tests.conftest import NOW
from tests.factories import make_account, make_ask, make_contact, make_promise


def northwind(engine: Engine, **people: dict[str, Any]) -> None:
    """Two places, and people with what is known of them. Those with `asked` were asked so many days ago."""
    with engine.store.write(EVERYTHING) as session:
        account = make_account(
            session, key="northwind", name="Northwind", owner_email="maria@house.example", plan_on=NOW.date()
        )
        for key, known in people.items():
            asked = known.pop("asked", None)
            contact = make_contact(session, account, key=key, name=known.pop("name", f"{key.title()} Bloom"), **known)
            if asked is not None:
                at = NOW - timedelta(days=asked)
                make_ask(session, contact, sent_at=at, answered_at=at + timedelta(hours=2))


def share(engine: Engine, key: str, language: str = "en") -> dict[str, Any]:
    told = explain_contact(engine, f"northwind/{key}", language=find_language(engine, language))
    return next(limit for limit in told.limits or () if limit["strategy"] == "account_share")


def sentences(limit: dict[str, Any]) -> list[str]:
    return [taken["because"] for taken in limit["taken_by"]]


def test_those_who_were_asked_are_named_with_the_day(engine: Engine) -> None:
    northwind(engine, ada={"asked": 21}, ben={"asked": 21}, nadia={})
    limit = share(engine, "nadia")
    assert limit["binding"]
    assert sentences(limit) == ["Ada Bloom and Ben Bloom were asked on Tue 3 Nov"]
    assert limit["taken_by"][0]["contacts"] == [
        {"key": "ada", "name": "Ada Bloom"},
        {"key": "ben", "name": "Ben Bloom"},
    ]


def test_those_who_come_first_today_are_named_with_what_is_in_their_favour(engine: Engine) -> None:
    northwind(engine, ada={"influence": "champion"}, ben={"role": "finance"}, cleo={})
    assert sentences(share(engine, "cleo")) == [
        "Ben Bloom comes first today: we have heard less from their side",
        "Ada Bloom comes first today: their word decides more",
    ]
    assert sentences(share(engine, "ada")) == []  # who is asked needs to know of nobody else


def test_a_tie_goes_to_the_older_reason_and_then_to_the_key(engine: Engine) -> None:
    day = NOW.date() - timedelta(days=400)
    northwind(engine, ada={"created_on": day}, ben={"created_on": day - timedelta(1)}, cleo={"created_on": day})
    assert sentences(share(engine, "cleo")) == [
        "Ben Bloom comes first today: there has been a reason for longer",
        "Ada Bloom comes first today: all else is equal, and their key is earlier",
    ]


def test_an_ask_that_waits_is_no_ask_that_was_made(engine: Engine) -> None:
    northwind(engine, ada={"influence": "champion"}, ben={"influence": "champion"}, cleo={})
    plan_asks(engine)
    (said,) = sentences(share(engine, "cleo"))
    assert said == "asks to Ada Bloom and Ben Bloom have waited to be sent since Tue 24 Nov"


def test_the_places_of_a_day_have_takers_too(engine: Engine) -> None:
    northwind(engine, ada={"influence": "champion"}, ben={})
    set_settings(engine, {"channel_capacity.email": 1})
    told = explain_contact(engine, "northwind/ben")
    (day,) = [limit for limit in told.limits or () if limit["strategy"] == "channel_capacity"]
    assert day["binding"]
    assert sentences(day) == ["Ada Bloom comes first today: their word decides more"]


def test_whoever_has_no_limit_of_their_own_takes_a_place_all_the_same(engine: Engine) -> None:
    """One e-mail a day is set for Cleo only. It counts all e-mails of the day, those that are chosen now and those that
    went out before."""
    northwind(engine, ada={"influence": "champion"}, cleo={})
    set_settings(engine, {"channel_capacity.email": 1}, contact="northwind/cleo")
    told = explain_contact(engine, "northwind/cleo")
    limit = next(limit for limit in told.limits or () if limit["strategy"] == "channel_capacity")
    assert told.decision == "limited"
    assert sentences(limit) == ["Ada Bloom comes first today: their word decides more"]
    assert explain_contact(engine, "northwind/ada").decision == "ask"


def test_an_ask_that_waits_to_somebody_without_a_limit_is_no_ask_of_today(engine: Engine) -> None:
    northwind(engine, ada={"influence": "champion"}, cleo={})
    set_settings(engine, {"channel_capacity.email": 1}, contact="northwind/cleo")
    plan_asks(engine)
    told = explain_contact(engine, "northwind/cleo")
    limit = next(limit for limit in told.limits or () if limit["strategy"] == "channel_capacity")
    assert sentences(limit) == ["an ask to Ada Bloom has waited to be sent since Tue 24 Nov"]


def test_of_another_company_it_is_told_how_many_and_not_who(engine: Engine) -> None:
    northwind(engine, ada={})
    with engine.store.write(EVERYTHING) as session:
        other = make_account(session, key="initech", tier="strategic", owner_email="maria@house.example")
        make_contact(session, other, key="peter", name="Peter Secret")
        make_promise(session, other, owner_email="maria@house.example")
    set_settings(engine, {"owner_capacity.open_followups": 2})
    told = {each.contact["key"]: each for each in explain_all(engine)}
    (owner,) = [limit for limit in told["ada"].limits or () if limit["strategy"] == "owner_capacity"]
    assert (owner["used"], owner["binding"]) == (2, True)
    assert owner["taken_by"] == [{"contacts": [], "on": None, "because": "one other ask comes first today"}]
    assert "Secret" not in explanation_as_text(told["ada"])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "de",
            [
                "Ada Bloom wurde am Di., 3. Nov. gefragt",
                "Ben Bloom kommt heute zuerst: dieses Wort entscheidet mehr",
            ],
        ),
        (
            "fr",
            [
                "Ada Bloom a reçu nos questions le mar. 3 nov.",
                "Ben Bloom passe d’abord aujourd’hui : cet avis pèse davantage dans la décision",
            ],
        ),
    ],
)
def test_it_is_told_in_the_readers_language(engine: Engine, language: str, said: list[str]) -> None:
    northwind(engine, ada={"asked": 21}, ben={"influence": "champion"}, nadia={})
    assert sentences(share(engine, "nadia", language)) == said


def test_a_record_keeps_who_took_the_places_without_their_names(engine: Engine) -> None:
    northwind(engine, ada={"asked": 21}, ben={"influence": "champion"}, nadia={})
    before = sentences(share(engine, "nadia"))
    for mode in ("off", "on"):  # a place that is wanted since today is a change
        set_settings(engine, {"relationship_tier.mode": mode})
        plan_asks(engine)
    with engine.store.read(EVERYTHING) as session:
        records = session.scalars(select(DecisionRecord)).all()
        assert "Bloom" not in " ".join(str(record.says) for record in records)
    stored = explain_contact(engine, "northwind/nadia").stored
    assert stored is not None
    (limit,) = [limit for limit in stored.limits or () if limit["strategy"] == "account_share"]
    assert sentences(limit) == before


def test_somebody_of_whom_nothing_is_known_any_more_is_somebody() -> None:
    gone = {"contact_id": 1, "since": NOW.date(), "waits": False, "today": False, "by": None, "older": None}
    (told,) = tell_takers([gone], None, (), Teller(NOW.date()))
    assert (told["because"], told["contacts"]) == (
        "somebody was asked on Tue 24 Nov",
        [{"key": None, "name": None}],
    )
