"""How clients answer, where nobody has answered yet: the response model of forecasts and simulations.

What it says of an ask: the chance that it is answered, and after how many days. The chance is

    (prior × answer_rate + answered) ÷ (prior + asked) × wear ^ (asks in the last 90 days)

where `answered` of `asked` is what the contact made of our earlier asks by the channels we know, those of the future
included, and no chance is above 0.95. Those who answer do so `lag_days` after the ask, if its link lives that long; the
others never do. The asks of one day are independent of each other.

A simulation draws: the n-th ask to a contact has the same luck under every setting that is compared, so that what
differs between two sides comes from the settings and not from chance. A forecast of one account takes what is most
likely: whoever answers with at least an even chance answers.

Where the defaults come from. Participation in business-to-business programmes is most often 26–30 %, 35 % on average
(Deep-Insight, “How to maximise completion rates for a CX programme”), and between 3 and 26 % where many are asked by
e-mail (CustomerGauge white paper, 2026): 0.3 is an optimist's start, so set it to what you see. Three answers in ten
come on the first day and six in ten within a week: three days is the middle. Being asked again soon costs answers
(Porter, Whitcomb and Weitzer, “Multiple surveys of students and survey fatigue”, 2004). How many, and how much weight
somebody's own history has, is a judgement of ours; a house with a year of history can set it better.

What it does not know: what is answered, and so which promises follow; who leaves, joins, opts out, pauses or changes
their wishes; bounces, declines and reminders; touchpoints that are still to happen. Promises stay as they are: one that
falls due without being done holds its contact back from then on, and one that is done keeps its reason to ask.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from marshmallow import Schema

from engine.decide.book import Book, SettingColumns
from engine.settings import days, factor

RECENT_DAYS = 90
SUREST = 0.95
EVEN = 0.5
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Responses(Schema):
    """What forecasts and simulations assume about answers; see docs/simulation.md."""

    answer_rate = factor(0.3, "The chance that somebody of whom nothing is known answers.", most=1)
    prior = factor(3.0, "That chance weighs as much as so many earlier asks to the same contact.", least=0.1)
    wear = factor(0.9, "Each ask in the last 90 days leaves so much of the chance.", most=1)
    lag_days = days(3, "Those who answer do so after so many days.", least=1, most=365)


def answer_chance(book: Book, settings: SettingColumns) -> pl.Expr:
    """For an ask sent today (Float64)."""
    asked, answered = _sum(book, "sent_by:"), _sum(book, "answered_by:")
    since = book.today.cast(pl.Int32) - RECENT_DAYS
    recent = (book["asked_on"].cast(pl.List(pl.Int32)) - since).list.eval(pl.element() > 0).list.sum()
    chance = (settings.prior * settings.answer_rate + answered) / (settings.prior + asked)
    return (chance * settings.wear ** recent.cast(pl.Float64)).clip(0, SUREST)


def _sum(book: Book, prefix: str) -> pl.Expr:
    counts = [pl.col(name) for name in book.frame.columns if name.startswith(prefix)]
    return pl.sum_horizontal(counts) if counts else pl.lit(0, dtype=pl.Int32)


def is_answered(chance: Floats, luck: Floats | None) -> Mask:
    """Whether each ask is answered. Without luck: whatever is more likely."""
    answered: Mask = chance >= (EVEN if luck is None else luck)
    return answered


def draw(streams: Counts, turns: Counts) -> Floats:
    """Luck, above 0 and at most 1, of the asks of each stream in turn: the same whatever else is drawn, and when.

    The finaliser of splitmix64 (Steele, Lea and Flood, “Fast splittable pseudorandom number generators”, 2014).
    """
    with np.errstate(over="ignore"):
        mixed = _mix(_mix(streams.astype(np.uint64)) + turns.astype(np.uint64))
    return 1 - (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def open_streams(seed: int, contact_ids: Counts) -> Counts:
    """A stream for each contact, another one for each seed."""
    with np.errstate(over="ignore"):
        return _mix(contact_ids.astype(np.uint64) + _mix(np.array([seed], dtype=np.uint64))).astype(np.int64)


def _mix(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
