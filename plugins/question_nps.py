"""How likely somebody is to recommend us, from 0 to 10 (Reichheld, 2003).

The score is the number chosen, and 6 or less is low. `low_label` and `high_label` replace the words at the ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.api import Analysis, QuestionType, Scale, hookimpl, marked

NPS = Scale(
    "nps",
    0,
    10,
    low=marked("Not at all likely"),
    high=marked("Extremely likely"),
    low_up_to=6,
    analysis=Analysis("ordinal", ("share of 9 and 10 less share of 0 to 6", "distribution")),
)


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [NPS]
