"""Promises: the list, each one as a conversation, and every step of it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from admin.access import SIGNED_IN, account, here, needs
from admin.desk import desk
from admin.forms import back_to, day_field, needed_day, page_number, text_field
from admin.sheets import MOST, as_sheet, wants_sheet
from admin.words import promise_state
from engine.data.models import Promise
from engine.errors import InputError
from engine.house import Engine
from engine.operations import promises
from engine.operations.hand_overs import accept_promise, hand_over_promise, refuse_promise
from engine.operations.initiatives import list_open
from engine.operations.letters import tell_state, tell_step
from engine.operations.promise_steps import STEPS, name, read_number
from engine.operations.relations import local_date
from engine.operations.suggestions import dismiss_promise, merge_promise
from engine.operations.worklists import PromisePage, list_mine, list_promises, open_promise
from engine.web.screens import room

STATES = ("open", "overdue", "draft", "agreed", "disputed", "done", "kept", "declined", "dismissed", "all")


@desk.get("/promises", endpoint="list_promises")
@needs("viewer")
def list_promises_page() -> ResponseReturnValue:
    state, whose = request.args.get("state", "open"), request.args.get("whose", "")
    engine = here().engine
    wanted = {name: request.args.get(name, "").strip()[:200] for name in ("words", "order")}
    wanted["owner"] = here().colleague.email if whose == "mine" else ""
    if wants_sheet():
        found, _ = list_promises(engine, state=state, size=MOST, **wanted)
        return as_sheet("promises", SHEET, map(_row, found))
    found, more = list_promises(engine, state=state, page=page_number(), **wanted)
    return render_template(
        "desk/promises.html", promises=found, more=more, state=state, states=STATES, whose=whose, wanted=wanted,
        today=local_date(engine), page=page_number(),
    )  # fmt: skip


SHEET = ("number", "account_key", "contact_key", "title", "owner_email", "made_on", "due_on", "state", "done_on")


def _row(promise: Promise) -> tuple[object, ...]:
    whom = promise.contact.key if promise.contact else None
    named = (name(promise), promise.account.key, whom, promise.title, promise.owner_email)
    return (*named, promise.made_on, promise.due_on, promise_state(promise), promise.done_on)


@desk.get("/mine", endpoint="list_mine")
@needs(SIGNED_IN)
def show_mine() -> ResponseReturnValue:
    """What somebody answers for, whichever account it is to."""
    mine, offered = list_mine(here().engine, here().colleague.email)
    return render_template("desk/mine.html", mine=mine, offered=offered, today=local_date(here().engine))


@desk.get("/promises/<int:promise>")
@needs("viewer")
def show_promise(promise: int) -> ResponseReturnValue:
    page = open_promise(here().engine, promise)
    return render_template(
        "desk/promise.html", page=page, promise=page.promise, seen=_as_seen(page), may=here().may("member"),
        today=page.today, possible=STEPS[page.promise.status], initiatives=list_open(here().engine),
        elsewhere=here().keeps,
    )  # fmt: skip


def _as_seen(page: PromisePage) -> dict[str, object] | None:
    """What the client reads, in their language."""
    if page.outcome is None or page.promise.contact is None:
        return None
    locales = [page.promise.contact.locale, page.promise.account.locale, page.company.locale]
    language = room().screens.languages.choose(locales)
    history = [
        (language.day(step.on, page.today), tell_step(step, language, page.today)) for step in page.outcome.steps
    ]
    return {
        "language": language,
        "state": tell_state(page.outcome, language, page.today),
        "history": history,
        "owner": language.gettext("%(owner)s answers for it.", owner=page.outcome.owner_name),
        "said": language.gettext("You said: “%(words)s”", words=page.outcome.said) if page.outcome.said else "",
    }


@desk.post("/promises/<int:promise>/<step>")
@needs("member")
def take_step(promise: int, step: str) -> ResponseReturnValue:
    if step not in TAKEN:
        raise NotFound
    take, told = TAKEN[step]
    taken = take(here().engine, promise)
    flash(told.format(name=name(taken), title=taken.title))
    there = url_for("desk.list_mine") if here().keeps else url_for("desk.show_promise", promise=promise)
    return redirect(back_to(there), 303)


def _agree(engine: Engine, number: int) -> Promise:
    return promises.agree_promise(
        engine, number, due_on=day_field("due_on"), title=text_field("title") or None, seen=_seen()
    )  # fmt: skip


def _move(engine: Engine, number: int) -> Promise:
    day = needed_day("due_on", "Which day is it moved to?")
    return promises.move_promise(engine, number, due_on=day, reason=text_field("reason"), seen=_seen())


def _do(engine: Engine, number: int) -> Promise:
    return promises.do_promise(engine, number, what=text_field("reason"), seen=_seen())


def _decline(engine: Engine, number: int) -> Promise:
    return promises.decline_promise(engine, number, reason=text_field("reason"), seen=_seen())


def _dismiss(engine: Engine, number: int) -> Promise:
    return dismiss_promise(engine, number, reason=text_field("reason"), seen=_seen())


def _hand_over(engine: Engine, number: int) -> Promise:
    reason = text_field("reason") or None
    return hand_over_promise(engine, number, owner_email=text_field("owner_email"), reason=reason, seen=_seen())


def _accept(engine: Engine, number: int) -> Promise:
    return accept_promise(engine, number, seen=_seen())


def _refuse(engine: Engine, number: int) -> Promise:
    return refuse_promise(engine, number, reason=text_field("reason") or None, seen=_seen())


def _note(engine: Engine, number: int) -> Promise:
    return promises.note_promise(engine, number, text=text_field("reason"))


def _merge(engine: Engine, number: int) -> Promise:
    return merge_promise(engine, number, into=read_number(text_field("into")), seen=_seen())


def _correct(engine: Engine, number: int) -> Promise:
    words = {"title": text_field("title") or None, "said": text_field("said") or None}
    if not any(words.values()):
        raise InputError("Put in the words as they should be.")
    return promises.correct_promise(engine, number, **words, reason=text_field("reason"))


def _seen() -> int | None:
    """The version of the promise that the form was drawn from."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


TAKEN = {
    "agree": (_agree, "{name} is agreed. From now on the client sees it."),
    "move": (_move, "{name} is moved; the client reads why."),
    "do": (_do, "{name} is done. Whether it was kept is for the client to say."),
    "decline": (_decline, "{name} is declined, in the open."),
    "dismiss": (_dismiss, "{name} is put aside; the client never saw it."),
    "hand-over": (_hand_over, "They are asked to take {name} over. Until they do it stays where it is."),
    "accept": (_accept, "{name} is yours now."),
    "refuse": (_refuse, "{name} stays where it was."),
    "merge": (_merge, "{name} is merged into another, which answers it as well."),
    "correct": (_correct, "{name} is put right; the history says what stood before."),
    "note": (_note, "Noted, for the team."),
}


@desk.post("/accounts/<int:account>/promises")
@needs("member")
def add_promise(account: int) -> ResponseReturnValue:
    whom = request.form.get("contact", "")
    made = promises.add_promise(
        here().engine,
        _account_key(),
        whom or None,
        title=text_field("title"),
        owner_email=text_field("owner_email") or None,
        due_on=day_field("due_on"),
        said=text_field("said") or None,
        agreed="agreed" in request.form,
    )
    flash(f"{name(made)} is {'agreed' if made.status == 'agreed' else 'a draft'}.")
    return redirect(url_for("desk.show_promise", promise=made.id), 303)


def _account_key() -> str:
    return account().key
