"""heed surveys, heed check"""

from __future__ import annotations

from typing import Any

import click

from engine.cli.common import echo_json, json_option, open_engine, plural
from engine.operations.readers import list_untranslated
from engine.operations.surveys import check_house, list_missing_texts, list_surveys
from engine.types import Survey


@click.command()
@json_option
@click.pass_context
def surveys(ctx: click.Context, as_json: bool) -> None:
    """List the surveys: each one's occasions and its bank of questions.

    \b
    Example:
      heed surveys
    """
    found = list_surveys(open_engine(ctx))
    if as_json:
        echo_json([_as_dict(survey) for survey in found])
        return
    for survey in found:
        number = plural(len(survey.questions), "question")
        seconds = sum(question.seconds for question in survey.questions)
        click.echo(f"{survey.name:<20} {', '.join(survey.occasions):<14} {number}, {seconds} seconds in all")


def _as_dict(survey: Survey) -> dict[str, Any]:
    questions = [
        {"name": one.name, "type": one.type, "measures": one.measures, "anchor": one.anchor, "seconds": one.seconds}
        for one in survey.questions
    ]
    return {"name": survey.name, "title": dict(survey.title), "occasions": survey.occasions, "questions": questions}


@click.command()
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Look for mistakes in surveys, wording, settings and plugins, and say where each one is.

    Sentences of plugins, texts of pages and of surveys that have no translation are noted, and are no mistake: they are
    told in English. Exit code 0:
    no mistakes found, 1: some were.

    \b
    Example:
      heed check
    """
    engine = open_engine(ctx)
    findings = list(check_house(engine))
    for strategy, locale, sentence in list_untranslated(engine):
        click.echo(f"note: plugin {strategy} has no translation into {locale} of “{sentence}”", err=True)
    for missing in [] if findings else list_missing_texts(engine):
        click.echo(f"note: {missing}", err=True)
    if as_json:
        echo_json([{"where": finding.where, "message": finding.message} for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{finding.where}: {finding.message}")
        click.echo(f"{plural(len(findings), 'mistake')} found." if findings else "No mistakes found.")
    ctx.exit(1 if findings else 0)
