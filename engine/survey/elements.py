"""What question types are made of: HTML that works without script, and strict reading of what comes back.

A scale of points is a question type as it stands; other types put these pieces together. The sources are Jinja
templates that a page renders with autoescaping; `texts` are the words for them, already in the client's language.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from engine.errors import InputError
from engine.types import Given, Question

Form = Mapping[str, Sequence[str]]
Gettext = Callable[[str], str]
Named = list[tuple[str, str]]
"""Keys and the words a client sees for them, in order."""

MOST_CHARACTERS = 20_000
"""Of own words: more than three thousand words, which nobody has typed into a survey yet."""

CHOSEN = """{% if given and given.value == key %} checked{% endif %}{% if question.required %} required{% endif %}"""

SCALE = (
    """<fieldset class="scale scale-{{ texts.points|length }}" aria-describedby="{{ field }}-ends">
<legend>{{ label }}</legend>
<div class="points">
{%- for key, band in texts.points %}
<label><input type="radio" name="{{ field }}" value="{{ key }}"{% if band %} data-band="{{ band }}"{% endif %}"""
    + CHOSEN
    + """> <span>{{ key }}</span></label>
{%- endfor %}
</div>
<p class="ends" id="{{ field }}-ends"><span>{{ texts.low }}</span> <span>{{ texts.high }}</span></p>
</fieldset>
"""
)

RADIOS = (
    """<fieldset class="choices">
<legend>{{ label }}</legend>
{%- for key, words in texts.choices %}
<label><input type="radio" name="{{ field }}" value="{{ key }}\""""
    + CHOSEN
    + """> <span>{{ words }}</span></label>
{%- endfor %}
</fieldset>
"""
)

# A browser drops the first line break inside a textarea, so one is given to it.
OWN_WORDS = """<div class="own-words">
<label for="{{ field }}-text">{{ texts.words_label or label }}</label>
<textarea id="{{ field }}-text" name="{{ field }}.text" rows="3" maxlength="{{ texts.most }}"
 aria-describedby="{{ field }}-hint"{% if question.required and not texts.words_label %} required{% endif %}>
{{ given.text or "" if given else "" }}</textarea>
<p class="hint" id="{{ field }}-hint">{{ texts.hint }}</p>
</div>
"""


class Scale:
    """A question type: points in a row from `first` to `last`, with words at both ends.

    `low` and `high` are the usual words, a question may bring its own as `low_label` and `high_label`. With
    `resizable` a question may set its last point by `scale`. The point is the answer's value, its number the score.
    Scores in the lower half are low, unless `low_up_to` says otherwise.
    """

    html = SCALE
    own_words = False

    def __init__(
        self,
        name: str,
        first: int,
        last: int,
        *,
        low: str,
        high: str,
        resizable: bool = False,
        low_up_to: int | None = None,
    ) -> None:
        self.name = name
        self._low_up_to = low_up_to
        self.first, self.last, self.low, self.high = first, last, low, high
        self.options: tuple[str, ...] = ("low_label", "high_label", *(["scale"] if resizable else []))

    def points(self, options: Mapping[str, Any]) -> list[str]:
        return [str(point) for point in range(self.first, options.get("scale", self.last) + 1)]

    def low_up_to(self, question: Question) -> float | None:
        last = question.options.get("scale", self.last)
        return self._low_up_to if self._low_up_to is not None else lower_half(self.first, last)

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        scale = options.get("scale", self.last)
        if type(scale) is not int or not 3 <= scale <= 11:
            yield f"scale: takes a whole number from 3 to 11, not {scale!r}"
        for key in ("low_label", "high_label"):
            yield from check_texts(key, options.get(key, {"en": ""}))

    def texts(self, question: Question, locale: str, _: Gettext) -> dict[str, Any]:
        low, high = (question.options.get(key) for key in ("low_label", "high_label"))
        return {
            "points": [(point, "") for point in self.points(question.options)],
            "low": text_for(low, locale) if low else _(self.low),
            "high": text_for(high, locale) if high else _(self.high),
        }

    def read(self, question: Question, form: Form, field: str) -> Given | None:
        value = read_one(form, field, self.points(question.options))
        return None if value is None else Given(value=value, score=float(value))

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        points = texts["points"]
        return f"{label}\n{points[0][0]} = {texts['low']} … {points[-1][0]} = {texts['high']}"


