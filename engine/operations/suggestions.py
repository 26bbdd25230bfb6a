"""Drafts that were made for the account team: each is agreed to, merged into a promise there is, or dismissed."""

from __future__ import annotations

from engine.data.models import Promise
from engine.errors import InputError, StateError
from engine.house import Engine
from engine.operations.promise_steps import find_for, find_promise, name, needed, taking_step


def merge_promise(engine: Engine, number: int, *, into: int, seen: int | None = None) -> Promise:
    """Let another promise answer a draft as well. It takes on what the client said."""
    with engine.store.write(engine.scope) as session:
        first, second = sorted((number, into))
        found = {each: find_promise(session, each) for each in (first, second)}  # in one order, so that none waits
        draft, target = find_for(session, number, "merge", seen=seen, wanted={"into": f"P-{into}"}), found[into]
        if number == into or target.status not in ("drafted", "agreed"):
            raise StateError(f"{name(target)} is {target.status}; merge {name(draft)} into an open promise.")
        if draft.account_id != target.account_id or target.contact_id not in (None, draft.contact_id):
            raise InputError(
                f"{name(target)} is to somebody else, who would not see {name(draft)}. Agree to it, or make an "
                "initiative of both.",
                about=name(draft),
            )
        words = f"“{draft.said}”" if draft.said else f"“{draft.title}”"
        with taking_step(engine, session, draft, "merged", note=f"into {name(target)}"):
            draft.status, draft.merged_into_id, draft.respond_by = "merged", target.id, None
        with taking_step(engine, session, target, "noted", note=f"answers {name(draft)} as well: {words}"):
            target.said = target.said or draft.said
        return draft


def dismiss_promise(engine: Engine, number: int, *, reason: str, seen: int | None = None) -> Promise:
    """Put a draft aside, which the client has not seen. The reason is for the team."""
    with engine.store.write(engine.scope) as session:
        draft = find_for(session, number, "dismiss", seen=seen, wanted={"dismissed": reason})
        why = needed(reason, f"Dismissing {name(draft)} needs a reason, for the team.")
        with taking_step(engine, session, draft, "dismissed", note=why):
            draft.status, draft.respond_by = "dismissed", None
        return draft
