"""Never ask a small share of people, drawn by lot, so that the effect of asking can be measured.

What it looks at: nothing that anybody knows of a person. A lot is drawn once for each, and stays theirs.

Settings: `share` of all people who are not asked, at most half of them and none unless it is set; `seed`, the number
of the draw. Both are meant for the whole house: drawn otherwise for some, groups cannot be compared.

Edges: a larger share adds people and lets nobody go, a smaller one the other way round; another seed draws anew. The
lot is the person's, so it holds at every account where they are a contact. It holds for every occasion, also to ask
whether a promise was kept. What people tell us on their own, and what we promised them, goes on as ever.

Example: with a share of 0.05, five in a hundred are not asked. A year later, compare how many of them renewed.
"""

from __future__ import annotations

import polars as pl

from engine.api import Book, Hold, Schema, SettingColumns, count, factor, hookimpl, never

GAMMA, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


class Settings(Schema):
    share = factor(0.0, "Never ask this share of all people, drawn by lot: 0.05 is five in a hundred.", most=0.5)
    seed = count(1, "Draw the lots anew with another number.")


@hookimpl
def hold_until(book: Book, settings: SettingColumns) -> Hold:
    drawn = pl.lit(None, dtype=pl.Date)
    if not _is_nobody(settings.share):
        drawn = pl.when(draw_lot(book["person_id"], settings.seed) < settings.share).then(never)
    return Hold(
        until=drawn,
        because="{in_100|the one person|one of the # people} in 100 whom we leave alone to see what asking changes, "
        "drawn by lot (draw {holdout.seed})",
        unless="if the lot had fallen otherwise",
        facts={"in_100": (100 * settings.share).round(2)},
    )


def _is_nobody(share: pl.Expr) -> bool:
    """Whether the share is 0 for everyone: then no lots are drawn, and it costs nothing."""
    return not share.meta.root_names() and pl.select(share).item() == 0


def draw_lot(person: pl.Expr, seed: pl.Expr) -> pl.Expr:
    """A number from 0 up to, not including, 1: the person's place in the SplitMix64 sequence that starts at the seed.

    Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014; the constants are those of
    Vigna's splitmix64.c. Arithmetic in UInt64 wraps around. Polars' own hash may change from version to version.
    """
    mixed = seed.cast(pl.UInt64) + person.cast(pl.UInt64) * _whole(GAMMA)
    for bits, times in ((30, FIRST), (27, SECOND)):
        mixed = (mixed ^ (mixed // _whole(1 << bits))) * _whole(times)
    mixed = mixed ^ (mixed // _whole(1 << 31))
    return (mixed // _whole(1 << 11)).cast(pl.Float64) / 2.0**53


def _whole(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.UInt64)
