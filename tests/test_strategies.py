"""What every built-in strategy keeps to: each row by itself, exact types, sentences that name only what exists."""

from __future__ import annotations

import ast
import random
import re
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest

import plugins
from engine.decide.book import ACCOUNT_TOUCHPOINT, COLUMNS, GRID_COLUMNS, LIMIT_COLUMNS, TOUCHPOINT, Book
from engine.decide.guard import SENTENCES
from engine.decide.probe import KINDS as PROBED_KINDS
from engine.decide.probe import make_up
from engine.decide.says import hear_strategies
from engine.decide.sentences import named
from engine.plugin import STRATEGY_HOOKS
from engine.registry import build_plugins
from engine.types import TIERS, Closed, Hold, Limit, Question, Reason, Worth
from engine.ways import Chance, Possible, Preference
from tests.books import TODAY, make_grid, says, settings_of, values

KINDS = ("ticket_closed", "onboarding_done")
MODULES = [import_module(f"plugins.{path.stem}") for path in sorted(Path(plugins.__path__[0]).glob("[a-z]*.py"))]
STRATEGIES = [module for module in MODULES if any(hasattr(module, hook) for hook in STRATEGY_HOOKS)]
HOOKS = [(module, hook) for module in STRATEGIES for hook in STRATEGY_HOOKS if hasattr(module, hook)]
OWN_WORDS = {Reason: {"on", "expires"}, Hold: {"since", "until"}, Closed: {"day", "why"}, Limit: {"at_most", "used"}}
DTYPES = {"on": pl.Date, "expires": pl.Date, "since": pl.Date, "until": pl.Date, "calendar": pl.String}
DTYPES |= {"alpha": pl.Float64, "beta": pl.Float64, "answered": pl.Int32, "sent": pl.Int32, "place": pl.Int32}
DTYPES |= {"factor": pl.Float64, "possible": pl.Boolean}
WORDLESS = (pl.Expr, Chance, Possible, Preference)

WORDS = {
    "role": "IT",
    "influence": "champion",
    "country": "DE",
    "region": "BY",
    "preferred_channel": "sms",
    "channel": "sms",
}
COUNTS = ("unanswered_in_a_row", "owner_open_followups", "channel_asks")

each_hook = pytest.mark.parametrize(
    ("module", "hook"), HOOKS, ids=[f"{module.__name__.partition('.')[2]}.{hook}" for module, hook in HOOKS]
)
each_strategy = pytest.mark.parametrize("module", STRATEGIES, ids=lambda module: module.__name__.partition(".")[2])


def make_rows(number, seed=0):
    """Rows about which anything may be known: every third fact is missing where it may be."""
    chance = random.Random(seed)
    ids = ({"contact_id": row, "person_id": row, "tier": chance.choice(TIERS)} for row in range(number))
    return [who | dict(_facts(chance)) for who in ids]


def _facts(chance):
    def day():
        return TODAY - timedelta(chance.randint(-60, 500))

    for prefix in (TOUCHPOINT, ACCOUNT_TOUCHPOINT):
        yield from ((prefix + kind, chance.choice([None, day()])) for kind in KINDS)
    for name, dtype, _, null in COLUMNS + GRID_COLUMNS + LIMIT_COLUMNS:
        if dtype == pl.List(pl.Date):
            yield name, sorted((day() for _ in range(chance.randint(0, 6))), reverse=name == "asked_on")
        elif name in COUNTS:
            yield name, chance.randint(0, 20)
        elif null in ("never", "never (empty)") or chance.random() < 0.33:
            continue
        elif dtype == pl.Date:
            yield name, day()
        elif dtype == pl.String:
            yield name, WORDS.get(name, "anything")
        elif dtype in (pl.Int32, pl.Int64):
            yield name, chance.randint(1, 50)
        elif dtype == pl.Float64:
            yield name, chance.random() * 3


def expressions(said):
    """Every expression of a thing said, by name."""
    if isinstance(said, pl.Expr):
        return {"worth": said}
    fields = {name: value for name, value in vars(said).items() if isinstance(value, pl.Expr)}
    return fields | dict(getattr(said, "facts", {}))


WAYS = {"plugins.phone": "phone"}
"""Channels that strategies speak of, where it is only one."""
SPEAKING = {"plugins.holdout": {"share": 0.5}}
"""Settings of strategies that are silent with their defaults."""


def said_of(module, hook, grid, **how):
    return says(module, hook, grid, **how, **SPEAKING.get(module.__name__, {}))


def evaluate(module, hook, rows, columns):
    """What a hook says of each row: a list of values per row."""
    question = Question("value", "rating", {}, roles=("IT",))
    grid = make_grid(*rows, question=question, channel=WAYS.get(module.__name__, "sms"), kinds=KINDS)
    said = [
        values(grid, it) for thing in said_of(module, hook, grid, columns=columns) for it in expressions(thing).values()
    ]
    return list(zip(*said, strict=True))


@each_hook
@pytest.mark.parametrize("columns", [False, True], ids=["literal", "column"])
def test_no_row_looks_at_another(module, hook, columns):
    rows = make_rows(16)
    together = evaluate(module, hook, rows, columns)
    assert evaluate(module, hook, rows[::-1], columns)[::-1] == together
    assert [evaluate(module, hook, [row], columns)[0] for row in rows] == together


@each_hook
def test_a_setting_means_the_same_as_a_literal_and_as_a_column(module, hook):
    rows = [row | {"tier": "standard"} for row in make_rows(16, seed=1)]
    assert evaluate(module, hook, rows, columns=True) == evaluate(module, hook, rows, columns=False)


