"""The independent reading of the strategies: checked by hand here, then held against the engine on generated books."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tests import oracle
from tests.oracle import NEVER, Account, Ask, Book, Contact, Decision, Promise, Setting, Touchpoint

MONDAY = date(2026, 11, 23)
LONG_AGO = date(2020, 1, 1)


def days(number: int) -> date:
    """So many days from Monday 23 November 2026."""
    return MONDAY + timedelta(days=number)


def noon(number: int) -> datetime:
    return datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(days=number)


def ask(
    sent: int | datetime = 0, occasion: str = "relationship", status: str = "expired", *, of: str = "A/a", **more
) -> Ask:
    return Ask(*of.split("/"), occasion, sent if isinstance(sent, datetime) else noon(sent), status, **more)


def promise(status: str, *, to: str = "A/a", title: str = "Reports", **more) -> Promise:
    return Promise(*to.split("/"), title, "maria@house.example", more.pop("made_on", LONG_AGO), status=status, **more)


def touchpoint(kind: str, happened: int | datetime, *, of: str = "A/a") -> Touchpoint:
    return Touchpoint(*of.split("/"), kind, happened if isinstance(happened, datetime) else noon(happened))


def decide_all(*rows, settings: dict | tuple = (), on: date = MONDAY) -> dict[str, Decision]:
    """Decide on a book of these rows. Without accounts or contacts there is one, A/a, long known."""
    tables: dict[type, list] = {Account: [], Contact: [], Ask: [], Touchpoint: [], Promise: []}
    for row in rows:
        tables[type(row)].append(row)
    tables[Account] = tables[Account] or [Account("A")]
    tables[Contact] = tables[Contact] or [Contact("A", "a", created_on=LONG_AGO)]
    book = Book(*map(tuple, tables.values()), imported_at=noon(0))
    if isinstance(settings, dict):
        settings = tuple(Setting(name, value) for name, value in settings.items())
    return {"/".join(key): decision for key, decision in oracle.decide(book, settings, on).items()}


def decide(*rows, settings: dict | tuple = (), on: date = MONDAY) -> Decision:
    return decide_all(*rows, settings=settings, on=on)["A/a"]


EVERY_DAY = {"quiet_times.weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
ANYWAY = {**EVERY_DAY, "fatigue_limits.mode": "off", "unanswered_rest.mode": "off", "live_ask.mode": "off"}


# Relationship


def test_a_contact_long_known_and_never_asked_is_asked_today():
    assert (decide().decision, decide().occasion) == ("ask", "relationship")


def test_a_new_contact_rests_thirty_days():
    assert decide(Contact("A", "a", created_on=days(-29))).next_ask_on == days(1)
    assert decide(Contact("A", "a", created_on=days(-30))).next_ask_on == days(0)


def test_a_contact_of_unknown_age_counts_from_the_day_of_import():
    assert decide(Contact("A", "a"), settings=EVERY_DAY).next_ask_on == days(30)


def test_tiers_space_relationship_asks_and_an_unknown_tier_is_standard():
    for tier, gap in {"strategic": 90, "key": 120, "standard": 180, "light": 365, "gold": 180, "": 180}.items():
        assert decide(Account("A", tier=tier), ask(-31), settings=ANYWAY).next_ask_on == days(gap - 31)


def test_another_occasions_ask_leaves_a_new_contacts_settling_time_as_it_is():
    asked = ask(-10, "touchpoint", "answered", answered_at=noon(-10))
    found = decide(Contact("A", "a", created_on=days(-5)), asked, settings=ANYWAY)
    assert ("relationship_tier", "relationship", days(25)) in found.reasons


def test_a_setting_at_the_house_replaces_every_tiers_default_and_nearer_layers_win():
    layers = [
        Setting("relationship_tier.every_days", 50),
        Setting("relationship_tier.every_days", 60, "tier", "light"),
        Setting("relationship_tier.every_days", 70, "account", "A"),
        Setting("relationship_tier.every_days", 80, "contact", ("A", "a")),
    ]
    modes = [Setting(name, value) for name, value in ANYWAY.items()]
    for many, expected in zip(range(1, 5), (50, 60, 70, 80), strict=True):
        found = decide(Account("A", tier="light"), ask(-40), settings=(*modes, *layers[:many]))
        assert found.next_ask_on == days(expected - 40)


# Touchpoints


def test_a_touchpoint_is_followed_up_after_two_days_until_the_fourteenth():
    fresh = Contact("A", "a", created_on=MONDAY)
    assert decide(fresh, touchpoint("ticket_closed", -2)).occasion == "touchpoint"
    assert decide(fresh, touchpoint("ticket_closed", -14)).next_ask_on == MONDAY
    assert decide(fresh, touchpoint("ticket_closed", -15)).occasion == "relationship"
    assert decide(fresh, touchpoint("meeting_held", -2)).occasion == "relationship"


def test_a_touchpoint_that_cannot_be_followed_up_before_it_expires_is_no_reason():
    found = decide(
        Contact("A", "a", paused_until=days(12)),
        touchpoint("ticket_closed", -3),
        settings={"relationship_tier.mode": "off"},
    )
    assert (found.decision, found.next_ask_on, found.reasons) == ("no_reason", None, frozenset())


def test_a_touchpoint_ask_at_the_very_instant_follows_a_touchpoint_up_and_an_earlier_one_does_not():
    for gap, followed in ((0, True), (1, True), (-1, False)):
        asked = ask(noon(-2) + timedelta(seconds=gap), "touchpoint")
        found = decide(touchpoint("ticket_closed", -2), asked, settings=ANYWAY)
        assert (
            ("touchpoint_followup", "touchpoint", MONDAY) not in found.reasons
            if followed
            else found.occasion == "touchpoint"
        )


def test_a_touchpoint_of_the_account_concerns_the_named_roles_only():
    buyer, user = (Contact("A", key, role=role, created_on=MONDAY) for key, role in (("a", "buyer"), ("b", "user")))
    found = decide_all(
        buyer, user, touchpoint("ticket_closed", -2, of="A/"), settings={"touchpoint_followup.roles": ["user"]}
    )
    assert (found["A/a"].occasion, found["A/b"].occasion) == ("relationship", "touchpoint")


# Renewal


def test_a_renewal_is_a_reason_from_120_days_before_until_asked():
    account = Account("A", renewal_on=days(120))
    quiet = {**ANYWAY, "relationship_tier.mode": "off"}
    assert decide(account, settings=quiet).decision == "ask"
    assert decide(account, settings=quiet, on=days(-1)).next_ask_on == MONDAY
    assert decide(account, ask(0, "renewal"), settings=quiet, on=days(1)).decision == "no_reason"
    assert decide(account, ask(-1, "renewal"), settings=quiet).decision == "ask"


def test_the_fortnight_before_a_renewal_and_its_day_are_quiet():
    account = Account("A", renewal_on=days(14))
    assert decide(account, settings=EVERY_DAY).next_ask_on == days(15)
    assert decide(account, settings=EVERY_DAY, on=days(-1)).decision == "ask"
    assert decide(account, settings=EVERY_DAY, on=days(15)).decision == "ask"


# Promises


def test_a_done_promise_is_a_reason_after_a_fortnight_even_within_the_gap_between_asks():
    found = decide(promise("done", done_on=days(-14)), ask(-20, status="answered", answered_at=noon(-19)))
    assert (found.decision, found.occasion) == ("ask", "promise")


def test_a_promise_with_a_verdict_or_asked_about_since_or_long_done_is_no_reason():
    kept = promise("done", done_on=days(-14), verdict="kept")
    asked = (promise("done", done_on=days(-14)), ask(-13, "promise"))
    asked_that_day = (promise("done", done_on=days(-14)), ask(-14, "promise"))
    old = promise("done", done_on=days(-91))
    for rows, expected in (((kept,), False), (asked, False), (asked_that_day, True), ((old,), False)):
        found = decide(*rows, settings=ANYWAY)
        assert any(occasion == "promise" for _, occasion, _ in found.reasons) == expected


def test_of_two_done_promises_the_earliest_still_alive_counts():
    old, middle, new = (promise("done", done_on=days(-n), title=str(n)) for n in (95, 80, 3))
    assert ("promise_check", "promise", days(-66)) in decide(old, middle, new).reasons


def test_an_overdue_promise_is_a_brake_that_is_renewed_daily():
    overdue = promise("agreed", due_on=days(-1))
    found = decide(overdue)
    assert (found.decision, found.next_ask_on, found.holds) == ("hold", days(1), {("promise_brake", days(1))})
    assert decide(promise("agreed", due_on=days(0))).decision == "ask"
    assert decide(overdue, settings={"promise_brake.grace_days": 1}).decision == "ask"


def test_an_overdue_promise_does_not_stop_asking_about_a_promise():
    found = decide(promise("agreed", due_on=days(-1)), promise("done", done_on=days(-20), title="Calls"))
    assert (found.decision, found.occasion) == ("ask", "promise")


def test_a_promise_to_a_colleague_brakes_only_with_scope_account():
    people = [Contact("A", key, created_on=LONG_AGO) for key in "ab"]
    overdue = promise("agreed", due_on=days(-5), to="A/b")
    assert decide(*people, overdue).decision == "ask"
    assert decide(*people, overdue, settings={"promise_brake.scope": "account"}).decision == "hold"


def test_a_promise_done_later_than_the_day_still_stands_agreed():
    kept_late = promise("done", due_on=days(-3), done_on=days(2), verdict="kept")
    assert ("promise_brake", days(1)) in decide(kept_late).holds
    assert not decide(kept_late, on=days(2)).holds


# Fatigue


def test_thirty_days_lie_between_two_asks_of_any_occasion():
    renewal = Account("A", renewal_on=days(100))
    asked = ask(-29, "touchpoint", "answered", answered_at=noon(-29))
    assert decide(renewal, asked).next_ask_on == days(1)
    assert decide(renewal, asked, on=days(1)).decision == "ask"


def test_four_asks_in_a_year_are_the_most():
    asks = [ask(-n, "touchpoint", "answered", answered_at=noon(-n)) for n in (300, 200, 100, 50)]
    assert decide(*asks, settings=EVERY_DAY).next_ask_on == days(65)
    assert decide(*asks[1:], settings=EVERY_DAY).decision == "ask"
    assert decide(*asks, settings={**EVERY_DAY, "fatigue_limits.max_asks": 1}).next_ask_on == days(315)


def test_nobody_is_asked_twice_on_one_day_whatever_the_settings():
    asked = ask(0, "touchpoint", "answered", answered_at=noon(0))
    found = decide(asked, settings={**EVERY_DAY, "fatigue_limits.min_gap_days": 0})
    assert (found.next_ask_on, found.holds) == (days(1), {("fatigue_limits", days(1))})


def test_a_bounced_ask_was_never_asked():
    assert decide(ask(-1, status="bounced")).decision == "ask"


def test_an_ask_after_the_day_is_not_seen_yet():
    assert decide(ask(1)).decision == "ask"


def test_fatigue_follows_the_person_to_another_account():
    accounts = Account("A"), Account("B")
    people = [
        Contact(key, "a", email=mail, created_on=LONG_AGO)
        for key, mail in (("A", "a@x.example"), ("B", " A@X.example "))
    ]
    asked = ask(-10, status="answered", answered_at=noon(-10), of="B/a")
    assert decide(*accounts, *people, asked, settings=EVERY_DAY).next_ask_on == days(20)


def test_a_shared_mobile_links_only_who_has_no_address_and_a_landline_nobody():
    def linked(first: Contact, second: Contact) -> bool:
        return len(set(oracle.persons(Book((Account("A"),), (first, second))).values())) == 1

    mobile, landline, unsure = "+49 151 23456789", "+49 30 901820", "+1 650 253 0000"
    for phone, mail, expected in (
        (mobile, "", True),
        (mobile, "b@x.example", False),
        (landline, "", False),
        (unsure, "", False),
    ):
        assert linked(Contact("A", "a", "a@x.example", phone), Contact("A", "b", mail, phone)) == expected
    assert not linked(Contact("A", "a"), Contact("A", "b"))


def test_persons_are_linked_through_a_third_contact():
    phone = "+49 151 23456789"
    people = (
        Contact("A", "a", "a@x.example", phone),
        Contact("A", "b", "", phone),
        Contact("A", "c", "c@x.example", phone),
    )
    assert len(set(oracle.persons(Book((Account("A"),), people)).values())) == 1


# Rests


def test_two_unanswered_asks_earn_a_rest_of_120_days_from_the_latest():
    asks = [ask(-n, "touchpoint") for n in (100, 40)]
    assert decide(*asks, settings=EVERY_DAY).next_ask_on == days(80)


def test_an_answer_to_one_of_the_latest_two_ends_the_rest():
    answered = ask(-100, "touchpoint", "answered", answered_at=noon(-99))
    assert decide(answered, ask(-40, "touchpoint")).decision == "ask"
    assert decide(answered, ask(-40, "touchpoint"), ask(-41, "touchpoint")).decision == "hold"


def test_an_ask_sent_less_than_a_fortnight_ago_may_still_be_answered():
    fresh = [ask(-n, "touchpoint") for n in (100, 13)]
    assert not any(strategy == "unanswered_rest" for strategy, _ in decide(*fresh).holds)
    assert any(strategy == "unanswered_rest" for strategy, _ in decide(*fresh, on=days(1)).holds)


def test_an_open_ask_holds_while_its_link_is_valid():
    found = decide(ask(-10, "promise", "opened"), settings={**EVERY_DAY, "fatigue_limits.min_gap_days": 0})
    assert (found.next_ask_on, found.holds) == (days(20), {("live_ask", days(20))})


def test_an_answer_after_the_day_leaves_the_ask_open():
    late = ask(-10, "promise", "answered", answered_at=noon(1))
    assert ("live_ask", days(20)) in decide(late).holds
    assert not any(strategy == "live_ask" for strategy, _ in decide(late, on=days(1)).holds)


def test_feedback_given_unasked_earns_two_quiet_days():
    assert decide(touchpoint("feedback", -1)).next_ask_on == days(1)
    assert decide(touchpoint("feedback", -1, of="A/")).decision == "ask"


# The contact's own word


def test_an_opt_out_holds_for_ever_from_its_day_on():
    gone = Contact("A", "a", created_on=LONG_AGO, opted_out_on=days(0))
    found = decide(gone)
    assert (found.decision, found.occasion, found.next_ask_on) == ("hold", None, None)
    assert found.holds == {("consent", NEVER)}
    assert decide(gone, on=days(-3)).decision == "ask"


def test_an_opt_out_at_one_account_counts_at_the_other():
    people = [Contact(key, "a", email="a@x.example", created_on=LONG_AGO) for key in "AB"]
    gone = Contact("B", "a", email="a@x.example", opted_out_on=days(-5))
    assert decide(Account("A"), Account("B"), people[0], gone).decision == "hold"


def test_a_pause_ends_on_its_day():
    assert decide(Contact("A", "a", created_on=LONG_AGO, paused_until=days(3))).next_ask_on == days(3)


def test_no_layer_switches_consent_or_wishes_off():
    settings = {"consent.mode": "off", "wishes.mode": "off", "fatigue_limits.mode": "off"}
    assert decide(Contact("A", "a", created_on=LONG_AGO, paused_until=days(3)), settings=settings).decision == "hold"
    wary = Contact("A", "a", created_on=LONG_AGO, wish_min_interval=60)
    asked = ask(-40, "touchpoint", "answered", answered_at=noon(-40))
    assert decide(wary, asked, settings={**EVERY_DAY, **settings}).next_ask_on == days(20)


def test_an_occasion_switched_off_by_the_person_is_never_a_reason():
    found = decide(Contact("A", "a", created_on=LONG_AGO, wish_occasions_off=("relationship",)))
    assert (found.decision, found.reasons) == ("no_reason", frozenset())


def test_a_wish_for_more_shortens_both_the_rhythm_and_the_gap():
    eager = Contact("A", "a", created_on=LONG_AGO, wish_every_days=7)
    asked = ask(-5, "relationship", "answered", answered_at=noon(-5))
    assert decide(eager, asked, settings=EVERY_DAY).next_ask_on == days(2)


# Days


def test_nobody_is_asked_at_a_weekend():
    found = decide(on=days(5))
    assert (found.next_ask_on, found.holds) == (days(7), {("quiet_times", days(7))})


def test_holidays_are_those_of_the_accounts_country_and_region():
    three_kings = date(2027, 1, 6)
    assert decide(Account("A", country="DE", region="BY"), on=three_kings).next_ask_on == date(2027, 1, 7)
    assert decide(Account("A", country="DE"), on=three_kings).decision == "ask"
    assert decide(Account("A", country="XX"), on=date(2026, 12, 25)).decision == "ask"


def test_an_observed_holiday_is_a_holiday():
    assert decide(Account("A", country="US"), on=date(2027, 7, 5)).next_ask_on == date(2027, 7, 6)


def test_both_ends_of_a_blackout_are_shut():
    settings = {"quiet_times.blackouts": f"{days(0)}..{days(1)}"}
    assert decide(settings=settings).next_ask_on == days(2)


def test_a_day_is_the_contacts_own_day():
    asked = ask(datetime(2026, 10, 24, 11, tzinfo=UTC), "touchpoint", "answered", answered_at=noon(-28))
    for zone, expected in (("Pacific/Kiritimati", days(1)), ("America/Los_Angeles", days(0)), ("", days(0))):
        assert decide(Contact("A", "a", timezone=zone, created_on=LONG_AGO), asked).next_ask_on == expected


def test_shadow_is_shown_and_never_binds_and_off_is_not_even_shown():
    paused = promise("agreed", due_on=days(-1))
    shadow = decide(paused, settings={"promise_brake.mode": "shadow"})
    assert (shadow.decision, shadow.holds) == ("ask", {("promise_brake", days(1))})
    assert not decide(paused, settings={"promise_brake.mode": "off"}).holds


def test_on_one_day_the_promise_comes_before_the_touchpoint_the_renewal_and_the_relationship():
    rows = [promise("done", done_on=days(-14)), touchpoint("ticket_closed", -2), Account("A", renewal_on=days(60))]
    found = [decide(*rows[n:]).occasion for n in range(3)]
    assert found == ["promise", "touchpoint", "renewal"]


# Limits


def test_one_of_an_account_a_month_where_the_tier_is_light_the_weightier_first():
    people = [Contact("A", "a", created_on=LONG_AGO), Contact("A", "b", influence="champion", created_on=LONG_AGO)]
    found = decide_all(Account("A", tier="light"), *people)
    assert (found["A/a"].decision, found["A/b"].decision) == ("limited", "ask")
    assert found["A/a"].next_ask_on == MONDAY


def test_ties_go_to_the_older_reason_then_to_the_key():
    account = Account("A", tier="light")
    older = [Contact("A", "a", created_on=days(-40)), Contact("A", "b", created_on=days(-50))]
    equal = [Contact("A", "b", created_on=days(-40)), Contact("A", "a", created_on=days(-40))]
    assert decide_all(account, *older)["A/b"].decision == "ask"
    assert decide_all(account, *equal)["A/a"].decision == "ask"


def test_who_holds_a_place_at_the_account_is_asked_again_without_taking_another():
    account = Account("A", tier="light", renewal_on=days(100))
    people = [Contact("A", key, created_on=LONG_AGO) for key in "ab"]
    asked = ask(-20, "relationship", "answered", answered_at=noon(-20))
    found = decide_all(account, *people, asked, settings={"fatigue_limits.mode": "off"})
    assert (found["A/a"].decision, found["A/b"].decision) == ("ask", "limited")
    assert decide_all(account, *people, asked, on=days(10))["A/b"].decision == "ask"


def test_one_person_at_two_accounts_is_asked_once():
    people = [Contact(key, "a", email="a@x.example", created_on=LONG_AGO) for key in "AB"]
    found = decide_all(Account("A"), Account("B", tier="strategic"), *people)
    assert (found["A/a"].decision, found["B/a"].decision) == ("limited", "ask")


def test_an_owner_is_never_given_more_than_they_can_follow_up():
    accounts = [Account(key, owner_email="Maria@House.example") for key in "AB"]
    people = [Contact(key, "a", created_on=LONG_AGO) for key in "AB"]
    found = decide_all(*accounts, *people, promise("drafted", to="A/a"), settings={"owner_capacity.open_followups": 2})
    assert [found[key].decision for key in ("A/a", "B/a")] == ["ask", "limited"]


def test_so_many_a_day_by_a_channel_wherever_they_are():
    people = [Contact(key, "a", email=f"{key}@x.example", created_on=LONG_AGO) for key in "ABC"]
    by_phone = Contact("A", "b", phone="+49 30 901820", channels="phone", created_on=LONG_AGO)
    accounts = [Account(key, tier=tier) for key, tier in zip("ABC", ("light", "strategic", "key"), strict=True)]
    found = decide_all(*accounts, *people, by_phone, settings={"channel_capacity.email": 2, "account_share.people": 9})
    assert [found[key].decision for key in ("A/a", "A/b", "B/a", "C/a")] == ["limited", "ask", "ask", "ask"]
