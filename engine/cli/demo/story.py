"""The story: a sample company plans, asks, listens, promises, keeps its word and asks again. Each step is one function.

Nothing is pretended: the files are imported, messages go over SMTP, clients answer over HTTP. Only the time passes
faster, and only as the demo's clock says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from rich.cells import set_cell_size

from engine.cli.demo.stage import Stage
from engine.cli.demo.visitor import Mind, Page, answer_form, open_page
from engine.cli.promise_table import due_in_words, in_full, state
from engine.data.models import Promise
from engine.decide.page import explanation_as_text
from engine.errors import HeedError
from engine.operations.decisions import explain_contact
from engine.operations.due_days import working_days_after
from engine.operations.imports import import_files
from engine.operations.planning import plan_asks
from engine.operations.promise_steps import name
from engine.operations.promises import (
    agree_promise,
    do_promise,
    list_promises,
    move_promise,
)
from engine.operations.sending import send_due
from engine.operations.settings import set_settings
from engine.operations.suggestions import make_suggestions
from engine.operations.users import add_user, choose_password, welcome_link
from engine.samples.book import HOUSE, KINDS, first_day, write_book
from engine.web.mailcatcher import list_mail

ADMIN = "ruth.lindqvist@quillbrook.example"
TOM = "tom.ashworth@quillbrook.example"
JAMES = "james.okafor@quillbrook.example"

ANNIKA = Mind(
    good=1,
    words="Die Kosten je Werk stehen jetzt dort, wo wir sie brauchen. Danke an das ganze Team.",
    reasons=("people", "expertise"),
)
NADIA = Mind(
    good=0.7,
    words="The numbers are right. I would rather explain on the phone what the board now asks for.",
    call_when="tomorrow after two",
    call_number="+44 20 7946 0018",
)
MARCUS = Mind(
    good=0.3,
    words="Two of the last four reports came a day late, and I found out by opening an empty folder.",
    reasons=("reporting", "promises"),
)


PASSWORD = "a desk for the demo"  # noqa: S105  (of a house that is made anew each time, on this computer only)


@dataclass
class Story:
    """What one step leaves for the next."""

    stage: Stage
    call: Promise | None = None
    warning: Promise | None = None
    survey: Page | None = None
    asked: int = 0


def import_book(story: Story) -> None:
    stage = story.stage
    today = first_day(stage.today())
    stage.move_to(today, 6, 30)
    set_settings(stage.engine, HOUSE)
    with stage.console.status("importing"):
        report = import_files(stage.engine, write_book(today, stage.folder / "book"))
    if report.rejected:
        raise HeedError("\n".join(map(str, report.rejections)))
    stage.say(f"{HOUSE['company.name']} is a company that does not exist. It is {in_full(today)}, half past six.")
    stage.typed("heed import " + " ".join(f"{kind}.csv" for kind in KINDS))
    stage.quote("\n".join(f"{report.counts[kind].new:>5}  {kind}" for kind in KINDS))
    _let_in(story)


def _let_in(story: Story) -> None:
    """Those of the company who sit at a desk in this story, each by the link that an admin gives them."""
    engine = story.stage.engine
    for email in (ADMIN, TOM, JAMES):
        add_user(engine, email, is_admin=email == ADMIN)
        choose_password(engine, welcome_link(engine, email).rpartition("/")[2], PASSWORD)


def plan_first(story: Story) -> None:
    _plan(story)
    _explain(story, "marcus.reyes")


def deliver(story: Story) -> None:
    _send(story)
    arrived = list_mail(story.stage.folder)
    story.stage.say(f"{len(arrived)} messages arrived over SMTP.")


def hear_clients(story: Story) -> None:
    stage = story.stage
    _answer(story, "Annika Vogt", "annika.vogt@brunner-werkzeugbau.example", ANNIKA)
    before = {promise.id for promise in list_promises(stage.engine)}
    thanks = _answer(story, "Nadia Bloom", "nadia.bloom@haldenfreight.example", NADIA)
    now = list_promises(stage.engine)  # drafts are made in the background
    born = [promise for promise in now if promise.id not in before and promise.status == "agreed"]
    if len(born) != 1:
        raise HeedError(f"Nadia Bloom asked to be called, and {len(born)} promises were made of it.")
    story.call = born[0]
    stage.say(
        f"A promise from the second she sent it: {name(story.call)} “{story.call.title}”, due "
        f"{in_full(story.call.due_on)}, owned by {story.call.owner_email}."
    )
    if story.call.title not in thanks.text:
        raise HeedError("Nadia Bloom's thank-you page does not name the promise that was just made.")
    _answer(story, "Marcus Reyes", "marcus.reyes@corvanehealth.example", MARCUS)


def keep_promises(story: Story) -> None:
    """Time passes: one call; one promise made of what Marcus said, moved once in the open, and done."""
    days = [working_days_after(story.stage.today(), number, "GB") for number in range(1, 8)]
    _on(story, days[0], "Tom calls Nadia. James makes a promise of what Marcus wrote, and stands by it.")
    _do(story, TOM, _made(story.call), "Tom called at half past two. The board pack gets a page on cash.")
    _promise_warning(story, days[4])
    _on(story, days[3], "It will take longer. Marcus can read why.")
    _move(story, _made(story.warning), days[6], "Your clearing house sends test data later than we thought.")
    _on(story, days[5], "It is done.")
    _do(story, JAMES, _made(story.warning), "You and Denise now get a note two working days before a report is late.")
    _plan_again(story, first_day(days[5] + timedelta(days=14)))


def _promise_warning(story: Story, due_on: date) -> None:
    stage, title = story.stage, "Warn you two days ahead when a report will be late"
    make_suggestions(stage.engine)
    drafts = [draft for draft in list_promises(stage.engine, account="corvane") if draft.status == "drafted"]
    draft = next((draft for draft in drafts if draft.said == MARCUS.words), None)
    stage.say(f"Heed has drafted: “{_made(draft).title}”. James knows something better.")
    stage.typed(f'heed promise agree {name(_made(draft))} --title "{title}" --due {due_on}')
    story.warning = agree_promise(stage.acting_as(JAMES), _made(draft).id, title=title, due_on=due_on)


def _move(story: Story, promise: Promise, due_on: date, reason: str) -> None:
    story.stage.typed(f'heed promise move {name(promise)} --due {due_on} --reason "{reason}"')
    move_promise(story.stage.acting_as(promise.owner_email), promise.id, due_on=due_on, reason=reason)


def _do(story: Story, who: str, promise: Promise, what: str) -> None:
    story.stage.typed(f'heed promise do {name(promise)} --reason "{what}"')
    do_promise(story.stage.acting_as(who), promise.id, what=what)


def _plan_again(story: Story, day: date) -> None:
    stage, warning = story.stage, _made(story.warning)
    stage.move_to(day, 6, 30)
    stage.say(f"\n{in_full(day)}. The next plan.")
    _plan(story)
    stage.say("What was promised to Claire Fontenay is overdue, so she is not asked anything:")
    _explain(story, "claire.fontenay", "hold", "promise_brake")
    stage.say("What was promised to Marcus Reyes was done two weeks ago, and that is a reason to ask:")
    _explain(story, "marcus.reyes", "ask", "promise_check")
    _send(story)
    story.survey = open_page(_find_link(story, "marcus.reyes@corvanehealth.example"))
    told = re.search(r"You said: .*?(?=See all|$)", story.survey.text)
    for needed in (MARCUS.words, warning.title, "Done on"):
        if not told or needed not in told[0]:
            raise HeedError(f"Marcus Reyes's next survey does not say “{needed}”.")
    stage.say("His next survey opens with what came of the last one:")
    stage.quote(re.sub(r" (?=James|Done on)", "\n", told[0] if told else ""))


def sum_up(story: Story) -> None:
    stage = story.stage
    promises = list_promises(stage.engine)
    mail = list_mail(stage.folder)
    if len(mail) != story.asked:
        raise HeedError(f"{story.asked} messages were sent and {len(mail)} arrived.")
    stage.say(f"{story.asked} asks were sent and arrived, 3 clients answered, {len(promises)} promises stand:")
    stage.quote("\n".join(_line(one, stage.today()) for one in promises))


def _line(promise: Promise, today: date) -> str:
    where = " ".join(filter(None, [state(promise), due_in_words(promise, today)]))
    return f"{name(promise):<5} {set_cell_size(promise.title, 46)}  {where}"


Step = tuple[str, Callable[[Story], None]]

STEPS: tuple[Step, ...] = (
    ("A book of clients is imported", import_book),
    ("Heed decides for everyone: whom to ask today, and whom not", plan_first),
    ("The asks go out, each in its client's morning", deliver),
    ("Three clients answer", hear_clients),
    ("The team keeps its word, and time passes", keep_promises),
    ("What came of it", sum_up),
)


def list_pages(story: Story) -> dict[str, str]:
    """Pages to look at. Raises HeedError for one that does not answer."""
    survey = story.survey
    if survey is None:
        raise HeedError("There is no survey to show.")
    pages = {
        "Marcus's next survey": survey.url,
        "his page of promises": survey.find_link("/p/"),
        "his wishes": survey.find_link("/w/"),
        "the mail": story.stage.config.link("/demo/mail/"),
        "the team's desk": story.stage.config.link("/admin/"),
    }
    for url in pages.values():
        open_page(url)
    return pages


# What steps share


def _plan(story: Story) -> None:
    story.stage.typed("heed plan")
    with story.stage.console.status("deciding"):
        funnel = plan_asks(story.stage.engine)
    if funnel.errors:
        raise HeedError("\n".join(funnel.errors))
    story.stage.quote(funnel.as_text())


def _explain(story: Story, who: str, decision: str = "ask", strategy: str = "") -> None:
    """Print an explanation in full. Raises HeedError unless it says what the story says."""
    told = explain_contact(story.stage.engine, who)
    named = [line["strategy"] for line in [*told.reasons, *told.holds]]
    if told.decision != decision or (strategy and strategy not in named):
        raise HeedError(
            f"For {who} the plan should say {decision} by {strategy or 'any strategy'}:\n{explanation_as_text(told)}"
        )
    story.stage.typed(f"heed explain {who}")
    story.stage.quote(explanation_as_text(told))


def _send(story: Story) -> None:
    """As the day goes round the world."""
    stage, today = story.stage, story.stage.today()
    for hour in (8, 12, 18):
        stage.move_to(today, hour)
        with stage.console.status("sending"):
            sent = send_due(stage.engine)
        story.asked += sent.sent
        stage.typed(f"heed send        # at {hour}:00 in London: {sent.sent} sent")
        if sent.refused or sent.later or sent.in_doubt or sent.failed:
            raise HeedError(f"Not everything could be sent: {sent}")


def _answer(story: Story, who: str, email: str, mind: Mind) -> Page:
    page = open_page(_find_link(story, email))
    thanks = answer_form(page, mind)
    story.stage.say(f"{who}, {mind.good * 10:.0f} of 10: “{mind.words}”")
    return thanks


def _find_link(story: Story, email: str) -> str:
    """The survey's link in the newest message to this address, as the client would click it."""
    newest = next((one for one in list_mail(story.stage.folder) if one.to == email), None)
    link = re.search(re.escape(story.stage.config.link("/s/")) + r"[\w.~-]+", newest.text) if newest else None
    if link is None:
        raise HeedError(f"No message to {email} with a link to a survey was caught.")
    return link[0]


def _on(story: Story, day: date, what: str) -> None:
    story.stage.move_to(day, 16)
    story.stage.say(f"{in_full(day)}. {what}")


def _made(promise: Promise | None) -> Promise:
    if promise is None:
        raise HeedError("The promise that the story tells of was never made.")
    return promise
