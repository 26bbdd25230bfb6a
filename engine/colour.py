"""The accent colour, made readable: any brand's colour on our light and dark ground (WCAG 2.2, 1.4.3: 4.5:1)."""

from __future__ import annotations

LIGHT, DARK = "#fbfaf8", "#1c1b19"
"""The grounds of client.css."""

LEAST = 5.3
"""More than 4.5, so that it is 4.5 also where client.css tints the ground with the colour."""


def readable(colour: str, ground: str) -> str:
    """The colour, mixed with black or white as little as it takes to be read on the ground. Colours are `#rrggbb`.

    >>> readable("#ffd400", "#ffffff")
    '#735f00'
    """
    target = "#000000" if _luminance(ground) > 0.18 else "#ffffff"
    shades = (_mix(colour, target, share / 20) for share in range(21))
    return next(shade for shade in shades if contrast(shade, ground) >= LEAST)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _mix(colour: str, target: str, share: float) -> str:
    mixed = (
        round(one + (other - one) * share) for one, other in zip(_channels(colour), _channels(target), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
