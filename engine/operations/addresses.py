"""One of our people gets another e-mail address: what names them by it, from accounts to promises, goes along."""

from __future__ import annotations

from secrets import token_hex

from engine.data import users as data
from engine.data.figures import keep_figures
from engine.data.models import AuditEntry
from engine.data.store import EVERYTHING
from engine.errors import LinkError
from engine.house import Engine
from engine.operations.users import read_email


def change_address(engine: Engine, mark: str, email: str) -> str:
    """The address that they had. `mark`: what sessions name them by; another one ends every session there was.

    Raises LinkError where they are gone, or the address is somebody's already; InputError where it is none.
    """
    email = read_email(email)
    with engine.store.write(EVERYTHING) as session:
        user = data.find_user_by_mark(session, mark)
        if user is None or not user.active or data.find_user(session, email):
            raise LinkError("This link does not lead anywhere any more.")
        before, user.email, user.fs_uniquifier = user.email, email, token_hex(16)
        session.flush()
        moved = data.move_address(session, before, email)
        keep_figures(session, {}, engine.clock())  # the ledger by owner has the address; it is counted again
        said = {"before": {"email": before}, "after": {"email": email, **moved}}
        session.add(AuditEntry(at=engine.clock(), author=before, action=data.CHANGED, subject=email, **said))
        return before
