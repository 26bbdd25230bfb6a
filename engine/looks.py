"""How a company looks to its clients: an accent colour, a font stack, a logo; what may be said of each, and in CSS.

A font stack names fonts that readers have: nothing is fetched. A logo is a PNG, taken apart and put together again from
the parts that make its picture, so that nothing else travels with it. SVG is refused: it is a document with scripts,
styles and links of its own, and mail programs do not show it.
"""

from __future__ import annotations

import re
import struct
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from engine.errors import InputError

GENERIC = ("serif", "sans-serif", "monospace", "system-ui", "ui-serif", "ui-sans-serif", "ui-rounded", "ui-monospace")
SYSTEM = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
"""What client.css has, too."""
KEYWORDS = ("inherit", "initial", "unset", "revert", "revert-layer", "default", "none")
"""Words that mean something else where a font is named."""
MOST_FONTS = 6
FAMILY = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ -][A-Za-z0-9]+)*")

MOST_BYTES = 4096
"""Of a logo: the first view of a survey stays below 20 KB with it."""
MOST_WIDE, MOST_HIGH = 240, 40
"""How large a logo is shown at most; it may have more pixels, for sharp screens."""
MOST_PIXELS = 2000
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND")
"""The parts of a PNG that are kept. What was written with it, when and where, is not."""
LOGO = re.compile(r"([0-9a-f]{32})\.(\d{1,4})x(\d{1,4})")


def read_fonts(text: str) -> str:
    """A font stack as CSS, from names separated by commas; empty: the reader's own. Raises InputError.

    >>> read_fonts("Source Sans 3, Georgia")
    '"Source Sans 3", "Georgia", sans-serif'
    """
    families = [name.strip().strip("\"'") for name in text.split(",") if name.strip()]
    for name in families:
        if not FAMILY.fullmatch(name) or len(name) > 40 or name.lower() in KEYWORDS:
            raise InputError(f"“{name[:40]}” is no name of a font; write names as in Source Sans 3, Georgia, serif.")
    if len(families) > MOST_FONTS:
        raise InputError(f"Name at most {MOST_FONTS} fonts.")
    known = [name.lower() if name.lower() in GENERIC else f'"{name}"' for name in families]
    return ", ".join([*known, *([] if known[-1] in GENERIC else ["sans-serif"])]) if known else SYSTEM


@dataclass(frozen=True)
class Logo:
    """A picture as it is kept. `name` tells it from any other, and how large it is: `DIGEST.WIDTHxHEIGHT`."""

    name: str
    content: bytes


def read_png(content: bytes) -> Logo:
    """A logo from a PNG file. Raises InputError with what to do where it is none, or too large."""
    if not content.startswith(SIGNATURE):
        kind = "An SVG is a document of its own, and mail programs do not show it. " if b"<svg" in content[:500] else ""
        raise InputError(f"{kind}A logo has to be a PNG file; most programs can save one.")
    parts = [(kind, data) for kind, data in _parts(content) if kind in PICTURE]
    if [parts[0][0], parts[-1][0]] != [b"IHDR", b"IEND"] or len(parts[0][1]) != 13:
        raise InputError("This PNG file is damaged. Save it again.")
    width, height = struct.unpack(">II", parts[0][1][:8])
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        raise InputError(f"A logo may be {MOST_PIXELS} pixels wide and high; this one is {width} by {height}.")
    kept = SIGNATURE + b"".join(_part(kind, data) for kind, data in parts)
    if len(kept) > MOST_BYTES:
        raise InputError(
            f"The logo has {len(kept):,} bytes, at most {MOST_BYTES:,} are possible, so that pages open at once on a "
            f"phone. It is shown {MOST_HIGH} pixels high: twice that is enough, with a palette of 16 colours."
        )
    return Logo(f"{sha256(kept).hexdigest()[:32]}.{width}x{height}", kept)


def _parts(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The parts of a PNG, each with a sum that is right, up to its end (W3C PNG, 5.3)."""
    place = len(SIGNATURE)
    while place + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        data = content[place + 8 : place + 8 + length]
        if content[place + 8 + length : place + 12 + length] != struct.pack(">I", zlib.crc32(kind + data)):
            break
        yield kind, data
        if kind == b"IEND":
            return
        place += 12 + length
    raise InputError("This PNG file is damaged. Save it again.")


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@dataclass(frozen=True)
class Looks:
    """`accent`: `#rrggbb`; `font`: as typed; `logo`: its name, empty: none."""

    accent: str = "#2f5d62"
    font: str = ""
    logo: str = ""

    @cached_property
    def code(self) -> str:
        """The looks as part of an address: what is the same is kept by browsers for all who have it."""
        font = urlsafe_b64encode(self.font.encode()).decode().rstrip("=")
        return ".".join([self.accent.lstrip("#").lower(), font, self.logo.replace(".", "-")]).rstrip(".")

    @property
    def fonts(self) -> str:
        return read_fonts(self.font)

    @property
    def size(self) -> tuple[int, int]:
        """How large the logo is shown: width and height in CSS pixels; none: (0, 0)."""
        if not (found := LOGO.fullmatch(self.logo)):
            return 0, 0
        width, height = int(found[2]), int(found[3])
        scale = min(1, MOST_HIGH / height, MOST_WIDE / width)
        return max(1, round(width * scale)), max(1, round(height * scale))


def read_looks(code: str) -> Looks:
    """The looks behind an address. Raises InputError for what is none."""
    accent, font, logo = [*code.split("."), "", ""][:3]
    try:
        looks = Looks(f"#{accent}", urlsafe_b64decode(font + "=" * (-len(font) % 4)).decode(), logo.replace("-", "."))
    except ValueError:
        raise InputError("There are no such looks.") from None
    named = not looks.logo or LOGO.fullmatch(looks.logo)
    if looks.code != code or not re.fullmatch("#[0-9a-f]{6}", looks.accent) or not named:
        raise InputError("There are no such looks.")
    read_fonts(looks.font)
    return looks
