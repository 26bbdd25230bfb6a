"""The languages that clients are spoken to in: texts from `.po` files, dates as people say them, the way of writing.

A locale is spoken when there is a `locales/LOCALE/LC_MESSAGES/heed.po` in one of the template folders, or when it is
English, the language of the source. The files are read once; nothing is compiled into the repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE = "en"


@dataclass(frozen=True)
class Language:
    """What a page or message needs to speak one language. `locale`: as it is written in `lang`."""

    locale: str
    region: Locale
    translations: NullTranslations

    @property
    def direction(self) -> str:
        return self.region.text_direction

    def gettext(self, message: str, **values: object) -> str:
        text = self.translations.gettext(message)
        return text % values if values else text

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        return self.translations.ngettext(one, many, number) % {"number": number, **values}

    def day(self, day: date, today: date) -> str:
        """`Mon 7 Dec`; with the year, and without the weekday, where it is another year's."""
        return format_skeleton("MMMEd" if day.year == today.year else "yMMMd", day, locale=self.region)

    def choose(self, texts: Mapping[str, str]) -> str:
        """The text in this language, else in its parent language, else in English, else in any."""
        parents = (self.locale, self.locale.partition("-")[0], SOURCE)
        return next((texts[name] for name in parents if name in texts), next(iter(texts.values()), ""))


class Languages:
    """Every language there is a translation for."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._spoken = {SOURCE: Language(SOURCE, Locale("en", "GB"), NullTranslations())}
        for folder in reversed(folders):
            for file in sorted(folder.glob("locales/*/LC_MESSAGES/heed.po")):
                self._spoken |= _read(file)

    def choose(self, wanted: Iterable[str | None]) -> Language:
        """The first wanted locale that is spoken (`de-CH` is by `de`), else English."""
        for locale in filter(None, wanted):
            tag = locale.replace("_", "-").lower()
            for name in (tag, tag.partition("-")[0]):
                if name in self._spoken:
                    return self._spoken[name]
        return self._spoken[SOURCE]


def _read(file: Path) -> dict[str, Language]:
    name = file.parent.parent.name.replace("_", "-")
    with file.open("rb") as source:
        catalog = read_po(source, locale=name.replace("-", "_"), abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    try:
        region = Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        region = Locale("en", "GB")
    return {name.lower(): Language(name, region, GNUTranslations(compiled))}
