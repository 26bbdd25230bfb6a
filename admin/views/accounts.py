"""Accounts: the list, and each relationship on one page; what is added to it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import account as its_account
from admin.access import here, needs
from admin.desk import desk
from admin.forms import day_field, page_number, text_field
from admin.sheets import MOST, as_sheet, wants_sheet
from admin.words import person, plural
from engine.data.models import Account, Contact, Voice
from engine.operations import additions, voices
from engine.operations.guesses import list_gaps, measure_gaps
from engine.operations.initiatives import list_open
from engine.operations.journeys import set_part_owner
from engine.operations.promise_steps import name
from engine.operations.relations import Line, list_accounts, list_voices, local_date, open_account
from engine.types import TIERS


@desk.get("/accounts", endpoint="list_accounts")
@needs("viewer")
def show_accounts() -> ResponseReturnValue:
    wanted = {name: request.args.get(name, "").strip()[:200] for name in ("words", "tier", "order")}
    owner = here().colleague.email if request.args.get("whose") == "mine" else ""
    if wants_sheet():
        found, _ = list_accounts(here().engine, size=MOST, owner=owner, **wanted)
        return as_sheet("accounts", SHEET, map(_row, found))
    found, more = list_accounts(here().engine, page=page_number(), owner=owner, **wanted)
    return render_template(
        "desk/accounts.html", lines=found, more=more, page=page_number(), wanted=wanted, tiers=TIERS,
        whose=request.args.get("whose", ""), today=local_date(here().engine),
    )  # fmt: skip


SHEET = ("key", "name", "tier", "owner_email", "renewal_on", "last_heard_on", "open_promises", "late_promises")


def _row(line: Line) -> tuple[object, ...]:
    account = line.account
    heard = line.heard_at.date() if line.heard_at else None
    named = (account.key, account.name, account.tier, account.owner_email, account.renewal_on)
    return (*named, heard, line.open, line.late)


MOST_GAPS = 500
"""Guesses that say how near we are at one account, the latest."""


@desk.get("/accounts/<int:account>")
@needs("viewer")
def show_account(account: int) -> ResponseReturnValue:
    engine, found = here().engine, its_account()
    relation, (gaps, _) = open_account(engine, found), list_gaps(engine, account_id=account, size=MOST_GAPS)
    return render_template(
        "desk/account.html", relation=relation, gaps=gaps[:5], account=found, today=relation.today, me=engine.author,
        nearness=measure_gaps(gaps) if gaps else None, kinds=additions.list_kinds(engine),
        sources=voices.SOURCES, may=here().colleague.may("member", account),
        may_own=here().colleague.may("owner", account),
    )  # fmt: skip


@desk.get("/accounts/<int:account>/brief")
@needs("viewer")
def show_brief(account: int) -> ResponseReturnValue:
    """One page to take along: what this client said, and what we owe."""
    relation = open_account(here().engine, its_account())
    return render_template("desk/brief.html", relation=relation, account=its_account(), today=relation.today)


@desk.get("/voices", endpoint="list_voices")
@needs("viewer")
def show_voices() -> ResponseReturnValue:
    words = request.args.get("words", "").strip()[:200]
    if wants_sheet():
        rows = list_voices(here().engine, words=words, size=MOST)[0]
        return as_sheet("voices", VOICES, (_voice_row(*row) for row in rows))
    found, more = list_voices(here().engine, words=words, page=page_number())
    return render_template("desk/voices.html", voices=found, more=more, page=page_number(), words=words,
                           initiatives=list_open(here().engine), today=local_date(here().engine))  # fmt: skip


VOICES = ("number", "account_key", "contact_key", "source", "speaker", "said_on", "words", "led_to")


def _voice_row(voice: Voice, account: Account, contact: Contact | None) -> tuple[object, ...]:
    whom, led_to = contact.key if contact else None, f"P-{voice.promise_id}" if voice.promise_id else None
    said = (voice.source, voice.speaker, voice.said_at.date(), voice.words)
    return (f"V-{voice.id}", account.key, whom, *said, led_to)


# What is added to it


@desk.post("/accounts/<int:account>/voices")
@needs("member")
def add_voice(account: int) -> ResponseReturnValue:
    _, drafts = voices.add_voice(
        here().engine, its_account().key, text_field("contact") or None, source=text_field("source"),
        words=text_field("words"), said_on=day_field("on"),
    )  # fmt: skip
    told = f" {plural(len(drafts), 'draft')} of what should follow." if drafts else ""
    return _back(account, f"Their words are kept.{told}")


@desk.post("/voices/<int:voice>/promise")
@needs("member")
def promise_from_voice(voice: int) -> ResponseReturnValue:
    made = voices.promise_from_voice(here().engine, voice, title=text_field("title"), due_on=day_field("due_on"))
    flash(f"{name(made)} is a draft, with their words behind it.")
    return redirect(url_for("desk.show_promise", promise=made.id), 303)


@desk.post("/accounts/<int:account>/touchpoints")
@needs("member")
def add_touchpoint(account: int) -> ResponseReturnValue:
    additions.add_touchpoint(here().engine, its_account().key, text_field("kind"), contact=text_field("contact"),
                             on=day_field("on"), note=text_field("note"))  # fmt: skip
    return _back(account, "The touchpoint is kept; the next plan knows of it.")


@desk.post("/accounts/<int:account>/journey")
@needs("owner")
def send_part_owner(account: int) -> ResponseReturnValue:
    part, owner = text_field("part"), text_field("owner_email")
    set_part_owner(here().engine, account, part, owner)
    return _back(
        account, f"{person(owner) if owner else 'Whoever does elsewhere'} answers for {part.replace('_', ' ')}."
    )


@desk.post("/accounts/<int:account>/people")
@needs("member")
def add_contact(account: int) -> ResponseReturnValue:
    given = {name: text_field(name) for name in ("name", "email", "phone", "role", "influence")}
    additions.add_contact(here().engine, its_account().key, **given)
    return _back(account, f"{given['name']} is known now.")


def _back(account: int, told: str) -> ResponseReturnValue:
    flash(told)
    return redirect(url_for("desk.show_account", account=account), 303)
