"""Planning: decide for everyone who is due, and write the asks, the decision records and when to look again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import polars as pl

from engine.data import marks, plans
from engine.data.imports import take_turn
from engine.data.models import PlanRun
from engine.decide.again import changed_outcomes, look_again, tell_expected, tell_outcomes
from engine.decide.funnel import Funnel, count_decisions
from engine.decide.outline import outline
from engine.decide.records import lines_as_json, make_records
from engine.decide.tailoring import Tailored, waiting_for
from engine.errors import BusyError
from engine.house import Engine
from engine.operations.answers import end_expired
from engine.operations.counts import count_answers
from engine.operations.decisions import Decided, decide_accounts, tailor_rows
from engine.operations.surveys import sync_surveys
from engine.types import Moment

LEASE = "plan"
LEASE_SECONDS = 15 * 60
COUNT_EVERY = timedelta(days=7)
"""How old the counts of answers by tier and channel may be."""
Progress = Callable[[str, int], None]


def plan_asks(
    engine: Engine,
    on: date | None = None,
    *,
    dry_run: bool = False,
    seed: int = 0,
    progress: Progress = lambda what, more: None,
) -> Funnel:
    """Decide for every account that is due, and plan the asks. One planner at a time: raises BusyError.

    With `dry_run` everyone is decided for and nothing is written. `progress` is told what is done and how many more.
    """
    moment = engine.moment(on)
    sync_surveys(engine)
    if dry_run:
        return _plan(engine, moment, seed, progress, None)
    with _lease(engine) as holder:
        _begin(engine)
        count_answers(engine, unless_since=engine.clock() - COUNT_EVERY)
        return _plan(engine, moment, seed, progress, holder)


def read_health(engine: Engine) -> dict[str, dict[str, Any]]:
    """How each plugin did in the last plan: calls, seconds, failures, last_error. Empty before the first."""
    with engine.store.read(engine.scope) as session:
        found: dict[str, dict[str, Any]] = plans.last_funnel(session).get("plugins", {})
        return found


@contextmanager
def _lease(engine: Engine) -> Iterator[str]:
    holder = uuid4().hex
    if not engine.store.take_lease(LEASE, holder, engine.clock(), LEASE_SECONDS):
        raise BusyError("Another plan is being made. Wait until it is done; nothing was changed.")
    try:
        yield holder
    finally:
        engine.store.release_lease(LEASE, holder)


def _begin(engine: Engine) -> None:
    """What has to be true before the accounts that are due are read."""
    with engine.store.write(engine.scope) as session:
        end_expired(engine, session, engine.clock())
        if plans.last_rules(session) not in (None, engine.plugins.rules):
            marks.mark_accounts(session, None)
        marks.take_marks(session)


def _plan(engine: Engine, moment: Moment, seed: int, progress: Progress, holder: str | None) -> Funnel:
    run = PlanRun(on=moment.today("UTC"), seed=seed, rules=engine.plugins.rules, started_at=engine.clock())
    with engine.plugins.watched() as watch:
        decided = decide_accounts(engine, moment, due=holder is not None)
        progress("contacts", decided.decisions.frame.height)
        asked = (decided.decisions.frame["decision"] == "ask").arg_true()
        rows = _free(engine, decided, asked)
        tailored = tailor_rows(engine, decided, rows)
        decided = replace(decided)  # without what was read for tailoring: several hundred megabytes in a large house
    funnel = count_decisions(decided.decisions)
    funnel.waiting = len(asked) - len(rows)
    funnel.errors, funnel.plugins = list(watch.errors), watch.health
    asks = _asks(decided, tailored, rows)
    _count_asks(funnel, tailored.frame, asks)
    if holder is not None:
        progress("asks", asks.height)
        _write(engine, holder, run, funnel, decided, tailored, asks)
    return funnel


def _free(engine: Engine, decided: Decided, rows: pl.Series) -> pl.Series:
    """One contact of each person, and of nobody to whom an ask of ours is under way, whatever the settings allow."""
    found = pl.DataFrame({"row": rows, "person": decided.book.frame["person_id"][rows]})
    with engine.store.snapshot() as snapshot:
        live = plans.read_live_persons(snapshot, found["person"].to_list())
    found = found.with_columns(rank=decided.decisions.frame["rank"][rows]).filter(
        ~pl.col("person").is_in(live.implode())
    )
    return found.sort("rank").unique("person", keep="first")["row"].sort()


def _count_asks(funnel: Funnel, tailored: pl.DataFrame, asks: pl.DataFrame) -> None:
    funnel.no_survey = tailored["survey"].null_count()
    funnel.no_channel = tailored.filter(pl.col("survey").is_not_null())["channel"].null_count()
    funnel.asked = dict(asks["channel"].value_counts(sort=True).iter_rows())


# asks


def _asks(decided: Decided, tailored: Tailored, rows: pl.Series) -> pl.DataFrame:
    """The asks to make, as columns of their table: where there is a survey and a way."""
    book = decided.book.frame[rows].select("account_id", "contact_id", "person_id", "timezone", planned_on="today")
    versions = pl.DataFrame(
        {"survey": list(decided.versions), "survey_version_id": list(decided.versions.values())},
        schema={"survey": pl.String, "survey_version_id": pl.Int64},
    )
    asks = book.hstack(tailored.frame.select("occasion", "survey", "channel", "valid_days", "send_at"))
    asks = asks.with_columns(write_forms(decided, tailored)).drop_nulls(["survey", "channel"])
    asks = asks.join(versions, on="survey", how="left", maintain_order="left")
    send_at = _instants(asks["planned_on"], asks["send_at"], asks["timezone"])
    waits = decided.decisions.plan.frame[rows].select(
        "contact_id", needs_approval=decided.decisions.plan.columns["approval.required"] == "yes"
    )
    asks = asks.join(waits, on="contact_id", how="left", maintain_order="left")
    return asks.select(
        "account_id",
        "contact_id",
        "person_id",
        "occasion",
        "survey",
        "survey_version_id",
        "channel",
        "planned_on",
        "form",
        "needs_approval",
        origin=pl.lit("heed"),
        status=pl.lit("planned"),
        send_at=send_at,
        expires_at=send_at + pl.col("valid_days").cast(pl.Int64) * 86_400,
    )


def write_forms(decided: Decided, tailored: Tailored) -> pl.Series:
    """Each ask's form as JSON: its questions in order, repeated ones with what they are about."""
    asks = tailored.frame.select("contact_id", "survey").with_row_index("row").cast({"row": pl.Int64})
    picked = tailored.forms.picked.join(asks, on="row", maintain_order="left")
    picked = picked.with_columns(turn=pl.int_range(pl.len()).over("row", "name"))
    about = pl.concat([_NOTHING, *_list_repeated(decided, tailored)])
    picked = picked.join(about, on=["survey", "name", "contact_id", "turn"], how="left", maintain_order="left")
    entry = pl.struct(question="name", promise="promise_id", touchpoint="touchpoint_id")
    forms = picked.group_by("row", maintain_order=True).agg(form=entry)
    text = forms.select("row", form=as_json(pl.col("form")).str.replace_all(',"touchpoint":null', "", literal=True))
    return asks.join(text, on="row", how="left", maintain_order="left")["form"].fill_null("[]")


