"""The least a survey could be: one page, one insert that is on disk before it is acknowledged, one word of thanks.

Served as Heed is. Its database is WAL and FULL, as Heed's: what is left out is everything but answering.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading

from flask import Flask, redirect, request
from granian.constants import Interfaces
from granian.server import Server
from werkzeug.wrappers import Response

QUESTIONS = "".join(f'<label>Question {number}<input name="q{number}" value="8"></label>' for number in range(6))
PAGE = f'<!doctype html><title>Survey</title><form method="post">{QUESTIONS}<button>Send</button></form>'


def make_app() -> Flask:
    app, own = Flask("bare"), threading.local()

    def database() -> sqlite3.Connection:
        if not hasattr(own, "connection"):
            own.connection = sqlite3.connect(os.environ["BARE_DATABASE"], timeout=30, isolation_level=None)
            for line in ("journal_mode=WAL", "synchronous=FULL"):
                own.connection.execute(f"PRAGMA {line}")
            own.connection.execute("CREATE TABLE IF NOT EXISTS answers (id INTEGER PRIMARY KEY, data TEXT)")
        return own.connection

    @app.get("/s/<token>")
    def show(token: str) -> str:
        return PAGE

    @app.post("/s/<token>")
    def save(token: str) -> Response:
        database().execute("INSERT INTO answers (data) VALUES (?)", (str(request.form.to_dict()),))
        return redirect("/thanks", 303)

    @app.get("/thanks")
    def thank() -> str:
        return "<!doctype html><title>Thanks</title>Thank you."

    return app


def main(port: str, workers: str) -> None:
    Server(
        "benchmarks.bare:make_app", factory=True, interface=Interfaces.WSGI, address="127.0.0.1", port=int(port),
        workers=int(workers), blocking_threads=4, log_enabled=False,
    ).serve()  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
