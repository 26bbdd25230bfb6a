"""Drawing pages for clients: compiled templates, a language, the house's colour. What is drawn comes in as values."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache, partial
from hashlib import sha256
from typing import Any, Protocol

from flask import current_app, request
from jinja2 import ChainableUndefined, ChoiceLoader, DictLoader, FileSystemLoader, Template
from markupsafe import Markup

from engine.brought import GuardedType
from engine.colour import DARK, LIGHT, readable
from engine.config import Config
from engine.house import Engine
from engine.language import Language, Languages
from engine.links import promises_token, wishes_token
from engine.looks import Logo, Looks
from engine.operations.company import Company
from engine.operations.forms import Form, Item
from engine.operations.letters import spoken_for, tell_item, tell_state, tell_step
from engine.survey.logic import condition_for_script, is_asked
from engine.survey.reading import typed_of
from engine.templates import build_environment, template_folders
from engine.types import Given, Question

BLANKS = 2000
"""So many questions that are not filled in are kept as they are drawn, a few kilobytes each."""


@dataclass(frozen=True)
class Element:
    """A question as it stands on the page."""

    field: str
    html: str
    error: str = ""
    spoken: Language | None = None
    """Its language, where that is not the page's."""
    condition: str = ""
    """When it is open, as JSON for the script of the page."""
    waits: bool = False
    """Whether it is not open yet."""
    opened: bool = False
    """Whether another answer has opened it."""


class Screens:
    """Every template of clients' pages, compiled when the app starts."""

    def __init__(self, config: Config, question_types: Mapping[str, GuardedType]) -> None:
        self.config = config
        self.types = question_types
        self.languages = Languages(template_folders(config))
        self._environment = build_environment(config)
        self._environment.globals |= {"tell_state": tell_state, "tell_step": tell_step, "link": config.link}
        self._elements = self._compile({name: kind.html for name, kind in question_types.items()})
        self._pages = {
            name: self._environment.get_template(name) for name in self._environment.list_templates(["html"])
        }
        # What is not filled in looks the same to everybody who is asked in the same words.
        self._draw_blank = lru_cache(maxsize=BLANKS)(self._draw_question)
        self._draw_still = lru_cache(maxsize=None)(self._draw_part)
        self.style, self.script = (_read_static(config, kind) for kind in ("css", "js"))

    def _compile(self, sources: Mapping[str, str]) -> dict[str, Template]:
        # From a loader, because only what one brings is kept for the next app. Without a file name that says HTML,
        # escaping is asked for. What a plugin's answer leaves out counts as empty.
        brought = {name: "{% autoescape true %}" + source + "{% endautoescape %}" for name, source in sources.items()}
        loader = ChoiceLoader([DictLoader(brought), FileSystemLoader(template_folders(self.config))])
        lenient = self._environment.overlay(undefined=ChainableUndefined, loader=loader)
        return {name: lenient.get_template(name) for name in sources}

    def draw(self, page: str, language: Language, company: Company | None, today: date, **values: Any) -> str:
        """A page of HTML."""
        looks = company.looks if company else Looks()
        return self._pages[f"pages/{page}.html"].render(
            _=language.gettext,
            still=partial(self._draw_still, language),
            ngettext=language.ngettext,
            language=language,
            day=lambda day: language.day(day, today),
            today=today,
            company=company.name if company else "",
            logo=looks.logo,
            style=f"/style/{looks.code}/{self.style.mark}.css",
            script=f"/script/{self.script.mark}.js",
            **{"here": "", **values},
        )

    def _draw_part(self, language: Language, name: str) -> Markup:
        """A part of a page that says the same to everybody who reads it in this language."""
        return Markup(self._pages[name].render(_=language.gettext))  # noqa: S704 - it was escaped as it was drawn

    def draw_style(self, looks: Looks, logo: Logo | None) -> str:
        """The stylesheet in the company's looks. The logo is in it, so that a page asks no third time."""
        colour = looks.accent
        pair = f"light-dark({readable(colour, LIGHT)},{readable(colour, DARK)})"
        old = f"@supports not (color:light-dark(red,red)){{:root{{--accent:{readable(colour, LIGHT)}}}}}"
        own = f"@layer tokens{{:root{{--accent:{pair}}}{old}}}"
        if looks.font:
            own += f"@layer elements{{html{{font-family:{looks.fonts}}}}}"
        return self.style.text + own + (_draw_logo(looks, logo) if logo else "")

    def speak(self, locales: Iterable[str | None], company: Company | None) -> Language:
        """The client's own language, else what the browser asks for, else the company's."""
        asked = request.accept_languages.values()
        return self.languages.choose([*locales, *asked, company.locale if company else None])

    def elements(
        self, form: Form, language: Language, given: Mapping[str, Given], errors: Mapping[str, str]
    ) -> list[Element]:
        """The form's questions, without any that cannot be drawn: one question less is better than no page."""
        facts = form.facts_with(given)
        drawn = (self._element(form, item, language, given.get(item.field), errors, facts) for item in form.items)
        return [element for element in drawn if element]

    def _element(
        self,
        form: Form,
        item: Item,
        language: Language,
        given: Given | None,
        errors: Mapping[str, str],
        facts: Mapping[str, Any],
    ) -> Element | None:
        kind, spoken = self.types[item.question.type], spoken_for(item, language)
        label = tell_item(form, item, spoken, facts)
        draw = self._draw_blank if given is None and kind.ships else self._draw_question
        try:
            html = draw(item.question, item.field, label, spoken, form.terms.withheld(kind.tells), given)
        except Exception as error:
            kind.failed("html", error)
            return None
        wrong, escaped = errors.get(item.field, ""), Markup(html)  # noqa: S704 - it was escaped as it was drawn
        found = Element(item.field, escaped, wrong, spoken if spoken != language else None)
        if not item.waits:
            return found
        opened = is_asked(item.question, facts)
        return replace(found, condition=_condition(form, item), waits=not opened, opened=opened)

    def _draw_question(
        self,
        question: Question,
        field: str,
        label: str,
        spoken: Language,
        withheld: frozenset[str],
        given: Given | None,
    ) -> str:
        kind, _ = self.types[question.type], spoken.gettext
        texts, typed = kind.texts(question, spoken.locale, _), typed_of(kind, question, given)
        return self._elements[question.type].render(
            question=question, field=field, label=label, texts=texts, typed=typed, withheld=withheld, _=_
        )


