"""What was asked, for the account team to read: each question as it is worded now, with what is known of an answer.

The client's own page tells an ask in the very words that it was made with. A list of years of answers has one text for
each question, and “…” for what only that page knew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.data.models import Account, AnswerRow
from engine.house import Engine
from engine.language import ENGLISH
from engine.operations.company import read_company
from engine.operations.outcomes import first_name, name_from_email
from engine.operations.surveys import list_surveys
from engine.survey.wording import render_known


@dataclass(frozen=True)
class Wordings:
    """`texts`: by survey and question, in the desk's language."""

    company: str
    texts: Mapping[tuple[str, str], str]

    def tell(self, answer: AnswerRow, account: Account, **about: Mapping[str, Any]) -> str:
        """What somebody answered there. `about`: facts of the promise or touchpoint that was asked about.

        A question that no survey has any more is told by its name.
        """
        text = self.texts.get((answer.survey, answer.question))
        if text is None:
            return answer.question.replace("_", " ").capitalize()
        owner = name_from_email(account.owner_email or "")
        known = {"name": account.name, "owner": {"name": owner, "first_name": first_name(owner)}}
        facts = {"company": {"name": self.company}, "account": known, **about}
        return render_known(text, facts, lambda _: "…")


def read_wordings(engine: Engine) -> Wordings:
    with engine.store.read(engine.scope) as session:
        company = read_company(engine, session).name
    texts = {(survey.name, question.name): question.ask.get(ENGLISH.locale, "")
             for survey in list_surveys(engine) for question in survey.questions}  # fmt: skip
    return Wordings(company, {key: text for key, text in texts.items() if text})
