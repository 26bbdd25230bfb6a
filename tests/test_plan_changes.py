"""Every change of the plan has a number, can be compared with any other version, and can be taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from random import Random

import pytest

from engine.data.settings import read_settings
from engine.data.store import EVERYTHING, Scope
from engine.decide.plan import resolve
from engine.decide.versions import Change, Step, compare, find_later
from engine.errors import InputError, NotFoundError, StateError
from engine.operations.plan_changes import diff_changes, list_changes, revert_change
from engine.operations.settings import list_settings, reset_settings, set_settings
from tests.books import make_book
from tests.conftest import NOW
from tests.factories import make_account, make_contact
from tests.generated_books import CHOICES
from tests.test_settings import due, stored

MOST, GAP, DAYS = "fatigue_limits.max_asks", "fatigue_limits.min_gap_days", "quiet_times.weekdays"


@pytest.fixture
def book(engine):
    """Two accounts with one contact each; their ids."""
    with engine.store.write(EVERYTHING) as session:
        north, south = make_account(session, key="north", tier="key"), make_account(session, key="south", tier="gold")
        ada, bea = make_contact(session, north, key="ada"), make_contact(session, south, key="bea")
        return {"north": north.id, "south": south.id, "ada": ada.id, "bea": bea.id}


def told(engine, account=None):
    return [change.as_dict() for change in list_changes(engine, account)]


def steps(change):
    return {step["name"]: (step["before"], step["after"]) for step in change["settings"]}


def test_what_is_set_together_is_one_change_with_author_time_reason_and_what_stood_before(engine, book):
    maria = engine.acting_as("maria@us.example", EVERYTHING)
    first = set_settings(maria, {MOST: "3"}, account="north")
    second = set_settings(maria, {MOST: "2", DAYS: "mon,tue"}, account="north", comment=" They asked for peace. ")
    newest, oldest = told(engine)
    assert (oldest["number"], newest["number"]) == (first.number, second.number)
    assert steps(oldest) == {MOST: (None, 3)}
    assert steps(newest) == {MOST: (3, 2), DAYS: (None, ["mon", "tue"])}
    about = {name: newest[name] for name in ("author", "at", "comment", "layer", "of", "reverts")}
    assert about == {
        "author": "maria@us.example",
        "at": NOW.isoformat(),
        "comment": "They asked for peace.",
        "layer": "account",
        "of": "north",
        "reverts": None,
    }


def test_what_stands_already_is_no_change(engine, book):
    set_settings(engine, {MOST: 3})
    with engine.store.write(EVERYTHING) as session:
        make_account(session, key="new", plan_on=None)
    again = set_settings(engine, {MOST: "3"})
    assert (again.number, again.steps, len(told(engine))) == (None, (), 1)
    assert "new" not in due(engine)
    assert reset_settings(engine, [GAP]).number is None


def test_a_default_that_somebody_sets_is_a_change_because_it_stays_when_what_ships_changes(engine):
    assert set_settings(engine, {MOST: 4}).steps == (Step(MOST, None, 4),)


def test_what_is_taken_back_lets_the_layer_above_count_again(engine, book):
    set_settings(engine, {MOST: 5})
    set_settings(engine, {MOST: 2, GAP: 40}, account="south")
    reset_settings(engine, [MOST], account="south", comment="agreed")
    [shown] = [one for one in list_settings(engine, "south") if one.name == MOST]
    assert (shown.value, shown.layer) == (5, "house")
    assert stored(engine) == {(MOST, "house"): 5, (GAP, "account"): 40}
    assert steps(told(engine)[0]) == {MOST: (2, None)}


def test_only_the_accounts_that_a_change_concerns_are_decided_again(engine, book):
    set_settings(engine, {MOST: 5}, contact="north/ada")
    assert due(engine) == {"north"}
    reset_settings(engine, [MOST], contact="north/ada")
    set_settings(engine, {MOST: 5}, tier="standard")
    assert due(engine) == {"north", "south"}  # a tier that nobody knows counts as standard


def test_versions_are_compared_layer_by_layer(engine, book):
    first = set_settings(engine, {MOST: 5}).number
    set_settings(engine, {MOST: 6, GAP: 20})
    set_settings(engine, {MOST: 2}, account="north")
    middle = set_settings(engine, {DAYS: "mon"}, contact="south/bea").number
    set_settings(engine, {MOST: 5})

    def differing(*versions):
        return {(one.name, one.layer, one.of): (one.before, one.after) for one in diff_changes(engine, *versions)}

    of_north, of_bea = (MOST, "account", "north"), (DAYS, "contact", "south/bea")
    assert differing(0, first) == {(MOST, "house", ""): (None, 5)}
    assert differing(first, middle) == {
        (MOST, "house", ""): (5, 6),
        (GAP, "house", ""): (None, 20),
        of_north: (None, 2),
        of_bea: (None, ["mon"]),
    }
    assert differing(first) == {(GAP, "house", ""): (None, 20), of_north: (None, 2), of_bea: (None, ["mon"])}
    assert {one.name for one in diff_changes(engine, first, account="south")} == {GAP, DAYS}


@pytest.mark.parametrize("versions", [(7,), (0, 7), (-1,)])
def test_a_version_that_never_was_cannot_be_compared(engine, versions):
    set_settings(engine, {MOST: 5})
    with pytest.raises(NotFoundError, match="There is no version"):
        diff_changes(engine, *versions)


def test_the_older_version_comes_first(engine):
    number = set_settings(engine, {MOST: 5}).number
    with pytest.raises(InputError, match="older"):
        diff_changes(engine, number, 0)


def test_an_account_is_shown_what_concerns_it(engine, book):
    for place in ({}, {"tier": "key"}, {"tier": "standard"}, {"account": "north"}, {"contact": "south/bea"}):
        set_settings(engine, {MOST: 5}, **place)

    def places(account):
        return [(one["layer"], one["of"]) for one in reversed(told(engine, account))]

    assert places("north") == [("house", ""), ("tier", "key"), ("account", "north")]
    assert places("south") == [("house", ""), ("tier", "standard"), ("contact", "south/bea")]


def test_a_team_sees_no_change_of_anothers_accounts_and_takes_none_back(engine, book):
    set_settings(engine, {MOST: 5})
    others = set_settings(engine, {MOST: 2}, account="north").number
    team = engine.acting_as("omar@us.example", Scope(frozenset({book["south"]})))
    assert [one["layer"] for one in told(team)] == ["house"]
    assert [one.layer for one in diff_changes(team, 0)] == ["house"]
    with pytest.raises(NotFoundError):
        revert_change(team, others)


def test_changes_made_at_the_same_time_know_of_each_other(engine):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda most: set_settings(engine, {MOST: most}), range(1, 13)))
    found = [step for change in reversed(told(engine)) for step in change["settings"]]
    assert [step["before"] for step in found[:1]] == [None]
    assert all(earlier["after"] == later["before"] for earlier, later in pairwise(found))
    assert {step["after"] for step in found} == set(range(1, 13))


# taking back


def test_a_change_that_is_taken_back_is_a_change_itself(engine, book):
    set_settings(engine, {MOST: 5}, account="north")
    number = set_settings(engine, {MOST: 2, GAP: 40}, account="north").number
    reverted = revert_change(engine, number, comment="too few")
    assert stored(engine) == {(MOST, "account"): 5}
    newest = told(engine)[0]
    assert (newest["number"], newest["reverts"], newest["comment"]) == (reverted.number, number, "too few")
    assert steps(newest) == {MOST: (2, 5), GAP: (40, None)}
    revert_change(engine, reverted.number)
    assert stored(engine) == {(MOST, "account"): 2, (GAP, "account"): 40}


def test_what_was_changed_again_since_is_not_taken_back_unless_forced(engine, book):
    number = set_settings(engine, {MOST: 2, GAP: 40}).number
    later = set_settings(engine, {MOST: 3}).number
    set_settings(engine, {MOST: 9}, account="north")  # another layer's
    with pytest.raises(StateError) as refused:
        revert_change(engine, number)
    assert f"{MOST} was changed again by change {later}" in str(refused.value)
    revert_change(engine, number, force=True)
    assert stored(engine) == {(MOST, "account"): 9}


def test_changes_can_be_taken_back_one_after_the_other(engine):
    numbers = [set_settings(engine, {MOST: most}).number for most in (2, 3, 4)]
    for number, left in zip(reversed(numbers), (3, 2, None), strict=True):
        revert_change(engine, number)
        assert stored(engine).get((MOST, "house")) == left
    with pytest.raises(StateError, match="Take that one back first"):
        revert_change(engine, numbers[0])  # it is taken back already


def test_taking_back_nothing_new_writes_nothing(engine):
    number = set_settings(engine, {MOST: 2}).number
    reset_settings(engine, [MOST])
    assert revert_change(engine, number, force=True).number is None


def test_an_unknown_change_is_told_the_last_one(engine):
    with pytest.raises(NotFoundError, match="none was made yet"):
        revert_change(engine, 1)
    number = set_settings(engine, {MOST: 2}).number
    with pytest.raises(NotFoundError, match=f"the last one is {number}"):
        revert_change(engine, number + 7)


def test_taking_back_is_refused_where_it_would_contradict_what_was_set_since(engine):
    number = set_settings(engine, {GAP: 10}).number
    set_settings(engine, {"fatigue_limits.window_days": 20})
    with pytest.raises(InputError, match="must not be shorter than the gap, which is 30 days"):
        revert_change(engine, number)
    assert len(told(engine)) == 2


@pytest.mark.parametrize("seed", range(6))
def test_a_change_that_is_taken_back_leaves_the_plan_as_if_it_had_never_been_made(engine, book, seed):
    """Whatever was set before, at whichever layers, and whatever else was set since."""
    random = Random(seed)
    names = random.sample([name for name in CHOICES if not name.startswith(("fatigue", "touchpoint", "promise_c"))], 6)
    places = ({}, {"tier": "key"}, {"tier": "standard"}, {"account": "north"}, {"contact": "north/ada"})

    def change(names):
        pairs = {name: random.choice(CHOICES[name]) for name in names}
        return set_settings(engine, pairs, **random.choice(places)).number

    def plan():
        rows = [
            {"account_id": book[account], "contact_id": book[contact], "tier": tier}
            for account, contact, tier in (("north", "ada", "key"), ("south", "bea", "standard"))
        ]
        with engine.store.read(EVERYTHING) as session:
            resolved = resolve(make_book(*rows), engine.plugins.catalog, read_settings(session))
        return resolved.frame.select(**{name: resolved.columns[name] for name in names}, id="contact_id")

    for _ in range(4):
        change(random.sample(names, 3))
    before = plan()
    number = change(names[:4])
    if number is not None:
        revert_change(engine, number)
    assert plan().equals(before)
    number, since = change(names[:3]), change(names[3:])
    after = plan().select(names[3:])
    if number is not None:
        revert_change(engine, number)
    assert plan().select(names[3:]).equals(after)
    assert plan().select(names[:3]).equals(before.select(names[:3]))
    assert since is None or list_changes(engine)[0].change.reverts == number


# in values


def change(number, *names, reverts=None, where=("house", "")):
    return Change(number, NOW, "ada", "", where, tuple(Step(name, 1, 2) for name in names), reverts)


@pytest.mark.parametrize(
    ("later", "found"),
    [
        ([], {}),
        ([change(2, "b")], {}),
        ([change(2, "a", where=("tier", "key"))], {}),
        ([change(2, "a"), change(3, "a", "c")], {"a": 3, "c": 3}),
        ([change(2, "a"), change(3, "a", reverts=2)], {}),
        ([change(2, "a"), change(3, "a", reverts=2), change(4, "a", reverts=3)], {"a": 2}),
        ([change(2, "a", reverts=1)], {"a": 2}),
    ],
)
def test_a_later_change_counts_unless_it_was_taken_back(later, found):
    assert {name: other.number for name, other in find_later(change(1, "a", "c"), later).items()} == found


def test_what_was_changed_and_changed_back_does_not_differ():
    there_and_back = [Step("a", None, 1), Step("a", 1, 2), Step("a", 2, None)]
    changes = [Change(n, NOW, "ada", "", ("house", ""), (step,)) for n, step in enumerate(there_and_back, 1)]
    assert compare(changes) == {}
    assert compare(changes[1:]) == {("a", ("house", "")): (1, None)}
