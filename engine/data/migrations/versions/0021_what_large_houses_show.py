"""What the desk shows of a large house: figures that are counted once a day, words that are looked for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.types import Instant

revision = "0021"
down_revision = "0020"

WAITING = "origin = 'heed' AND status IN ('planned', 'approved', 'sending')"
LIVE = "origin = 'heed' AND status IN ('planned', 'approved', 'sending', 'sent', 'opened', 'started', 'in_doubt')"
PARTS = (
    ("ix_promises_no_word", "promises", "done_on", "coalesce(status, '') = 'done' AND verdict IS NULL"),
    ("ix_promises_disputed", "promises", "id", "verdict = 'disputed'"),
    ("ix_asks_coming", "asks", "planned_on", WAITING),
    ("ix_asks_way", "asks", "channel", LIVE),
)
"""Indexes of a few rows: name, table, column, which rows."""
SEARCHED = {
    "accounts": ("name", "key"),
    "contacts": ("name", "email", "key"),
    "promises": ("title", "said"),
    "voices": ("text",),
    "audit": ("author", "action", "subject"),
}
POINTS = (*range(0x05B0, 0x05BE), 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7,
          *range(0x064B, 0x0653), 0x0670, 0x0640)  # fmt: skip
MARKED, UNMARKED = "ёЁ", "еЕ"
SAME = tuple(zip(MARKED, UNMARKED, strict=True))
"""What FTS5 does not take away by itself: see engine.data.search."""


BETWEEN = (
    "\\u0001-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u00a9\\u00ab-\\u00b1\\u00b4\\u00b6-\\u00b8\\u00bb\\u00bf"
    "\\u00d7\\u00f7\\u05be\\u05c0\\u05c3\\u05f3\\u05f4\\u060c\\u061b\\u061f\\u066a-\\u066c\\u06d4\\u2000-\\u206f\\u20a0-\\u20bf"
    "\\u2190-\\u2bff\\u3000-\\u3004\\u3008-\\u3020"
)
"""What parts words, for PostgreSQL: what it calls a letter depends on how the server was set up."""


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "figures",
        sa.Column("id", number, primary_key=True),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        sa.Column("counted_at", Instant(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
    )
    op.add_column("accounts", sa.Column("expected", sa.Text()))
    _index_lists()
    if op.get_bind().dialect.name == "sqlite":
        for table, columns in SEARCHED.items():
            _index_words(table, columns)
    else:
        _index_vectors()


def _index_lists() -> None:
    op.create_index("ix_promises_made", "promises", ["made_on", "id"])
    op.create_index("ix_accounts_name", "accounts", ["name", "id"])
    op.create_index("ix_contacts_name", "contacts", ["name", "id"])
    for name, table, column, where in PARTS:
        op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _index_words(table: str, columns: tuple[str, ...]) -> None:
    """The index of words has no text of its own, so what is taken out of it is told in full."""
    words = f"search_{table}"
    op.execute(
        f"CREATE VIRTUAL TABLE {words} USING fts5(words, content='', detail=none, columnsize=0, "
        "tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")"
    )
    new, old = (_plain(" || ' ' || ".join(f"coalesce({row}.{name}, '')" for name in columns)) for row in ("new", "old"))
    put = f"INSERT INTO {words} (rowid, words) VALUES (new.id, {new});"  # noqa: S608  (names are ours)
    take = f"INSERT INTO {words} ({words}, rowid, words) VALUES ('delete', old.id, {old});"  # noqa: S608
    changed = " OR ".join(f"new.{name} IS NOT old.{name}" for name in columns)
    op.execute(f"CREATE TRIGGER {words}_puts AFTER INSERT ON {table} BEGIN {put} END")
    op.execute(f"CREATE TRIGGER {words}_takes AFTER DELETE ON {table} BEGIN {take} END")
    op.execute(
        f"CREATE TRIGGER {words}_changes AFTER UPDATE OF {', '.join(columns)} ON {table} WHEN {changed} "
        f"BEGIN {take} {put} END"
    )
    op.execute(f"INSERT INTO {words} (rowid, words) SELECT new.id, {new} FROM {table} AS new")  # noqa: S608


def _plain(text: str) -> str:
    """Step by step: calls that are nested deeper are too much for SQLite's parser."""
    pairs = [*((f"char({point})", "''") for point in POINTS), *((f"'{old}'", f"'{new}'") for old, new in SAME)]
    for start in range(0, len(pairs), 14):
        step = "plain"
        for old, new in pairs[start : start + 14]:
            step = f"replace({step}, {old}, {new})"
        text = f"(SELECT {step} FROM (SELECT {text} AS plain))"  # noqa: S608
    return text


def _index_vectors() -> None:
    """PostgreSQL's own parser keeps addresses whole and knows words by the server's language; so it gets the words."""
    points = "".join(map(chr, POINTS))
    text = f"normalize(translate(lower(given), '{MARKED}{points}', '{UNMARKED}'), NFD)"
    text = f"normalize(regexp_replace({text}, '([a-z])[\u0300-\u036f]+', '\\1', 'g'), NFC)"
    op.execute(
        "CREATE FUNCTION heed_words(given text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ "
        f"SELECT array_to_tsvector(array_remove(regexp_split_to_array({text}, '[{BETWEEN}]+'), '')) $$"
    )
    for table, columns in SEARCHED.items():
        texts = " || ' ' || ".join(f"coalesce({name}, '')" for name in columns)
        op.execute(f"CREATE INDEX search_{table} ON {table} USING gin (heed_words({texts}))")
