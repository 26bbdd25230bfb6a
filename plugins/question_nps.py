"""How likely somebody is to recommend us, from 0 to 10 (Reichheld, 2003).

The score is the number chosen, and 6 or less is low. `low_label` and `high_label` replace the words at the ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.api import QuestionType, Scale, hookimpl


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Scale("nps", 0, 10, low="Not at all likely", high="Extremely likely", low_up_to=6)]
