"""A rating in points, usually from 1 to 5.

`scale` is the last point, `low_label` and `high_label` replace the words at the ends. The score is the point chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.api import QuestionType, Scale, hookimpl


@hookimpl
def register_question_types() -> Sequence[QuestionType]:
    return [Scale("rating", 1, 5, low="Poor", high="Excellent", resizable=True)]
