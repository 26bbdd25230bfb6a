"""A call sheet: what somebody who calls a client needs to have before them. The client is written nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.errors import StateError
from engine.language import Language
from engine.links import DESK_PATH
from engine.operations.forms import Form
from engine.operations.invitations import Stationery, links_of, message_id
from engine.operations.letters import spoken_for, tell_form, tell_item, tell_state
from engine.operations.outcomes import local_day
from engine.registry import Plugins
from engine.types import Channel, Message


@dataclass(frozen=True)
class Desk:
    """What call sheets are written with. `language`: the account team's; what is to be said is in the client's."""

    stationery: Stationery
    plugins: Plugins
    language: Language


def is_to_owner(channel: Channel | None) -> bool:
    """Whether its messages go to the account's owner, who does the asking."""
    return bool(getattr(channel, "to_owner", False))


def write_call_sheet(desk: Desk, form: Form, attempt: int) -> Message:
    """The message to the account's owner. The template's first line is the subject. Raises StateError without one."""
    if not form.owner_email:
        raise StateError("Nobody is named who looks after this client, so nobody can call.", about=str(form.ask_id))
    stationery, language = desk.stationery, desk.language
    spoken = stationery.languages.choose([*form.locales, form.company.locale])
    links = links_of(stationery, form)
    text = stationery.environment.get_template("messages/call_sheet.txt").render(
        say=language.gettext,
        form=form,
        name=form.contact_name or form.contact_email,
        account=form.facts["account"]["name"],
        when=tell_when(form, language),
        until=language.day(local_day(form.expires_at, form.zone), form.today) if form.expires_at else "",
        opening=tell_opening(form, spoken),
        outcomes=[(one, tell_state(one, spoken, form.today)) for one in form.came_of_it[:3]],
        questions=list(tell_questions(desk.plugins, form, spoken)),
        desk_url=stationery.config.link(f"{DESK_PATH}{form.ask_id}/call"),
        **{name: links[name] for name in ("survey_url", "wishes_url")},
    )
    subject, _, body = text.partition("\n")
    return Message(
        to=form.owner_email,
        to_name=form.owner_name,
        sender=stationery.config.sender,
        sender_name=form.company.name,
        subject=subject.strip(),
        text=body.strip() + "\n",
        message_id=message_id(stationery, form, attempt),
    )


def tell_when(form: Form, language: Language) -> str:
    """The day and hour at which they are best asked, where they are."""
    if form.send_at is None:
        return language.day(form.today, form.today)
    at = form.send_at.astimezone(form.zone)
    place = form.zone.key.rpartition("/")[2].replace("_", " ")
    day = language.day(at.date(), form.today)
    return language.gettext("%(day)s, about %(time)s in %(place)s", day=day, time=f"{at:%H:%M}", place=place)


def tell_opening(form: Form, spoken: Language) -> str:
    """The words to begin with, as the invitation has them."""
    told, _ = tell_form(form, spoken), spoken.gettext
    values = {"questions": told["questions"], "time": told["time"]}
    if told["intro"]:
        return f"{told['intro']} {_('%(questions)s, %(time)s:', **values).rstrip(': ')}."
    return f"{_('%(questions)s, %(time)s, because %(why)s:', **values, why=told['why']).rstrip(': ')}."


def tell_questions(plugins: Plugins, form: Form, spoken: Language) -> Iterator[str]:
    for item in form.items:
        kind = plugins.question_types[item.question.type]
        language = spoken_for(item, spoken)
        label = tell_item(form, item, language, form.facts)
        yield kind.as_text(label, kind.texts(item.question, language.locale, language.gettext))
