"""Planning: decide for everyone who is due, and write the asks, the decision records and when to look again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy.orm import Session

from engine.data import plans
from engine.data.asks import expire_asks
from engine.data.models import PlanRun
from engine.decide.funnel import Funnel, count_decisions
from engine.decide.outline import outline
from engine.decide.records import lines_as_json, make_records
from engine.decide.tailoring import Tailored
from engine.errors import BusyError
from engine.house import Engine
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
        with engine.store.write(engine.scope) as session:
            expire_asks(session, engine.clock())
        count_answers(engine, unless_since=engine.clock() - COUNT_EVERY)
        return _plan(engine, moment, seed, progress, holder)


@contextmanager
def _lease(engine: Engine) -> Iterator[str]:
    holder = uuid4().hex
    if not engine.store.take_lease(LEASE, holder, engine.clock(), LEASE_SECONDS):
        raise BusyError("Another plan is being made. Wait until it is done; nothing was changed.")
    try:
        yield holder
    finally:
        engine.store.release_lease(LEASE, holder)


def _plan(engine: Engine, moment: Moment, seed: int, progress: Progress, holder: str | None) -> Funnel:
    started = engine.clock()
    decided = decide_accounts(engine, moment, due=holder is not None)
    frame = decided.decisions.frame
    progress("contacts", frame.height)
    asked = frame["decision"] == "ask"
    rows = _free(engine, decided, asked.arg_true())
    tailored = tailor_rows(engine, decided, rows)
    possible = tailored.frame["survey"].is_not_null() & tailored.frame["channel"].is_not_null()
    funnel = count_decisions(decided.decisions)
    funnel.waiting = int(asked.sum()) - len(rows)
    _count_asks(funnel, tailored.frame, possible)
    if holder is not None:
        asks = _asks(decided, tailored, rows, possible)
        progress("asks", asks.height)
        lines = lines_as_json(outline(decided.decisions))
        run = PlanRun(on=moment.today("UTC"), seed=seed, started_at=started, finished_at=engine.clock())
        run.sentences, run.funnel = {"lines": lines}, funnel.as_dict()
        _write(engine, holder, run, decided, tailored, asks)
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


def _count_asks(funnel: Funnel, tailored: pl.DataFrame, possible: pl.Series) -> None:
    funnel.no_survey = tailored["survey"].null_count()
    funnel.no_channel = tailored.filter(pl.col("survey").is_not_null())["channel"].null_count()
    funnel.asked = dict(tailored.filter(possible)["channel"].value_counts(sort=True).iter_rows())


# asks


def _asks(decided: Decided, tailored: Tailored, rows: pl.Series, possible: pl.Series) -> pl.DataFrame:
    """The asks to make, as columns of their table."""
    book = decided.book.frame[rows].select("account_id", "contact_id", "person_id", "timezone", planned_on="today")
    versions = pl.DataFrame(
        {"survey": list(decided.versions), "survey_version_id": list(decided.versions.values())},
        schema={"survey": pl.String, "survey_version_id": pl.Int64},
    )
    asks = book.hstack(tailored.frame.select("occasion", "survey", "channel", "valid_days", "send_at"))
    asks = asks.with_columns(_forms(decided, tailored)).filter(possible)
    asks = asks.join(versions, on="survey", how="left", maintain_order="left")
    send_at = _instants(asks["planned_on"], asks["send_at"], asks["timezone"])
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
        origin=pl.lit("heed"),
        status=pl.lit("planned"),
        send_at=send_at,
        expires_at=send_at + pl.col("valid_days").cast(pl.Int64) * 86_400,
    )


def _forms(decided: Decided, tailored: Tailored) -> pl.Series:
    """Each ask's form as JSON: its questions in order, repeated ones with the promise they are about."""
    repeated = [
        (survey.name, question.name)
        for survey in decided.supplies.surveys.values()
        for question in survey.questions
        if question.for_each is not None
    ]
    pairs = pl.DataFrame(repeated, schema={"survey": pl.String, "name": pl.String}, orient="row")
    asks = tailored.frame.select("contact_id", "survey").with_row_index("row").cast({"row": pl.Int64})
    picked = tailored.forms.picked.join(asks, on="row", maintain_order="left")
    picked = picked.join(pairs.with_columns(again=True), on=["survey", "name"], how="left", maintain_order="left")
    picked = picked.with_columns(turn=pl.when("again").then(pl.int_range(pl.len()).over("row", "name")))
    promises = tailored.waiting.with_columns(turn=pl.int_range(pl.len()).over("contact_id"))
    picked = picked.join(promises, on=["contact_id", "turn"], how="left", maintain_order="left")
    forms = picked.group_by("row", maintain_order=True).agg(form=pl.struct(question="name", promise="promise_id"))
    text = forms.select("row", form=as_json(pl.col("form")))
    return asks.join(text, on="row", how="left", maintain_order="left")["form"].fill_null("[]")


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


def _write(engine: Engine, holder: str, run: PlanRun, decided: Decided, tailored: Tailored, asks: pl.DataFrame) -> None:
    """One transaction: the run, its records and asks, and when each account is planned next."""
    frame = decided.decisions.frame
    with engine.store.write(engine.scope) as session:
        if not engine.store.holds_lease(session, LEASE, holder):
            raise BusyError("This plan took too long and another one has begun; nothing of this one was kept.")
        changed = _changed(session, frame, asks)
        rows = frame["contact_id"].is_in(changed.to_list()).arg_true()
        records = make_records(decided.decisions, rows, tailored)
        plans.insert_plan(engine.store, session, run, records, asks)
        shared = decided.book.frame.filter(pl.col("contact_id").is_in(asks["contact_id"].to_list()))["person_id"]
        plans.mark_persons(session, shared.to_list(), run.on)
        plans.plan_again(session, _next_days(frame))


def _changed(session: Session, frame: pl.DataFrame, asks: pl.DataFrame) -> pl.Series:
    """Contacts to keep a record of: those who are asked, limited or never asked, and those whose last record says
    otherwise."""
    last = plans.last_outcomes(session, frame["contact_id"].to_list())
    before = pl.DataFrame({"contact_id": list(last), "before": list(last.values())}, schema=BEFORE)
    never = (pl.col("decision") == "hold") & pl.col("next_ask_on").is_null()
    outcome = pl.when(never).then(pl.lit("never")).otherwise("decision")
    told = frame.select("contact_id", outcome=outcome).join(before, on="contact_id", how="left")
    other = pl.col("before").is_not_null() & (pl.col("before") != pl.col("outcome"))
    fresh = pl.col("before").is_null() & pl.col("outcome").is_in(["limited", "never"])
    changed = told.filter(other | fresh)["contact_id"]
    return pl.concat([changed, asks["contact_id"]]).unique().sort()


BEFORE = {"contact_id": pl.Int64, "before": pl.String}


def _next_days(frame: pl.DataFrame) -> pl.DataFrame:
    """When each account is decided for again: at its next ask, and tomorrow where a limit left somebody out."""
    tomorrow = pl.col("today").dt.offset_by("1d")
    next_on = pl.when(pl.col("decision").is_in(["ask", "limited"])).then(tomorrow).otherwise("next_ask_on")
    return frame.group_by("account_id").agg(plan_on=next_on.min()).sort("account_id")
