"""One course of events: from the day the Book was read, day by day, who is asked and who answers.

Only contacts whose day has come are decided for, with their colleagues where places are given, and days on which
nothing is due are jumped over. Everything else is the planner's: the same rules, worked out for the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from engine.decide.again import days_again
from engine.decide.answering import Answering
from engine.decide.asked import FAR, numbers
from engine.decide.calendars import Days, Rows
from engine.decide.frozen import freeze, let_last
from engine.decide.future import Future
from engine.decide.plan import Plan
from engine.decide.planner import Decisions, find_days, give_places
from engine.decide.responses import Counts
from engine.decide.rule import Mask
from engine.decide.says import Rules

UNDER_WAY = {
    "contact_id": pl.Int64,
    "occasion": pl.String,
    "channel": pl.String,
    "place": pl.Int64,
    "sent_on": pl.Date,
    "send_on": pl.Date,
    "heard_on": pl.Date,
    "is_open": pl.Boolean,
    "is_live": pl.Boolean,
    "over_on": pl.Date,
}
"""What the Book does not say of asks: those sent in the last days or still open, and those that wait to be sent on
`send_on`. `place`: of those too young to count as unanswered, 0 for the person's newest, and so on; null: it is older.
`is_live`: while it is open the person gets no other of ours; `over_on`: the day its link has run out."""

SENT = {"row": pl.Int64, "on": pl.Int32, "occasion": pl.String, "about": pl.String, "channel": pl.String}
ASKS = pl.Schema({**SENT, "heard_on": pl.Int32, "over_on": pl.Int32})
"""Asks as they will be: the row of the Book, and days as numbers. They are answered on `heard_on`, FAR: never, and over
then, or when the link has run out."""

ROW = "#row"
Watch = Callable[[Rows, Decisions, int], None]


@dataclass(frozen=True)
class World:
    """What stays as it is. `find_ways` chooses channels; `has_survey` says by occasion and kind of touchpoint whether
    we can ask; `luck`: what each row's answers are drawn from, None: what is most likely happens."""

    plan: Plan
    rules: Rules
    kinds: tuple[str, ...]
    channel_asks: pl.DataFrame
    find_ways: Callable[[Plan], pl.DataFrame]
    has_survey: Callable[[str, str | None], bool]
    first: int
    luck: Counts | None = None


