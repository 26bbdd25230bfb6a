"""An invitation in a client's language: what came of last time, why we ask, how long it takes, and one link."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment

from engine.config import Config
from engine.language import Language, Languages
from engine.links import ask_token, promises_token, unsubscribe_token, wishes_token
from engine.looks import Logo
from engine.operations.company import Company
from engine.operations.forms import Form
from engine.operations.letters import spoken_for, tell_form, tell_item, tell_state
from engine.templates import build_environment, template_folders
from engine.types import Message, Picture

LOGO = "logo@heed"
"""What the HTML of a message calls the logo (RFC 2392)."""
ADDRESS = re.compile(r"[^@\s<>,;:]+@[^@\s<>,;:]+")


@dataclass(frozen=True)
class Stationery:
    """Templates, languages and the secret: what every invitation of a run is written with."""

    config: Config
    secret: str
    find_logo: Callable[[str], Logo | None] = lambda name: None
    environment: Environment = field(init=False)
    languages: Languages = field(init=False)

    def show(self, company: Company) -> dict[str, Any]:
        """How messages of this company look, for templates. `logo`: None where only the name is shown."""
        logo, (width, height) = self.find_logo(company.logo), company.looks.size
        shown = {"cid": LOGO, "width": width, "height": height} if logo else None
        return {"fonts": company.looks.fonts, "logo": shown}

    def pictures(self, company: Company) -> tuple[Picture, ...]:
        logo = self.find_logo(company.logo)
        return (Picture(LOGO, logo.content),) if logo else ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", build_environment(self.config))
        object.__setattr__(self, "languages", Languages(template_folders(self.config)))


def write_invitation(stationery: Stationery, form: Form, attempt: int) -> Message:
    """The message for an ask. The template's first line is the subject; both parts say the same."""
    config = stationery.config
    language = stationery.languages.choose([*form.locales, form.company.locale])
    links = links_of(stationery, form)
    values = _values(form, language) | links | stationery.show(form.company)
    subject, _, text = stationery.environment.get_template("messages/invitation.txt").render(values).partition("\n")
    name, company = form.owner_name, form.company.name
    return Message(
        to=form.contact_email,
        to_name=form.contact_name,
        sender=config.sender,
        sender_name=language.gettext("%(name)s, %(company)s", name=name, company=company) if name else company,
        reply_to=form.owner_email if ADDRESS.fullmatch(form.owner_email) else None,
        subject=subject.strip(),
        text=text.strip() + "\n",
        html=stationery.environment.get_template("messages/invitation.html").render(values, subject=subject.strip()),
        message_id=message_id(stationery, form, attempt),
        headers=(
            ("List-Unsubscribe", f"<{links['unsubscribe_url']}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
        pictures=stationery.pictures(form.company),
    )


def message_id(stationery: Stationery, form: Form, attempt: int) -> str:
    """It says which ask and attempt it was."""
    return f"<ask-{form.ask_id}.{attempt}.{token_hex(8)}@{urlsplit(stationery.config.public_url).hostname}>"


def links_of(stationery: Stationery, form: Form) -> dict[str, str]:
    secret, link = stationery.secret, stationery.config.link
    whose = form.contact_id, form.link_round
    return {
        "survey_url": link(f"/s/{ask_token(secret, form.ask_id)}"),
        "promises_url": link(f"/p/{promises_token(secret, *whose)}"),
        "wishes_url": link(f"/w/{wishes_token(secret, *whose)}"),
        "unsubscribe_url": link(f"/u/{unsubscribe_token(secret, form.contact_id)}"),
    }


def _values(form: Form, language: Language) -> dict[str, Any]:
    return {
        "_": language.gettext,
        "language": language,
        "form": form,
        "company": form.company.name,
        "told": tell_form(form, language),
        "first": _first(form, language),
        "outcomes": [
            {
                "said": outcome.said,
                "title": outcome.title,
                "owner": outcome.owner_name,
                "state": tell_state(outcome, language, form.today),
            }
            for outcome in form.came_of_it[:3]
        ],
    }


def _first(form: Form, language: Language) -> dict[str, str]:
    """The question whose points the message offers; empty: none. `lang`: its language, if that is another one."""
    if form.picked is None:
        return {}
    spoken = spoken_for(form.picked, language)
    told = tell_item(form, form.picked, spoken, form.facts)
    return {"text": told, "lang": spoken.locale if spoken != language else "", "direction": spoken.direction}
