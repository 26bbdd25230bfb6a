"""A frame inside the database for as long as it is joined to: how many rows are found or changed in one statement."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import BigInteger, Column, Float, MetaData, Table, Text
from sqlalchemy.orm import Session

from engine.data.store import Store

ROW = "#row"
"""The place of a row in the frame."""


class Stage:
    """A temporary table with the frame's columns and ROW. Days are integers in it, as they are in all tables."""

    def __init__(self, store: Store, session: Session, rows: pl.DataFrame) -> None:
        self.store, self.session, self.rows = store, session, rows.with_row_index(ROW)

    def __enter__(self) -> Table:
        columns = [Column(name, _sql_type(dtype)) for name, dtype in self.rows.schema.items()]
        self.table = Table("stage", MetaData(), *columns, prefixes=["TEMPORARY"])
        self.table.create(self.session.connection())
        self.store.insert_many(self.session, self.table, self.rows)
        return self.table

    def __exit__(self, *error: object) -> None:
        if error[0] is None:  # otherwise the transaction is undone, and the table with it
            self.table.drop(self.session.connection())


def _sql_type(dtype: pl.DataType) -> Any:
    if dtype == pl.String or dtype == pl.Null:
        return Text()
    return Float() if dtype == pl.Float64 else BigInteger()