def lower_half(first: int, last: int) -> int:
    """The last point of the lower half of a scale; the middle one of an odd number belongs to neither half.

    >>> lower_half(1, 5), lower_half(1, 4), lower_half(1, 7)
    (2, 2, 3)
    """
    return first + (last - first + 1) // 2 - 1


def text_for(texts: Mapping[str, str], locale: str) -> str:
    """The text for a locale, else for its language, else the English one.

    >>> text_for({"en": "Hello", "de": "Hallo"}, "de-CH")
    'Hallo'
    """
    language = locale.replace("_", "-").partition("-")[0]
    return next((texts[name] for name in (locale, language, "en") if name in texts), "")


def check_texts(key: str, texts: Any) -> Iterable[str]:
    """Say what is wrong with an option that should be texts by locale."""
    if not isinstance(texts, Mapping) or not all(isinstance(text, str) for text in texts.values()):
        yield f"{key}: takes texts by language, such as {{en: …, de: …}}"
    elif "en" not in texts:
        yield f"{key}: needs an English text, en"


def check_named(key: str, named: Any) -> Iterable[str]:
    """Say what is wrong with an option that should name things: a list of keys, or keys with texts by locale."""
    if not isinstance(named, Mapping | list) or not named:
        yield f"{key}: takes a list of names, or names with their texts by language"
        return
    for name in named:
        if not isinstance(name, str) or not name or "," in name:
            yield f"{key}: “{name}” is no name; use letters, digits and _"
        elif isinstance(named, Mapping):
            yield from check_texts(f"{key}: {name}", named[name])
    if len(set(map(str, named))) < len(named):
        yield f"{key}: a name stands twice"


def named_texts(named: Mapping[str, Mapping[str, str]] | Sequence[str], locale: str) -> Named:
    """Names with the words for a locale; a name without texts speaks for itself.

    >>> named_texts(["on_time"], "en")
    [('on_time', 'On time')]
    """
    if isinstance(named, Mapping):
        return [(name, text_for(texts, locale)) for name, texts in named.items()]
    return [(name, name.replace("_", " ").capitalize()) for name in named]


def listed(label: str, choices: Named) -> str:
    """A question and what can be answered, as plain text."""
    return "\n".join([label, *(f"- {words}" for _key, words in choices)])


def read_many(form: Form, field: str, allowed: Collection[str]) -> list[str]:
    """The values posted under `field`, in the order they are offered. Raises InputError for one that is not offered."""
    given = [value for value in form.get(field, ()) if value]
    for value in given:
        if value not in allowed:
            raise InputError(f"“{value[:40]}” is not one of the answers offered to this question.", about=field)
    return [value for value in allowed if value in given]


def read_one(form: Form, field: str, allowed: Collection[str]) -> str | None:
    """The one value posted under `field`, None: skipped. Raises InputError for several, or one that is not offered."""
    given = read_many(form, field, allowed)
    if len(given) > 1:
        raise InputError("This question takes one answer; several came.", about=field)
    return given[0] if given else None


def read_words(form: Form, field: str) -> str | None:
    """Own words posted under `field.text`, None: none. Raises InputError where they are too long to keep."""
    words = "\n".join(form.get(f"{field}.text", ())).replace("\r\n", "\n").strip()
    if len(words) > MOST_CHARACTERS:
        raise InputError(
            f"These are {len(words):,} characters; please use at most {MOST_CHARACTERS:,}.", about=f"{field}.text"
        )
    return words or None


def words_texts(label: str, _: Gettext) -> dict[str, Any]:
    """What OWN_WORDS needs. `label` empty: the question itself stands above the box."""
    return {"words_label": label, "hint": _("As short as you like."), "most": MOST_CHARACTERS}
