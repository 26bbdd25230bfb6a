"""Rows that hold the words somebody looks for: whole words or their beginnings, all of them, in any order.

The databases keep the index themselves, by triggers (SQLite, FTS5) or as an index of an expression (PostgreSQL), so
nothing that writes has to think of it. Case, accents, and the marks above and below Arabic and Hebrew letters make no
difference. Both find the same.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, false, literal, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

from engine.data.models import Account, AuditEntry, Base, Contact, Promise, Voice

COLUMNS: dict[type[Base], tuple[str, ...]] = {
    Account: ("name", "key"),
    Contact: ("name", "email", "key"),
    Promise: ("title", "said"),
    Voice: ("text",),
    AuditEntry: ("author", "action", "subject"),
}
"""What is looked through, as the columns are named in the database."""
POINTS = "\u05b0-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670\u0640"
"""Points of Hebrew; vowel signs of Arabic, and the stroke that lengthens its words."""
SAME = str.maketrans("ё", "е")
"""What is often written without its mark. Latin letters lose every mark, other ones keep theirs."""
MOST_WORDS = 12
FEW = 500
"""So many rows are named by their ids; more are too many to begin with."""


def read_words(said: str) -> list[str]:
    """
    >>> read_words("L’été à São-Paulo, كِتَاب")
    ['l', 'ete', 'a', 'sao', 'paulo', 'كتاب']
    """
    plain = unicodedata.normalize("NFD", re.sub(f"[{POINTS}]", "", said.lower().translate(SAME)))
    plain = unicodedata.normalize("NFC", re.sub("([a-z])[\u0300-\u036f]+", r"\1", plain))
    return re.findall(r"[^\W_]+", plain)[:MOST_WORDS]


def holds(found: type[Base], words: str, dialect: str) -> ColumnElement[bool]:
    """The row of this table has a word that begins with each of these; none has, where there are no words."""
    wanted = read_words(words)
    if not wanted:
        return false()
    if dialect == "postgresql":
        return _vector(found).op("@@")(literal(" & ".join(f"'{word}':*" for word in wanted)).cast(TSQUERY))
    return found.id.in_(_rows(found, wanted))


def forget_words(session: Session) -> None:
    """Take out of SQLite's indexes what rows have not said since: until then it only stands beside that it is gone."""
    if session.get_bind().dialect.name == "sqlite":
        session.flush()
        for found in COLUMNS:
            name = f"search_{found.__tablename__}"
            session.connection().execute(text(f"INSERT INTO {name} ({name}) VALUES ('optimize')"))  # noqa: S608


def find_few(session: Session, found: type[Base], words: str) -> list[int] | None:
    """The ids of the rows that hold the words and may be seen; None where there are more than FEW."""
    query = select(found.id).where(holds(found, words, session.get_bind().dialect.name)).limit(FEW + 1)
    ids = list(session.scalars(query))
    return ids if len(ids) <= FEW else None


def _rows(found: type[Base], wanted: list[str]) -> Select[*tuple[Any, ...]]:
    name = f"search_{found.__tablename__}"
    index = table(name, column("rowid"), column(name))
    matches = index.c[name].op("MATCH")(" AND ".join(f'"{word}"*' for word in wanted))
    return select(index.c.rowid).where(and_(matches))


def _vector(found: type[Base]) -> ColumnElement[Any]:
    """Just as the index has it, or PostgreSQL does not know that it may use it."""
    texts = " || ' ' || ".join(f"coalesce({found.__tablename__}.{name}, '')" for name in COLUMNS[found])
    return literal_column(f"heed_words({texts})", TSVECTOR)
