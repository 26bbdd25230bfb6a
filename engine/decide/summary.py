"""A simulation in words: what it costs and brings, whom it leaves unheard, what keeps people waiting, who gains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.decide.responses import Floats
from engine.decide.sentences import Teller, Words
from engine.decide.simulation import Figure, Shift, Simulation
from engine.settings import as_text


def simulation_as_text(told: Simulation) -> str:
    return "\n".join(_lines(told, Teller(told.start, told.language)))


def _lines(told: Simulation, tell: Teller) -> Iterator[str]:
    size = {"contacts": told.contacts, "accounts": told.accounts, "days": told.days, "on": told.start}
    yield tell(
        "{contacts|a contact|# contacts} at {accounts|an account|# accounts}, {days|a day|# days} from {on}.", size
    )
    if told.changed:
        settings = ", ".join(f"{name}={as_text(value)}" for name, value in told.changed.items())
        yield tell("Tried for {layer}: {settings}.", layer=Words(told.layer), settings=Words(settings))
    yield ""
    head = ["", tell("today"), tell("changed")][: 2 + bool(told.changed)]
    yield from _table([head, *(_figure(figure, tell) for figure in told.figures)])
    yield ""
    yield coverage(told, tell)
    if told.waits:
        yield "\n" + tell("Days that people with a reason waited, and how many people, by what kept them back")
        yield from _table(
            [tell.say(name), *(_wait(side, tell) for side in sides)] for name, sides in told.waits.items()
        )
    yield from _shifts(tell("Heard more"), told.gain, tell)
    yield from _shifts(tell("Heard less"), told.lose, tell)
    yield ""
    yield _drawn(told, tell)
    yield from (f"! {error}" for error in told.errors)


def coverage(told: Simulation, tell: Teller) -> str:
    """Whom these settings leave unheard, in a sentence."""
    accounts, share = round(told.unheard[-1][0]), round(told.unheard[-1][1])
    before, about = round(told.unheard[0][0]), {"accounts": accounts, "share": share, "days": told.days}
    if not told.changed and not accounts:
        return tell("Every account would be heard within {days|a day|# days}.", about)
    if not told.changed:
        return tell(
            "{accounts|One account|# accounts} with {share} % of revenue would not be heard "
            "within {days|a day|# days}.",
            about,
        )
    return tell(
        "{accounts|=0 No account|One account|# accounts} with {share} % of revenue would not be heard "
        "within {days|a day|# days}; today {before}.",
        about,
        before=before,
    )


# the tables


def _figure(figure: Figure, tell: Teller) -> list[str]:
    names = {
        "asks": tell("asks"),
        "people_asked": tell("people asked"),
        "people_heard": tell("people heard"),
        "accounts_heard": tell("accounts heard"),
        "revenue_heard": tell("percent of revenue heard"),
        "minutes_asked": tell("minutes asked"),
    }
    return [names[figure.name], *(_value(side, figure, tell) for side in figure.sides)]


def _value(values: Floats, figure: Figure, tell: Teller) -> str:
    middle, low, high = (round(float(number)) for number in (values.mean(), values.min(), values.max()))
    value = tell("{value}", value=middle)
    if low != high:
        value = tell("{value} ({low}–{high})", value=middle, low=low, high=high)
    return value if figure.of is None else tell("{value} of {number}", value=value, number=figure.of)


def _wait(side: tuple[float, float], tell: Teller) -> str:
    days, people = map(round, side)
    return tell("{days|a day|# days}, {people|one person|# people}", days=days, people=people)


def _shifts(title: str, shifts: Sequence[Shift], tell: Teller) -> Iterator[str]:
    if shifts:
        yield f"\n{title}"
    for shift in shifts:
        yield "  " + tell(
            "{account}: answers {answers_now} instead of {answers}, asks {asks_now} instead of {asks}",
            account=Words(shift.account),
            answers=shift.answers[0],
            answers_now=shift.answers[1],
            asks=shift.asks[0],
            asks_now=shift.asks[1],
        )


def _drawn(told: Simulation, tell: Teller) -> str:
    """How far to trust it."""
    if told.runs == 1:
        drawn = tell("Answers are drawn once, so figures are those of one run (seed {seed}).", seed=Words(told.seed))
    else:
        drawn = tell(
            "Answers are drawn {runs} times (seed {seed}); in brackets the lowest and the highest run.",
            runs=told.runs,
            seed=Words(told.seed),
        )
    assumed = tell(
        "How people answer is assumed: see the settings of simulation. Minutes count what the questions of the surveys "
        "take as far as the form budget reaches."
    )
    return f"{drawn} {assumed}"


def _table(lines: Iterable[Sequence[str]]) -> Iterator[str]:
    rows = list(lines)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
