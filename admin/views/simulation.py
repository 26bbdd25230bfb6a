"""What a change would bring over a year, told while it is worked out; and what a rule on trial would do."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Queue
from threading import Thread
from typing import Any

from flask import Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from admin.access import account as its_account
from admin.access import here, needs
from admin.desk import desk
from admin.views.plan import find_layer, find_typed
from engine.errors import HeedError
from engine.house import Engine
from engine.operations.futures import simulate_book
from engine.operations.relations import local_date
from engine.operations.settings import try_settings
from engine.operations.weighing import Layer, weigh_plan

YEAR, STEP = 365, 30
"""Days that are simulated, and after how many it is said how far it has come."""
HERE = "<!-- here -->"
FIGURES = {
    "asks": "Asks", "people_asked": "People asked", "people_heard": "People heard", "accounts_heard": "Accounts heard",
    "revenue_heard": "Revenue heard, %", "minutes_asked": "Minutes of clients’ time",
}  # fmt: skip


@desk.post("/plan/simulate")
@needs("admin")
def simulate_plan() -> ResponseReturnValue:
    """The page comes in pieces: its head at once, how far it is every month, the result at the end."""
    layer = find_layer(request.form.get("tier", ""))
    typed = find_typed(layer)
    try_settings(here().engine, typed, tier=layer.tier or None)
    page = render_template("desk/simulation.html", layer=layer, typed=typed, here=HERE, year=YEAR)
    before, _, after = page.partition(HERE)
    pieces = _tell(here().engine, layer, typed)
    answer = Response(stream_with_context(_join(before, pieces, after)), mimetype="text/html")
    answer.headers["X-Accel-Buffering"] = "no"  # a proxy that waits for the end would hide how far it is
    return answer


def _join(before: str, pieces: Iterator[str], after: str) -> Iterator[str]:
    yield before
    yield from pieces
    yield after


def _tell(engine: Engine, layer: Layer, typed: dict[str, Any]) -> Iterator[str]:
    told: Queue[Any] = Queue()

    def work() -> None:
        try:
            told.put(simulate_book(engine, typed, days=YEAR, tier=layer.tier or None,
                                   progress=lambda what, more: told.put(more)))  # fmt: skip
        except Exception as error:
            told.put(error)

    Thread(target=work, daemon=True).start()
    days = 0
    while isinstance(found := told.get(), int):
        days += found
        if days % STEP == 0:
            yield f"<li>{days} of {YEAR} days</li>\n"
    if isinstance(found, Exception):
        said = str(found) if isinstance(found, HeedError) else "It could not be worked out; the log says why."
        yield render_template("desk/simulated.html", found=None, problem=said)
    else:
        yield render_template("desk/simulated.html", found=found.as_dict(), names=FIGURES, problem="")


@desk.get("/accounts/<int:account>/plan/trial/<name>")
@needs("viewer")
def show_trial(account: int, name: str) -> ResponseReturnValue:
    """Had a rule on trial been on: this account's next weeks as they are, and with it."""
    engine, found = here().engine, its_account()
    if f"{name}.mode" not in engine.plugins.catalog:
        raise NotFound
    weighed = weigh_plan(engine, found, {f"{name}.mode": "on"})
    return render_template("desk/trial.html", account=found, rule=name, weighed=weighed,
                           today=local_date(engine, found))  # fmt: skip
