"""How people call what has a number: a promise P-12, a voice V-7, an initiative I-3. The number alone will do."""

from __future__ import annotations

from engine.errors import NotFoundError


def read_called(text: str, *, letter: str, what: str) -> int:
    """12 for “P-12”, “p-12” and “12”. Raises NotFoundError for what calls nothing of this kind.

    `what`: with its article, “a promise”.
    """
    digits = text.strip().upper().removeprefix(f"{letter}-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        noun = what.partition(" ")[2]
        raise NotFoundError(f"There is no {noun} “{text}”; {what} is called {letter}-12, or 12 for short.", about=text)
    return int(digits)