_NOTHING = pl.DataFrame(
    schema={
        "survey": pl.String,
        "name": pl.String,
        "contact_id": pl.Int64,
        "promise_id": pl.Int64,
        "touchpoint_id": pl.Int64,
        "turn": pl.Int64,
    }
)


def _list_repeated(decided: Decided, tailored: Tailored) -> Iterator[pl.DataFrame]:
    """For each repeated question what it is asked about, turn by turn."""
    for survey in decided.surveys.values():
        for question in survey.questions:
            if question.for_each is not None:
                waiting = waiting_for(question, tailored.waiting).select("contact_id", "promise_id", "touchpoint_id")
                named = waiting.select(
                    pl.lit(survey.name).alias("survey"), pl.lit(question.name).alias("name"), pl.all()
                )
                yield named.with_columns(turn=pl.int_range(pl.len()).over("contact_id"))


def as_json(column: pl.Expr) -> pl.Expr:
    """Any column as JSON text: only structs can be encoded, so it is put into one and taken out again."""
    return pl.struct(value=column).struct.json_encode().str.strip_prefix('{"value":').str.head(-1)


def _instants(days: pl.Series, minutes: pl.Series, zones: pl.Series) -> pl.Series:
    """The instants (seconds since 1970) of minutes of local days; of those a clock change skips, an hour later."""
    local = pl.DataFrame({"day": days, "minute": minutes, "zone": zones})
    distinct = local.unique()
    at = pl.Series("at", [_instant(*row) for row in distinct.iter_rows()], dtype=pl.Int64)
    return local.join(distinct.with_columns(at), on=local.columns, how="left", maintain_order="left")["at"]


def _instant(day: date, minute: int, zone: str) -> int:
    local = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone))
    return int(local.timestamp())


# writing


def _write(
    engine: Engine,
    holder: str,
    run: PlanRun,
    funnel: Funnel,
    decided: Decided,
    tailored: Tailored,
    asks: pl.DataFrame,
) -> None:
    """One transaction: the run, its records and asks, and for each account what was decided and until when.

    An account to which something happened since it was read is left as it is: its mark stands for the next plan.
    """
    decisions = decided.decisions
    with engine.store.write(engine.scope) as session:
        if not engine.store.holds_lease(session, LEASE, holder):
            raise BusyError("This plan took too long and another one has begun; nothing of this one was kept.")
        take_turn(session)
        accounts = marks.lock_accounts(session, decisions.frame["account_id"].unique().to_list())
        accounts = accounts.filter(~pl.col("marked"))
        told, asks = (_at(accounts, rows) for rows in (decisions.frame, asks))
        changed = pl.concat([changed_outcomes(told, accounts["outcomes"]), asks["contact_id"]]).unique()
        funnel.overtaken = decisions.frame.height - told.height
        run.funnel = funnel.as_dict()
        names: dict[str, list[str]] = {}
        rows = decisions.frame["contact_id"].is_in(changed.implode()).arg_true()
        plans.insert_plan(engine.store, session, run, make_records(decisions, rows, tailored, names), asks)
        run.sentences = {"lines": lines_as_json(outline(decisions)), "names": names}
        run.finished_at = engine.clock()
        standing = tell_outcomes(told).join(look_again(decisions), on="account_id")
        standing = standing.join(tell_expected(decisions), on="account_id", how="left")
        marks.plan_again(engine.store, session, standing)
        marks.mark_elsewhere(session, asks["contact_id"].to_list())


def _at(accounts: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.join(accounts, on="account_id", how="semi", maintain_order="left")