def _condition(form: Form, item: Item) -> str:
    """When a question is open, for the script; empty where only the server can tell."""
    fields = {each.question.name: each.field for each in form.items if not each.is_repeated}
    found = condition_for_script(item.question.show_if or "", form.facts, fields)
    return json.dumps(found) if found else ""


def _draw_logo(looks: Looks, logo: Logo) -> str:
    """The picture in the place of the name, which stays there for those who hear the page. On white in the dark."""
    (width, height), picture = looks.size, b64encode(logo.content).decode()
    box = f"inline-size:{width}px;max-inline-size:100%;block-size:{height}px;border-radius:2px;overflow:hidden"
    ground = f"background:url(data:image/png;base64,{picture}) 0/contain no-repeat;print-color-adjust:exact"
    hidden = "text-indent:100%;white-space:nowrap"
    dark = "@media screen and (prefers-color-scheme:dark){.logo p{background-color:#fff;outline:6px solid #fff}}"
    return f"@layer components{{.logo p{{{box};{ground};{hidden}}}{dark}}}"


@dataclass(frozen=True)
class Static:
    """A file that is served as it is. `mark`: another one whenever it says something else."""

    text: str

    @cached_property
    def mark(self) -> str:
        return sha256(self.text.encode()).hexdigest()[:8]


def _read_static(config: Config, kind: str) -> Static:
    """All files of a kind as one, so that a page asks once. Each script is a block, its names are its own."""
    found: dict[str, str] = {}
    for folder in template_folders(config):
        for file in folder.glob(f"static/*.{kind}"):
            found.setdefault(file.name, file.read_text(encoding="utf-8"))
    files = [found[name] for name in sorted(found)]
    return Static("\n".join(f"{{\n{file}}}" for file in files) if kind == "js" else _squeeze("\n".join(files)))


def _squeeze(style: str) -> str:
    """A stylesheet without comments, and without the spaces that only people need."""
    plain = " ".join(re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL).split())
    plain = re.sub(r" ?([{};,]|(?<=[a-z]):(?= )) ?", r"\1", plain).replace(";}", "}")
    return re.sub(r" ([>+]) (?![^()]*\))", r"\1", plain)  # not in parentheses, where a sum needs its spaces


@dataclass(frozen=True)
class Room:
    """What views work with."""

    engine: Engine
    screens: Screens
    secret: str

    @property
    def secure(self) -> bool:
        """Whether clients come by HTTPS, so that cookies are for that alone."""
        return self.engine.config.public_url.startswith("https:")


def room() -> Room:
    found: Room = current_app.extensions["heed"]
    return found


class Whose(Protocol):
    """Somebody with links to pages of their own."""

    @property
    def contact_id(self) -> int: ...

    @property
    def link_round(self) -> int: ...


def own_links(here: Room, whose: Whose) -> dict[str, str]:
    """Where somebody's wishes and promises are."""
    mine = here.secret, whose.contact_id, whose.link_round
    return {"wishes_url": f"/w/{wishes_token(*mine)}", "promises_url": f"/p/{promises_token(*mine)}"}
