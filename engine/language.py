"""Languages: texts from `.po` files, dates and plurals as people say them, the way of writing.

A locale is spoken when there is a `locales/LOCALE/LC_MESSAGES/heed.po` in one of the folders given, or when it is
English, the language of the source. The files are read once; nothing is compiled into the repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from unicodedata import bidirectional

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from engine.errors import InputError, nearest

SOURCE = "en"
PLURALS = ("zero", "one", "two", "few", "many", "other")
"""The plural categories of CLDR, in its order; a language has some of them, and always the last."""
_DIRECTIONS = {"L": "ltr", "R": "rtl", "AL": "rtl"}
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
NEAR_DAYS = 180
"""So far away a day of another year is still named by its weekday."""


@dataclass(frozen=True, eq=False)
class Language:
    """What it takes to speak one language. `locale`: as it is written in `lang`."""

    locale: str
    region: Locale
    translations: NullTranslations
    known: frozenset[str] = frozenset()
    """Every text that is translated."""

    @cached_property
    def direction(self) -> str:
        return self.region.text_direction

    def gettext(self, message: str, **values: object) -> str:
        text = self.translations.gettext(message)
        return text % self._apart(values) if values else text

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        return self.translations.ngettext(one, many, number) % {"number": number, **self._apart(values)}

    def _apart(self, values: Mapping[str, object]) -> dict[str, object]:
        return {name: self.apart(value) if isinstance(value, str) else value for name, value in values.items()}

    def apart(self, text: str) -> str:
        """A name or a quotation as a part of a sentence. One that is written the other way is isolated, so that the
        sentence around it keeps its order; marks that would turn what follows are left out (UAX 9).
        """
        if text.isascii() and self.direction == "ltr":
            return text
        text = text.translate(_TURNING)
        strong = (_DIRECTIONS.get(bidirectional(letter)) for letter in text)
        return f"\u2068{text}\u2069" if next(filter(None, strong), self.direction) != self.direction else text

    def choose_form(self, number: float, forms: Sequence[str]) -> str:
        """The form that goes with a number: one for each plural category of the language; two are one and other."""
        category = self.region.plural_form(number)
        if len(forms) == 2:
            return forms[category != "one"]
        categories = [each for each in PLURALS if each in {*self.region.plural_form.tags, "other"}]
        return forms[min(categories.index(category), len(forms) - 1)]

    def day(self, day: date, today: date) -> str:
        """`Mon 7 Dec`; with the year where it is not this one, and without the weekday where that is far away."""
        return _tell_day(self.region, day, today)

    def has(self, texts: Mapping[str, str]) -> bool:
        """Whether there is a text in this language, or in its parent language."""
        return self.locale in texts or self.locale.partition("-")[0] in texts

    def choose(self, texts: Mapping[str, str]) -> str:
        """The text in this language, else in its parent language, else in English, else in any."""
        for name in (self.locale, self.locale.partition("-")[0], SOURCE):
            if name in texts:
                return texts[name]
        return next(iter(texts.values()), "")


@lru_cache(maxsize=4096)
def _tell_day(region: Locale, day: date, today: date) -> str:
    if day.year == today.year:
        return format_skeleton("MMMEd", day, locale=region)
    near = abs((day - today).days) <= NEAR_DAYS
    told = format_skeleton("yMMMEd" if near else "yMMMd", day, locale=region)
    return told.replace(",", "") if region.language == "en" else told


ENGLISH = Language(SOURCE, Locale("en", "GB"), NullTranslations())


class Languages:
    """Every language there is a translation for. What an earlier folder translates goes before what a later one does.

    Raises InputError naming a file that is no catalog.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._spoken = {SOURCE: replace(ENGLISH, translations=NullTranslations())}
        for folder in folders:
            for file in sorted(folder.glob("locales/*/LC_MESSAGES/heed.po")):
                self._add(_read(file))

    def __iter__(self) -> Iterator[Language]:
        return iter(self._spoken.values())

    def choose(self, wanted: Iterable[str | None]) -> Language:
        """The first wanted locale that is spoken (`de-CH` is by `de`), else English."""
        found = (self._spoken.get(tag) for locale in filter(None, wanted) for tag in _tags(locale))
        return next(filter(None, found), ENGLISH)

    def find(self, name: str) -> Language:
        """The language somebody named. Raises InputError with those there are."""
        if not any(tag in self._spoken for tag in _tags(name)):
            known = ", ".join(sorted(self._spoken))
            raise InputError(
                f"There is no language “{name}”; there are {known}.{nearest(name, self._spoken)}", about=name
            )
        return self.choose([name])

    def _add(self, language: Language) -> None:
        tag = language.locale.lower()
        before = self._spoken.get(tag)
        if before:
            before.translations.add_fallback(language.translations)
            language = replace(before, known=before.known | language.known)
        self._spoken[tag] = language


def _tags(locale: str) -> tuple[str, str]:
    """A locale, and its language alone; `de_CH.UTF-8` is `de-ch`."""
    tag = locale.partition(".")[0].replace("_", "-").lower()
    return tag, tag.partition("-")[0]


def _read(file: Path) -> Language:
    name = file.parent.parent.name.replace("_", "-")
    try:
        compiled, known = _compile(file, file.stat().st_mtime_ns)
    except (PoFileError, UnknownLocaleError, ValueError) as error:
        raise InputError(f"{file}: this is no catalog: {error}", about=str(file)) from None
    return Language(name, Locale.parse(name, sep="-"), GNUTranslations(BytesIO(compiled)), known)


@lru_cache(maxsize=64)
def _compile(file: Path, changed: int) -> tuple[bytes, frozenset[str]]:
    """A catalog as gettext reads it, and all it translates. It is read again when the file has changed."""
    with file.open("rb") as source:
        catalog = read_po(source, locale=file.parent.parent.name.replace("-", "_"), abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    known = frozenset(each.id for each in catalog if isinstance(each.id, str) and each.string and not each.fuzzy)
    return compiled.getvalue(), known - {""}
