"""What somebody set, and at which layer."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from engine.data.models import SettingRow
from engine.types import SettingValue


def read_settings(session: Session) -> list[SettingValue]:
    """Everything that was ever set and not taken back."""
    rows = session.scalars(select(SettingRow).order_by(SettingRow.id))
    return [SettingValue(row.name, row.layer, row.layer_key, row.value, row.author, row.set_at) for row in rows]


def put_setting(session: Session, value: SettingValue) -> None:
    """Set it at its layer, in place of what was set there before."""
    if value.set_at is None:
        raise ValueError(f"{value.name} was set at no time")
    row = session.scalar(_same(value.name, value.layer, value.layer_key).with_for_update())
    if row is None:
        row = SettingRow(name=value.name, layer=value.layer, layer_key=value.layer_key)
        session.add(row)
    row.value, row.author, row.set_at = value.value, value.author, value.set_at
    session.flush()


def remove_setting(session: Session, name: str, layer: str = "house", layer_key: str = "") -> bool:
    """Take it back, so that the layer above counts again; False where nothing was set."""
    row = session.scalar(_same(name, layer, layer_key))
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def _same(name: str, layer: str, layer_key: str) -> Select[SettingRow]:
    return select(SettingRow).where(
        SettingRow.name == name, SettingRow.layer == layer, SettingRow.layer_key == layer_key
    )
