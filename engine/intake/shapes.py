"""From what a file says to what the tables keep: keys derived, extra columns made attributes.

Columns that begin with # travel with the rows and are not theirs: what is known of the account, what was there before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import polars as pl

from engine.intake.files import EXTRA
from engine.intake.persons import email_keys, mobile_keys

IDENTITIES = {
    "accounts": ("key",),
    "contacts": ("account_id", "key"),
    "asks": ("contact_id", "sent_at"),
    "touchpoints": ("account_id", "contact_id", "kind", "happened_at"),
    "promises": ("account_id", "contact_id", "title", "made_on"),
    "answers": ("contact_id", "survey", "question", "answered_at"),
    "voices": ("account_id", "contact_id", "source", "said_at", "text"),
}
"""What tells one row of a table from another."""


def canonical(value: Any) -> str:
    """JSON in the one form in which equal values are equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def own_columns(rows: pl.DataFrame) -> list[str]:
    return [name for name in rows.columns if not name.startswith("#")]


def shape_rows(kind: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows' own columns as the table names them. #country and #owner_email are the account's."""
    if kind == "accounts" and "private_fields" in rows.columns:
        return rows.with_columns(
            _each("private_fields", lambda text: canonical(re.findall(r"[^\s,;|]+", text)), "[]", rows)
        )
    if kind == "contacts":
        return with_keys(rows)
    if kind == "promises":
        stated = pl.col("owner_email") if "owner_email" in rows.columns else pl.lit(None, pl.String)
        return rows.with_columns(pl.coalesce(stated, "#owner_email").alias("owner_email"))
    if kind == "answers" and "value" in rows.columns:
        number = pl.when(pl.col("value").str.contains(r"^-?\d{1,15}(\.\d+)?$")).then("value").cast(pl.Float64)
        return rows.with_columns(number.alias("score"))
    if kind == "voices":
        ours = pl.col("source") == "employee"
        return rows.with_columns(speaker=pl.when(ours).then(pl.lit("employee")).otherwise(pl.lit("client")))
    return rows


def with_keys(contacts: pl.DataFrame) -> pl.DataFrame:
    """What tells persons apart, beside the addresses that it comes from."""
    if "email" in contacts.columns:
        contacts = contacts.with_columns(email_keys(contacts["email"]).alias("email_key"))
    if "phone" in contacts.columns:
        contacts = contacts.with_columns(mobile_keys(contacts["phone"], contacts["#country"]).alias("mobile_key"))
    return contacts


def merge_extra(rows: pl.DataFrame, attributes: pl.Series) -> pl.DataFrame:
    """EXTRA as `attributes`, over the old ones (JSON): what has no column stays, what is empty goes."""
    merged = []
    for extra, old in zip(rows[EXTRA], attributes, strict=True):
        values = (json.loads(old) if old else {}) | extra
        merged.append(canonical({name: value for name, value in values.items() if value is not None}))
    return rows.drop(EXTRA).with_columns(pl.Series("attributes", merged, pl.String))


def _each(name: str, make: Callable[[str], str], empty: str, rows: pl.DataFrame) -> pl.Series:
    """A column with `make` of each distinct text, and `empty` for null."""
    made = {text: make(text) for text in rows[name].drop_nulls().unique()}
    return (
        rows[name].replace_strict(made, default=empty, return_dtype=pl.String) if made else rows[name].fill_null(empty)
    )
