"""How promises are shown on a terminal: a table, a history, a dictionary, and words for where one stands."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from engine.data.models import Promise, PromiseEvent
from engine.operations.promise_steps import name


def as_dict(promise: Promise) -> dict[str, Any]:
    """As `--json` answers."""
    return {
        "number": name(promise),
        "account": promise.account.key,
        "contact": promise.contact.key if promise.contact else None,
        "title": promise.title,
        "said": promise.said,
        "owner_email": promise.owner_email,
        "made_on": promise.made_on,
        "due_on": promise.due_on,
        "done_on": promise.done_on,
        "status": promise.status,
        "verdict": promise.verdict,
        "state": state(promise),
        "kind": promise.kind,
        "note": promise.note,
        "offered_to": promise.offered_to,
        "covers_for": promise.covers_for,
        "respond_by": promise.respond_by,
        "merged_into": f"P-{promise.merged_into_id}" if promise.merged_into_id else None,
        "version": promise.version,
    }


def event_as_dict(event: PromiseEvent) -> dict[str, Any]:
    names = ("at", "author", "actor", "step", "due_on", "owner_email", "reason", "note")
    return {each: getattr(event, each) for each in names}


def show_table(found: Sequence[Promise], today: date) -> None:
    """As a table; in a file or a pipe each promise stays one line."""
    table = Table("", "Promise", "For", "Owner", "Due", "State", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in (table.columns[0], *table.columns[3:]):
        column.no_wrap = True
    for promise in found:
        whom = promise.contact.name or promise.contact.key if promise.contact else "everyone"
        owner = promise.owner_email.partition("@")[0]
        where = f"{whom} ({promise.account.key})"
        table.add_row(name(promise), promise.title, where, owner, due_in_words(promise, today), state(promise))
    width = None if sys.stdout.isatty() else 200
    Console(highlight=False, markup=False, width=width).print(table)


def state(promise: Promise) -> str:
    """Where it stands, in a word or two."""
    if promise.verdict == "disputed" and promise.status == "agreed":
        return "disputed"
    if promise.status == "done":
        return promise.verdict or "done, no word yet"
    return "draft" if promise.status == "drafted" else promise.status


def due_in_words(promise: Promise, today: date) -> str:
    """`in 12 days`, `today`, `3 days overdue`; nothing for what is settled."""
    if promise.due_on is None or promise.status not in ("drafted", "agreed"):
        return ""
    days = (promise.due_on - today).days
    if abs(days) < 2:
        return {0: "today", 1: "tomorrow", -1: "1 day overdue"}[days]
    return f"in {days} days" if days > 0 else f"{-days} days overdue"


def in_full(day: date | None) -> str:
    """`Thu 3 Dec 2026`."""
    return f"{day:%a} {day.day} {day:%b %Y}" if day else "no day yet"


def show_history(promise: Promise, events: Sequence[PromiseEvent], today: date) -> None:
    """The whole chain, what the client reads before what only we do."""
    whom = promise.contact.name or promise.contact.key if promise.contact else "everyone"
    click.echo(f"{name(promise)} to {whom} ({promise.account.key}): {promise.title}")
    due = f", due {in_full(promise.due_on)}" if promise.due_on and promise.status in ("drafted", "agreed") else ""
    click.echo(f"{state(promise)}{due}, owned by {owner_in_words(promise)}; version {promise.version}")
    for label, text in (("The client said", promise.said), ("For the team", promise.note)):
        if text:
            click.echo(f"{label}: {text}")
    for event in events:
        click.echo(f"  {event.at:%Y-%m-%d %H:%M}  {event.author}: {event_in_words(event)}")


def event_in_words(event: PromiseEvent) -> str:
    due = f" for {in_full(event.due_on)}" if event.due_on and event.step in ("agreed", "moved", "disputed") else ""
    owner = f" to {event.owner_email}" if event.owner_email and event.step in ("handed_over", "covered") else ""
    told = f"{event.step.replace('_', ' ')}{due}{owner}"
    told += f": {event.reason}" if event.reason else ""
    return f"{told} [{event.note}]" if event.note else told


def owner_in_words(promise: Promise) -> str:
    told = promise.owner_email
    if promise.covers_for:
        told += f" while {promise.covers_for} is away"
    return f"{told} (offered to {promise.offered_to})" if promise.offered_to else told