def test_only_reasons_look_at_kinds_of_touchpoints():
    """What else they say is kept for Books of all kinds: engine.decide.before."""
    catalog = build_plugins().catalog
    plan = make_up(catalog)
    for strategy in build_plugins().strategies:
        said = []
        for kinds in ((), PROBED_KINDS):
            strategy.heard.clear()
            parts = hear_strategies(Book(plan.frame, kinds), plan, [strategy]).parts
            said.append([str(it) for part in parts if part.hook != "ask_from" for it, _ in part.wanted.values()])
        assert said[0] == said[1], strategy.name


@pytest.mark.parametrize(
    ("module", "hook"), [(module, hook) for module, hook in HOOKS if hook != "ask_from"],
    ids=lambda one: getattr(one, "__name__", one),
)  # fmt: skip
def test_no_other_hook_looks_at_kinds_of_touchpoints(module, hook):
    """Of questions, ways and hours, too, which are not heard together with the rest."""
    question = Question("value", "rating", {}, roles=("IT",))
    rows = [{name: fact for name, fact in row.items() if not name.endswith(KINDS)} for row in make_rows(8)]
    said = []
    for kinds in ((), KINDS):
        grid = make_grid(*rows, question=question, channel=WAYS.get(module.__name__, "sms"), kinds=kinds)
        things = said_of(module, hook, grid, columns=True)
        said.append([(name, str(it)) for thing in things for name, it in expressions(thing).items()])
    assert said[0] == said[1]


def test_what_is_said_once_is_said_again_until_a_setting_is_another():
    plugins_ = build_plugins()
    plan = make_up(plugins_.catalog)
    other = replace(plan, columns={**plan.columns, "fatigue_limits.max_asks": pl.lit(9, pl.Int32)})
    (fatigue,) = (each for each in plugins_.strategies if each.name == "fatigue_limits")
    book = Book(plan.frame)
    first, again, changed = (hear_strategies(book, each, [fatigue]) for each in (plan, plan, other))
    assert (fatigue.health.calls, again.parts) == (2, first.parts)
    assert "9" in "".join(str(it) for it, _ in changed.wanted.values())


@each_hook
def test_types_are_exact(module, hook):
    grid = make_grid(
        *make_rows(2), question=Question("value", "rating", {}), channel=WAYS.get(module.__name__, "sms"), kinds=KINDS
    )
    for said in said_of(module, hook, grid):
        for name, expression in expressions(said).items():
            if name in DTYPES:
                values(grid, expression, DTYPES[name])


@each_hook
def test_sentences_name_only_what_exists(module, hook):
    grid = make_grid(question=Question("value", "rating", {}), channel=WAYS.get(module.__name__, "sms"), kinds=KINDS)
    strategy = module.__name__.partition(".")[2]
    settings = {f"{strategy}.{key}" for key in declared(module)}
    for said in said_of(module, hook, grid):
        if isinstance(said, WORDLESS):
            continue
        if isinstance(said, Worth):  # told of somebody else than the row
            assert named(said.because) == []
            continue
        known = {column.name for column in COLUMNS + LIMIT_COLUMNS} | settings | set(said.facts) | OWN_WORDS[type(said)]
        for sentence in filter(None, (getattr(said, name, None) for name in SENTENCES)):
            assert set(named(sentence)) <= known


@each_hook
def test_sentences_are_plain_words(module, hook):
    grid = make_grid(question=Question("value", "rating", {}), channel=WAYS.get(module.__name__, "sms"), kinds=KINDS)
    for said in said_of(module, hook, grid):
        if not isinstance(said, WORDLESS):
            words = re.sub(r"\{[^}]*\}", "", said.because)
            assert not re.search(r"[_!]|\d{4}-|\.$", words), words
            assert not said.because[0].isupper()


def test_the_brake_never_shows_its_own_date():
    (brake,) = says(import_module("plugins.promise_brake"), "hold_until", make_grid())
    assert "{until}" not in brake.because + brake.not_before


def declared(module):
    return module.Settings._declared_fields if hasattr(module, "Settings") else {}


@each_strategy
def test_every_setting_has_a_sentence_and_a_place_in_the_manual(module):
    assert module.__doc__.partition("\n\n")[0].endswith(".")
    assert "Example:" in module.__doc__
    for name, field in declared(module).items():
        assert f"`{name}`" in module.__doc__
        assert field.metadata["help"].endswith(".")


@each_strategy
def test_no_setting_is_null(module):
    grid = make_grid(*({"tier": tier} for tier in TIERS))
    for name in declared(module):
        for columns in (False, True):
            assert None not in values(grid, getattr(settings_of(module, columns=columns), name))


@each_strategy
def test_a_strategy_knows_of_heed_only_its_door(module):
    tree = ast.parse(Path(module.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name.partition(".")[0] in ("engine", "plugins", "admin")} == {"engine.api"}


def test_tiers_have_their_own_pace_places_and_worth():
    grid = make_grid(*({"tier": tier} for tier in TIERS))
    shipped = {
        ("relationship_tier", "every_days"): [90, 120, 180, 365],
        ("relationship_tier", "worth"): [2.0, 1.5, 1.0, 0.5],
        ("account_share", "people"): [3, 2, 2, 1],
        ("form_budget", "seconds"): [180, 120, 120, 90],
    }
    for (strategy, setting), expected in shipped.items():
        columns = settings_of(import_module(f"plugins.{strategy}"), columns=True)
        assert values(grid, getattr(columns, setting)) == expected
