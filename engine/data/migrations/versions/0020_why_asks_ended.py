"""Why an ask ended is kept as what the sentence is made of, so that it is told in the reader's language"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

WHOLE = (
    "the person changed their wishes",
    "the person opted out",
    "the person may be asked again",
    "the person was forgotten",
    "the same person was asked as another contact, before it was known that they are one",
    "the client says that it does not concern them",
    "its time ran out before it was sent",
)
PATTERNS = (
    "held when it was to be sent: {why}",
    "skipped by {author}: {reason}",
    "it could not be written: {error}",
    "it could not be delivered: {detail}",
    "the call sheet to {owner} was refused: {detail}",
)


def upgrade() -> None:
    asks = sa.table("asks", sa.column("id"), sa.column("why_status"), sa.column("why", sa.JSON()))
    op.add_column("asks", sa.Column("why", sa.JSON(), nullable=True))
    connection = op.get_bind()
    told = connection.execute(sa.select(asks.c.id, asks.c.why_status).where(asks.c.why_status.is_not(None))).all()
    if told:
        kept = sa.update(asks).where(asks.c.id == sa.bindparam("ask")).values(why=sa.bindparam("kept", type_=sa.JSON()))
        connection.execute(kept, [{"ask": number, "kept": _read(text)} for number, text in told])
    op.drop_column("asks", "why_status")


def _read(text: str) -> dict[str, Any]:
    """The sentence it was told by; anything else was said by somebody else."""
    if text in WHOLE:
        return {"say": text}
    for pattern in PATTERNS:
        match = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.*?)", re.escape(pattern)), text, re.DOTALL)
        if match:
            return {"say": pattern, "with": {name: {"words": words} for name, words in match.groupdict().items()}}
    return {"words": text}
