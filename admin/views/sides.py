"""Both sides: what we expect before a client answers, and how near that was."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import here, needs
from admin.desk import desk
from admin.forms import back_to, page_number
from admin.sheets import MOST, as_sheet, wants_sheet
from admin.words import plural
from engine.operations.guesses import Gap, keep_guesses, list_gaps, measure_guesses, older_than, open_sides
from engine.operations.relations import local_date
from engine.types import clean_text


@desk.get("/asks/<int:ask>/guess")
@needs("viewer")
def show_guess(ask: int) -> ResponseReturnValue:
    sides = open_sides(here().engine, ask)
    may = here().colleague.may("member", sides.ask.account_id)
    return render_template("desk/guess.html", sides=sides, may=may, me=here().engine.author, today=sides.form.today)


@desk.post("/asks/<int:ask>/guess")
@needs("member")
def send_guess(ask: int) -> ResponseReturnValue:
    kept = keep_guesses(here().engine, ask, {name: value.strip() for name, value in request.form.items()})
    flash(f"{plural(kept, 'guess', 'guesses')} written down. The client never sees them.")
    return redirect(back_to(url_for("desk.show_guess", ask=ask)), 303)


@desk.get("/sides", endpoint="list_sides")
@needs("viewer")
def show_sides() -> ResponseReturnValue:
    engine, words = here().engine, clean_text(request.args.get("words", "").strip()[:200])
    whose, how = request.args.get("whose", ""), request.args.get("how", "")
    wanted = {"words": words, "author": engine.author if whose == "mine" else "", "far": how == "far"}
    if wants_sheet():
        return as_sheet("sides", SHEET, map(_row, list_gaps(engine, size=MOST, **wanted)[0]))
    gaps, more = list_gaps(engine, page=page_number(), **wanted)
    return render_template("desk/sides.html", gaps=gaps, more=more, page=page_number(), words=words,
                           whose=whose, how=how, me=engine.author, today=local_date(engine),
                           measured=measure_guesses(engine), stops_after=older_than(engine))  # fmt: skip


SHEET = ("account_key", "contact_key", "question", "author", "expected", "answered_at", "said")


def _row(gap: Gap) -> tuple[object, ...]:
    named = (gap.account.key, gap.contact.key, gap.guess.question, gap.guess.author, gap.guess.value)
    return (*named, gap.at.date(), gap.answer.value)
