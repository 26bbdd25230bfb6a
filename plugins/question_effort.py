"""How easy we made something, from 1 to 7: agreement with a statement such as "… made it easy for me" (CES 2.0).

The score is the point chosen; 5 and more counts as agreement. `low_label` and `high_label` replace the words at the
ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.api import QuestionType, Scale, hookimpl


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Scale("effort", 1, 7, low="Strongly disagree", high="Strongly agree")]
