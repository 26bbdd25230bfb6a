"""How easy we made something, from 1 to 7: agreement with a statement such as "… made it easy for me" (CES 2.0).

The score is the point chosen; 5 and more counts as agreement. `low_label` and `high_label` replace the words at the
ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.api import Analysis, QuestionType, Scale, hookimpl, marked

EFFORT = Scale(
    "effort",
    1,
    7,
    low=marked("Strongly disagree"),
    high=marked("Strongly agree"),
    analysis=Analysis("ordinal", ("share of 5 to 7", "mean", "distribution")),
)


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [EFFORT]
