"""Today: what needs somebody, in sentences, with the actions in place; then what clients said."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.access import SIGNED_IN, here, needs
from admin.desk import desk
from engine.operations.relations import search
from engine.operations.worklists import open_today


@desk.get("/")
@needs(SIGNED_IN)
def show_desk() -> ResponseReturnValue:
    return redirect(url_for("desk.show_today" if here().colleague.may("viewer") else "desk.list_mine"))


@desk.get("/today")
@needs("viewer")
def show_today() -> ResponseReturnValue:
    colleague, everyones = here().colleague, request.args.get("whose") == "everybody"
    scope = colleague.scope if everyones else colleague.own
    page = open_today(here().engine, scope)
    return render_template(
        "desk/today.html", page=page, today=page.today, everyones=everyones, narrower=colleague.own != colleague.scope
    )


@desk.get("/search", endpoint="search")
@needs("viewer")
def show_search() -> ResponseReturnValue:
    words = request.args.get("q", "").strip()[:200]
    found = search(here().engine, words) if len(words) > 1 else None
    return render_template("desk/search.html", words=words, found=found)
