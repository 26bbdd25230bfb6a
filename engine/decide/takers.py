"""Who took the places of a limit that left somebody out: who holds one already, who comes first today, and why.

Only people of the row's own account are named; of everyone else it is known how many they are. Facts have ids, which
somebody who tells them fills with names: a record keeps no name that could not be erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.decide.planner import Decisions, factor_of
from engine.decide.says import Say
from engine.decide.sentences import Teller, Words
from engine.types import Limit

MOST = 12
"""So many are named of each kind at most; the others are counted."""
HERE, KEY = "account_id", "key:"
TAKEN_BY = ".taken_by"
Values = Mapping[str, Any]
Told = dict[str, Any]
Names = Mapping[int, Mapping[str, Any]]
"""By contact id: key, and name where there is one."""


def find_takers(decisions: Decisions, rows: pl.Series) -> pl.DataFrame:
    """For these rows and each limit that left any of them out: `AT.taken_by` and `AT.others`; null for all others.

    `taken_by`: {contact_id, since (the day they have held a place), waits (their ask is not sent yet), today (they come
    first in today's choice), by (places of the worths that count more for them), older (their reason is)}; `others`:
    how many more come first today.
    """
    columns: dict[str, pl.Series] = {}
    for place, say in enumerate(decisions.limits):
        left_out = rows.filter(decisions.frame["bound_by"][rows] == place)
        if not len(left_out):
            continue
        told = _Places(decisions, place, say).tell(left_out)
        every = pl.DataFrame({"row": rows}).join(told, on="row", how="left", maintain_order="left")
        columns |= {say.at + name: every[name] for name in told.columns[1:] if every[name].null_count() < len(rows)}
    return pl.DataFrame(columns) if columns else pl.DataFrame(schema={}, height=len(rows))


class _Places:
    """One limit's places, and whom they went to."""

    def __init__(self, decisions: Decisions, place: int, say: Say) -> None:
        assert isinstance(say.what, Limit)
        self._decisions, self._say = decisions, say
        self._used = decisions.frame[f"used:{place}"]
        self._shared = [KEY + name for name in say.what.per]
        self._keys = [*dict.fromkeys([*self._shared, KEY + HERE])]

    def tell(self, rows: pl.Series) -> pl.DataFrame:
        """row, taken_by, others."""
        asking = self._at(rows).with_columns(used=self._used[rows])
        holders = self._holders(asking)
        first = self._first(asking, holders)
        held = self._pair(asking, holders).filter(pl.col("person") != pl.col("person:taker"))
        ahead = self._pair(asking, first).filter(pl.col("rank:taker") < pl.col("rank"))
        taken = pl.concat([held, ahead.hstack(self._why(ahead))], how="diagonal")
        facts = pl.struct("since", "waits", "today", "by", "older", contact_id="contact:taker")
        told = taken.group_by("row", maintain_order=True).agg(taken_by=facts, named=pl.col("today").sum())
        told = asking.join(told, on="row", how="left", maintain_order="left")
        others = pl.col("used") - self._before(asking) - pl.col("named").fill_null(0).cast(pl.Int64)
        return told.select("row", "taken_by", others=pl.when(others > 0).then(others))

    def _pair(self, asking: pl.DataFrame, takers: pl.DataFrame) -> pl.DataFrame:
        """Each row with those who took places beside it; what is theirs is called `…:taker`."""
        some = takers.group_by(self._keys, maintain_order=True).head(MOST)
        return asking.join(some, on=self._keys, suffix=":taker", maintain_order="left_right")

    def _at(self, rows: pl.Series) -> pl.DataFrame:
        """Where these rows stand: row, KEY + the columns that are shared, contact, person, planned_on and rank."""
        who = {"contact": "contact_id", "person": "person_id"} | {key: key.removeprefix(KEY) for key in self._keys}
        frame = self._decisions.plan.frame.select("planned_on", **who)[rows]
        return frame.with_columns(rows.cast(pl.Int64).alias("row"), self._decisions.frame["rank"][rows])

    def _said(self, name: str, otherwise: pl.Series) -> pl.Series:
        return self._decisions.said.frame[self._say[name]] if name in self._say.columns else otherwise

    def _holders(self, asking: pl.DataFrame) -> pl.DataFrame:
        """Who holds a place before the choice, first come first."""
        decisions = self._decisions
        nobody = pl.repeat(False, decisions.frame.height, eager=True)
        used = self._said("used", nobody)
        wanting = decisions.frame["rank"].is_not_null()
        rows = (used if used.dtype == pl.Boolean else self._said("holds", nobody) & wanting).arg_true()
        since = self._said("since", pl.repeat(None, len(used), dtype=pl.Date, eager=True))[rows]
        found = self._at(rows).with_columns(since=since, waits=pl.col("planned_on").is_not_null(), today=False)
        found = found.join(asking, on=self._keys, how="semi").sort("since", "row")
        return found.unique([*self._keys, "person"], keep="first", maintain_order=True)

    def _first(self, asking: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
        """Who takes a place today, best first."""
        rows = (self._decisions.frame["decision"] == "ask").arg_true()
        found = self._at(rows).with_columns(today=True).join(asking, on=self._keys, how="semi")
        return found.join(holders, on=[*self._keys, "person"], how="anti").sort("rank")

    def _before(self, asking: pl.DataFrame) -> pl.Series:
        """How many places were held before the choice."""
        used = self._said("used", pl.repeat(0, self._decisions.frame.height, dtype=pl.Int32, eager=True))
        if used.dtype != pl.Boolean:
            return used[asking["row"]].fill_null(0)
        holders = self._at(used.arg_true()).unique([*self._shared, "person"])
        counted = holders.group_by(self._shared).agg(held=pl.len().cast(pl.Int32))
        return asking.join(counted, on=self._shared, how="left", maintain_order="left")["held"].fill_null(0)

    def _why(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """What is in favour of the taker: worths that count more, where the whole does, else the older reason."""
        mine, theirs = pairs["row"].to_numpy(), pairs["row:taker"].to_numpy()
        worth, since = self._decisions.frame["worth"].to_numpy(), self._decisions.frame["reason_on"]
        better, code = worth[theirs] > worth[mine], np.zeros(len(mine), np.int64)
        for number, say in enumerate(self._decisions.said.of(pl.Expr)):
            factor = factor_of(say, self._decisions.said)
            code |= (better & (factor[theirs] > factor[mine])).astype(np.int64) << number
        older = (worth[theirs] == worth[mine]) & (since[pairs["row:taker"]] < since[pairs["row"]]).to_numpy()
        return pl.DataFrame([_numbers_in(code).alias("by"), pl.Series("older", older)])


def _numbers_in(codes: npt.NDArray[np.int64]) -> pl.Series:
    """The places of the bits that are set. There are few different codes, so each is read once."""
    different, place = np.unique(codes, return_inverse=True)
    numbers = [[number for number in range(code.bit_length()) if code >> number & 1] for code in different.tolist()]
    return pl.Series(numbers, dtype=pl.List(pl.Int32)).gather(place)


# in words


def tell_takers(facts: Iterable[Values], others: int | None, because: Sequence[str], tell: Teller) -> Iterator[Told]:
    """Those who took places, together where the same is said of them: contacts, on, because. `because`: of worths."""
    for _, group in groupby(facts, key=_same_said):
        people = list(group)
        names = [_called(each, tell) for each in people]
        values = {"who": tell.say(names), "n": len(people), "on": people[0]["since"]}
        contacts = [{name: each.get(name) for name in ("key", "name")} for each in people]
        said = _first(people[0], values, because, tell) if people[0]["today"] else _held(people[0], values, tell)
        yield {"contacts": contacts, "on": people[0]["since"], "because": said}
    if others:
        said = tell("{n|one other ask comes|# other asks come} first today", n=others)
        yield {"contacts": [], "on": None, "because": said}


def _called(fact: Values, tell: Teller) -> Words:
    known = fact.get("name") or fact.get("key")
    return Words(known) if known else tell.word("somebody")


def _same_said(fact: Values) -> Any:
    return [fact[name] for name in ("today", "since", "waits", "by", "older")]


def _held(fact: Values, values: Values, tell: Teller) -> Words:
    if fact["since"] is None:
        return tell("{who} {n|has|have} a place already", values)
    if fact["waits"]:
        return tell("{n|an ask|asks} to {who} {n|has|have} waited to be sent since {on}", values)
    return tell("{who} {n|was|were} asked on {on}", values)


def _first(fact: Values, values: Values, because: Sequence[str], tell: Teller) -> Words:
    if fact["by"]:
        reasons = [tell(because[place]) if because[place] else tell("their answer counts more") for place in fact["by"]]
        told = tell.say([*dict.fromkeys(reasons)])
        return tell("{who} {n|comes|come} first today: {because}", values, because=told)
    if fact["older"]:
        return tell("{who} {n|comes|come} first today: there has been a reason for longer", values)
    return tell("{who} {n|comes|come} first today: all else is equal, and their key is earlier", values)


def with_names(values: Values, names: Names) -> Values:
    """A row's values with the names of those who took places, as far as they are known."""
    found = dict(values)
    for name, facts in values.items():
        if name.endswith(TAKEN_BY) and facts:
            found[name] = [{**fact, **names.get(fact["contact_id"], {})} for fact in facts]
    return found


def list_takers(rows: Iterable[Values]) -> set[int]:
    """The contacts whose names it takes to tell these rows."""
    facts = (fact for row in rows for name, each in row.items() if name.endswith(TAKEN_BY) for fact in each or ())
    return {fact["contact_id"] for fact in facts}
