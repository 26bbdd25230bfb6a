"""The door for plugin authors. A strategy is one file that imports from here and from nowhere else in Heed.

A strategy answers in dates. This one, `new_contact_rest.py`, has a setting that account teams can change::

    '''Leave new contacts alone until they have settled in.'''

    from engine.api import Hold, Schema, days, hookimpl, plus_days

    class Settings(Schema):
        rest_days = days(30, "Leave a new contact alone for this many days", strategic=14)

    @hookimpl
    def hold_until(book, settings):
        return Hold(
            until=plus_days(book["created_on"], settings.rest_days),
            because="contact since {created_on}; we wait {new_contact_rest.rest_days|a day|# days}",
        )

The file's name is the strategy's name, its first docstring the manual page, its `Settings` what `heed set` offers as
`name.setting`. Hooks return Polars expressions over the Book (`engine.decide.book.COLUMNS` says what there is): row by
row, exact dtypes, null for "no objection". See docs/hooks.md for each hook.

Settings that cannot stand together are refused when they are set, at whatever layers they meet: a method of `Settings`
under `@validates_schema` looks at the values in force and raises `ValidationError("Why.", "rest_days")`.
"""

from __future__ import annotations

import polars as pl
from marshmallow import Schema, ValidationError, validates_schema

from engine.client import Client
from engine.decide.book import Book, Grid, SettingColumns
from engine.errors import HeedError, InputError, nearest
from engine.hookspecs import hookimpl
from engine.mail import open_mail
from engine.settings import count, date_ranges, days, factor, names, one_of, ranges, seconds, text
from engine.survey.elements import (
    CHOSEN,
    LINE,
    OTHER_WORDS,
    OWN_WORDS,
    RADIOS,
    RADIOS_AND_OTHER,
    Scale,
    line_texts,
    lower_half,
    words_texts,
)
from engine.survey.numbers import (
    check_span,
    read_within,
    tell_span,
)
from engine.survey.options import (
    MOST_IN_A_LINE,
    OTHER,
    Gettext,
    check_choices,
    check_named,
    check_texts,
    check_whole,
    check_word,
    choice_texts,
    listed,
    marked,
    named_texts,
    offered,
    text_for,
)
from engine.survey.reading import (
    Form,
    filled,
    read_line,
    read_many,
    read_one,
    read_words,
    refused,
)
from engine.types import (
    NEVER,
    OCCASIONS,
    TIERS,
    Analysis,
    Answer,
    Channel,
    Closed,
    Delivery,
    Draft,
    Given,
    Hold,
    Limit,
    Message,
    Question,
    QuestionType,
    Reason,
    Receipt,
    Worth,
)
from engine.ways import Chance, Possible, Preference

never = pl.lit(NEVER, dtype=pl.Date)
"""As a hold's `until`: until somebody takes it back."""


def plus_days(day: pl.Expr, number: pl.Expr | int) -> pl.Expr:
    """The day so many days later (Date); null where either is. `number`: Int32 expression or a plain integer."""
    return (day.cast(pl.Int32) + number).cast(pl.Date)


__all__ = [
    "CHOSEN",
    "LINE",
    "MOST_IN_A_LINE",
    "NEVER",
    "OCCASIONS",
    "OTHER",
    "OTHER_WORDS",
    "OWN_WORDS",
    "RADIOS",
    "RADIOS_AND_OTHER",
    "TIERS",
    "Analysis",
    "Answer",
    "Book",
    "Chance",
    "Channel",
    "Client",
    "Closed",
    "Delivery",
    "Draft",
    "Form",
    "Gettext",
    "Given",
    "Grid",
    "HeedError",
    "Hold",
    "InputError",
    "Limit",
    "Message",
    "Possible",
    "Preference",
    "Question",
    "QuestionType",
    "Reason",
    "Receipt",
    "Scale",
    "Schema",
    "SettingColumns",
    "ValidationError",
    "Worth",
    "check_choices",
    "check_named",
    "check_span",
    "check_texts",
    "check_whole",
    "check_word",
    "choice_texts",
    "count",
    "date_ranges",
    "days",
    "factor",
    "filled",
    "hookimpl",
    "line_texts",
    "listed",
    "lower_half",
    "marked",
    "named_texts",
    "names",
    "nearest",
    "never",
    "offered",
    "one_of",
    "open_mail",
    "plus_days",
    "ranges",
    "read_line",
    "read_many",
    "read_one",
    "read_within",
    "read_words",
    "refused",
    "seconds",
    "tell_span",
    "text",
    "text_for",
    "validates_schema",
    "words_texts",
]
