"""The house's terms for promises: how long things take, and how clients and owners hear of them."""

from __future__ import annotations

from marshmallow import Schema

from engine.settings import days, one_of


class Terms(Schema):
    """What holds for promises, whoever drafted them; see docs/promises.md. Working days are those of the house."""

    due_days = days(10, "A promise for which nobody names a day is due in so many working days.", least=1, most=365)
    respond_days = days(
        3,
        "Agree to a draft, merge or dismiss it within so many working days; then the lead is told.",
        least=1,
        most=60,
        strategic=1,
        key=2,
        standard=3,
        light=5,
    )
    reopen_days = days(5, "A promise that the client disputes is due again in so many working days.", least=1, most=365)
    remind_days = days(2, "Remind the owner so many working days before a promise is due.", most=60)
    news = one_of("yes", "Write to the client when a promise is agreed, moved or done.", ("yes", "no"))
    news_days = days(14, "Write of what happened in the last so many days only.", least=1, most=365)
