"""Reading what a client posted: strictly, and with words that say what to do where something cannot be used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from engine.errors import InputError
from engine.survey.options import MOST_IN_A_LINE
from engine.types import Given, Question, QuestionType

Form = Mapping[str, Sequence[str]]

MOST_CHARACTERS = 20_000
"""Of own words: more than three thousand words, which nobody has typed into a survey yet."""

TYPED = "typed"
"""Where `Given.data` has what was posted and cannot be used: parts with their values, as `QuestionType.fill` tells."""


class Typed(dict[str, Sequence[str]]):
    """What stands in the fields of a question, by part: `typed[""]` is the field itself; nothing is an empty list."""

    def __missing__(self, part: str) -> Sequence[str]:
        return ()


def typed_of(kind: QuestionType, question: Question, given: Given | None) -> Typed:
    """What to fill in again: what was typed, or the fields that would give this answer."""
    if given is None:
        return Typed()
    return Typed(given.data[TYPED] if TYPED in given.data else kind.fill(question, given))


def parts_of(form: Form, field: str) -> dict[str, list[str]]:
    """What was posted for a field and its parts: `{"": ["3"], "text": ["Too dear"]}`."""
    own = {name: list(values) for name, values in form.items() if name == field or name.startswith(f"{field}.")}
    return {name[len(field) + 1 :]: values for name, values in own.items()}


def filled(**parts: Iterable[str | None]) -> dict[str, list[str]]:
    """Parts with their values, `value` being the field itself; without those that are empty.

    >>> filled(value=["3"], text=[None])
    {'': ['3']}
    """
    found = {name: [value for value in values if value] for name, values in parts.items()}
    return {"" if name == "value" else name: values for name, values in found.items() if values}


def refused(field: str, message: str, **values: object) -> InputError:
    """The error for a field that cannot be used; the message is told in the client's language."""
    return InputError(message, about=field, **values)


def read_many(form: Form, field: str, allowed: Collection[str]) -> list[str]:
    """The values posted under `field`, in the order they are offered. Raises InputError for one that is not offered."""
    given = [value for value in form.get(field, ()) if value]
    for value in given:
        if value not in allowed:
            raise refused(field, "“%(answer)s” is not one of the answers to choose from.", answer=value[:40])
    return [value for value in allowed if value in given]


def read_one(form: Form, field: str, allowed: Collection[str]) -> str | None:
    """The one value posted under `field`, None: skipped. Raises InputError for several, or one that is not offered."""
    given = read_many(form, field, allowed)
    if len(given) > 1:
        raise refused(field, "This question takes one answer, and several came. Please choose one.")
    return given[0] if given else None


def read_words(form: Form, field: str) -> str | None:
    """Own words posted under `field.text`, None: none. Raises InputError where they are too long to keep."""
    words = "\n".join(form.get(f"{field}.text", ())).replace("\r\n", "\n").strip()
    if len(words) > MOST_CHARACTERS:
        raise _too_long(f"{field}.text", len(words), MOST_CHARACTERS)
    return words or None


def read_line(form: Form, field: str, most: int = MOST_IN_A_LINE) -> str:
    """One line posted under `field`; empty: none. Raises InputError where it is too long."""
    line = " ".join(" ".join(form.get(field, ())).split())
    if len(line) > most:
        raise _too_long(field, len(line), most)
    return line


def _too_long(field: str, number: int, most: int) -> InputError:
    return refused(
        field,
        "This has %(number)s characters; there is room for %(most)s. Please shorten it.",
        number=number,
        most=most,
    )
