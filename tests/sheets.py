"""Files to import, written by tests: a header and rows, as a spreadsheet or a CRM would save them."""

from __future__ import annotations

from pathlib import Path

ACCOUNTS = "key,name,tier,owner_email,country\nnorth,Northwind,key,maria@us.example,DE\nsouth,Southwind,light,,AT\n"
CONTACTS = (
    "account_key,key,name,email,phone,role\n"
    "north,ada,Ada Bloom,ada@north.example,,cto\n"
    "north,ben,Ben Frost,ben@north.example,,user\n"
    "south,cid,Cid Stone,cid@south.example,,user\n"
)
ASKS = (
    "account_key,contact_key,occasion,survey,channel,sent_at,answered_at,status\n"
    "north,ada,relationship,relationship,email,2026-03-02T09:00:00Z,,sent\n"
)
TOUCHPOINTS = (
    "account_key,contact_key,kind,happened_at,owner_email,note\n"
    "north,,onboarding_done,2026-11-20T10:00:00Z,,went well\n"
)
PROMISES = (
    "account_key,contact_key,title,owner_email,made_on,due_on,status,done_on,verdict\n"
    "north,ada,Send the report earlier,,2026-10-01,2026-11-01,agreed,,\n"
)
ANSWERS = (
    "account_key,contact_key,survey,question,answered_at,value,text\n"
    "north,ada,relationship,recommend,2026-03-03T09:00:00Z,9,Good people\n"
)
BOOK = {
    "accounts": ACCOUNTS,
    "contacts": CONTACTS,
    "asks": ASKS,
    "touchpoints": TOUCHPOINTS,
    "promises": PROMISES,
    "answers": ANSWERS,
}


def write_sheet(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / f"{name}.csv"
    path.write_bytes(text.encode(encoding))
    return path


def write_book(folder: Path, **sheets: str) -> list[Path]:
    """Every kind of file, with those given in place of the usual ones."""
    return [write_sheet(folder, name, text) for name, text in (BOOK | sheets).items()]
