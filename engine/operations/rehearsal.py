"""A rehearsal: every plugin is tried out on sixteen made-up contacts, so that its mistakes show before it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta

import polars as pl

from engine.decide.book import Book, Grid
from engine.decide.channels import choose_channels, send_minutes
from engine.decide.opinions import ask_all, hooked, only
from engine.decide.outline import values_of
from engine.decide.planner import decide
from engine.decide.probe import KINDS, ROWS, TODAY, make_up
from engine.decide.says import Say
from engine.errors import PluginError
from engine.house import Engine
from engine.registry import Plugins
from engine.survey.reader import Finding
from engine.types import Closed, Question, Survey

LONG = 5.0
"""Seconds that sixteen contacts must not take: a house has many thousand."""
TOO_SLOW = (
    f"{ROWS} contacts took it {{seconds:.0f}} s, and thousands are decided for at once. Let it return expressions that "
    "Polars works out, and look things up before, not while a decision is made."
)


def rehearse(engine: Engine, surveys: Iterable[Survey]) -> Iterator[Finding]:
    """Every mistake that a plugin makes, once: whose it is, in which hook, what is wrong and what follows from it."""
    plugins = engine.plugins
    asked = [question for survey in surveys for question in survey.questions]
    questions = [question for question in asked if question.type in plugins.question_types]
    with plugins.watched() as watch:
        _decide(plugins, questions)
        _read_nothing(plugins, questions)
    for error, name in watch.errors.items():
        yield Finding(f"plugin {name}", error)
    for name, health in watch.health.items():
        if health["seconds"] > LONG:
            yield Finding(f"plugin {name}", TOO_SLOW.format(seconds=health["seconds"]))


def _decide(plugins: Plugins, questions: Iterable[Question]) -> None:
    plan, strategies = make_up(plugins.catalog), plugins.strategies
    decisions = decide(Book(plan.frame, KINDS), plan, strategies)
    values_of(decisions)
    for say in decisions.said.of(Closed):
        for calendar in decisions.said.frame[say["calendar"]].drop_nulls().unique():
            _shut(say, calendar)
    choose_channels(plan, KINDS, strategies, plugins.channels)
    send_minutes(plan, KINDS, strategies)
    grids = [Grid(plan.frame, KINDS, question=question) for question in questions]
    ask_all(hooked(strategies, "question_worth"), "question_worth", plan, grids, only(pl.Float64()))


def _shut(say: Say, calendar: str) -> None:
    assert isinstance(say.what, Closed)
    with suppress(PluginError):  # which the plugin has noted
        say.what.shut(calendar, TODAY, TODAY + timedelta(365))


def _read_nothing(plugins: Plugins, questions: Iterable[Question]) -> None:
    """What question types do with the questions of the house, where nobody answers."""
    for question in questions:
        kind = plugins.question_types[question.type]
        kind.low_up_to(question)
        kind.as_text("?", kind.texts(question, "en", str))
        kind.read(question, {}, question.name)