class Course:
    """`watch` is shown every decision: the rows, what was decided, and the day. `keep`: columns to be seen."""

    def __init__(
        self,
        world: World,
        under_way: pl.DataFrame,
        watch: Watch = lambda rows, decisions, today: None,
        keep: Sequence[str] = (),
    ) -> None:
        self.world, self._watch = world, watch
        frame = world.plan.frame.with_row_index(ROW)
        self.future = Future(frame)
        self._answering = Answering(world.plan, world.kinds, world.luck, world.first)
        self._rules, self._frame = freeze(let_last(world.rules), frame, self.future.moving, keep=[ROW, *keep])
        self._due = np.full(frame.height, world.first, dtype=np.int32)
        self._asks: list[pl.DataFrame] = []
        self._over: dict[int, list[Rows]] = {}
        self._waiting = self._begin(under_way)

    @property
    def asks(self) -> pl.DataFrame:
        return pl.concat([pl.DataFrame(schema=ASKS), *self._asks])

    def run(self, last: int) -> None:
        """Up to the end of that day."""
        while (today := self._next_day()) <= last:
            self._look_at(self.future.answer(today), today)
            for over in self._over.pop(today, ()):
                self._look_at(over, today)
            self._decide(today)
            if (waiting := self._waiting.pop(today, None)) is not None:
                self._ask(waiting, today)

    def _next_day(self) -> int:
        return min(int(self._due.min(initial=FAR)), *self.future.awaited, *self._over, *self._waiting, FAR)

    def _look_at(self, rows: Rows, day: int) -> None:
        """Have these rows decided for by that day."""
        self._due[rows] = np.minimum(self._due[rows], day)

    def _decide(self, today: int) -> None:
        """Those whose day has come; where one of them would be asked, the whole account, whose places they share."""
        rows = np.flatnonzero(self._due <= today)
        if not len(rows):
            return
        days = self._find_days(rows, today)
        self._note(rows, days, today)
        wanting = rows[(days.frame["decision"] == "ask").to_numpy()]
        if len(wanting):
            rows = np.unique(self.future.accounts.of(wanting)[0])
            decisions = self._give_places(self._find_days(rows, today))
            self._note(rows, decisions, today)
            self._ask(self._choose(decisions.frame, rows, self.future.standing.free_on[rows] <= today), today)

    def _find_days(self, rows: Rows, today: int) -> Decisions:
        return find_days(self._rules, self.world.plan.on(self.future.view(self._frame, rows, today)))

    def _give_places(self, days: Decisions) -> Decisions:
        return give_places(days, self._rules, self._find_ways, self.world.channel_asks)

    def _note(self, rows: Rows, decisions: Decisions, today: int) -> None:
        self._watch(rows, decisions, today)
        self._due[rows] = np.maximum(numbers(days_again(decisions), FAR), today + 1)

    def _find_ways(self, asked: Plan) -> pl.DataFrame:
        """The lean frame may lack what channels are chosen by, so those who would be asked are seen in full."""
        rows, today = asked.frame[ROW].to_numpy(), asked.frame["today"].to_physical()
        return self.world.find_ways(asked.on(self.future.view(self.future.frame, rows, today[0])))

    def _choose(self, decided: pl.DataFrame, rows: Rows, free: Mask, *also: str) -> pl.DataFrame:
        """Of those to be asked: one contact of each person, nobody whose last ask is under way, and whoever we can.

        With `also` those of other decisions, who are not `asked`, where nothing else is in their way."""
        chosen = np.flatnonzero(decided["decision"].is_in(["ask", *also]).to_numpy() & free)
        told = decided[chosen].select(
            *("rank", "person_id", "occasion", "about", "channel"),
            on=pl.col("today").to_physical(),
            row=rows[chosen],
            asked=pl.col("decision") == "ask",
        )
        told = told.sort("asked", "rank", descending=[True, False]).unique(["on", "person_id"], keep="first")
        told = told.drop_nulls("channel").sort("on", "row")
        surveys = [self.world.has_survey(*pair) for pair in told.select("occasion", "about").iter_rows()]
        return told.filter(pl.Series(surveys, dtype=pl.Boolean))

    def _ask(self, asks: pl.DataFrame, today: int) -> None:
        if not asks.height:
            return
        seen = self.future.view(self._answering.needs, asks["row"].to_numpy(), today)
        asks = self._answering.foresee(asks, seen).select(ASKS.names()).cast(ASKS)
        self._look_at(self.future.ask(asks, today), today + 1)
        self._note_ends(asks["row"].to_numpy(), asks["over_on"].to_numpy())
        self._asks.append(asks)

    def _note_ends(self, rows: Rows, over_on: Days) -> None:
        """Have the persons looked at when their ask is over."""
        everyone, which = self.future.people.of(rows)
        for day in np.unique(over_on).tolist():
            self._over.setdefault(day, []).append(everyone[over_on[which] == day])

    # what began before the first day

    def _begin(self, under_way: pl.DataFrame) -> dict[int, pl.DataFrame]:
        """Say how open asks end; those that wait, by the day they are sent."""
        places = pl.DataFrame({"contact_id": self.future.frame["contact_id"]}).with_row_index("row")
        begun = under_way.join(places, on="contact_id").with_columns(about=pl.lit(None, pl.String))
        self._end(begun.filter(pl.col("sent_on").is_not_null()))
        waiting = begun.filter(pl.col("sent_on").is_null())
        self.future.engage(waiting["row"].to_numpy(), np.full(waiting.height, FAR, dtype=np.int32))
        days = np.maximum(numbers(waiting["send_on"]), self.world.first)
        return {day[0]: part for day, part in waiting.with_columns(on=days).partition_by("on", as_dict=True).items()}

    def _end(self, sent: pl.DataFrame) -> None:
        """Open asks that are young may still be answered, all others are not."""
        rows, open_ = sent["row"].to_numpy(), sent["is_open"].to_numpy()
        young, live = sent["place"].is_not_null().to_numpy(), sent["is_live"].to_numpy()
        heard_on, over_on = numbers(sent["heard_on"], FAR), numbers(sent["over_on"], FAR)
        left = np.flatnonzero(young & open_)
        seen = self.future.view(self._answering.needs, rows[left], self.world.first)
        foreseen = self._answering.foresee(sent[left].with_columns(on=numbers(sent["sent_on"])[left]), seen)
        self.future.expect(foreseen)
        heard_on[left] = foreseen["heard_on"].to_numpy()
        over_on = np.where(open_, np.minimum(over_on, heard_on), FAR)
        places = sent["place"].fill_null(0).to_numpy()
        self.future.hear(rows[young], places[young], heard_on[young], over_on[young])
        self.future.engage(rows[live], over_on[live])
        self._note_ends(rows[live], over_on[live])
