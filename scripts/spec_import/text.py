# SPDX-License-Identifier: GPL-2.0-only
"""The text of one cell: its normal form, the key it is looked up by, and port expressions."""

import re
import unicodedata

ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
DASHES = re.compile("[\u2010-\u2015\u2212]")


class Unreadable(Exception):
    """A cell that can't be read or named; the message is the reason."""


def normalise(text):
    """NFKC (full-width forms, U+00A0 ...), no zero-width characters, single spaces; lines kept."""
    text = unicodedata.normalize("NFKC", text).translate(ZERO_WIDTH)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def key(text):
    """What names are compared by: case and white space differ between copies of one name."""
    return "".join(normalise(text).casefold().split())


def show(text):
    """A cell's text for a message: one line, escaped, bounded."""
    text = " / ".join(normalise(text).split("\n"))
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return text if len(text) <= 80 else text[:77] + "..."


def port_number(text):
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise Unreadable(f"{show(text)}: not a port")
    return int(text)


def port_range(text):
    """`443`, `1024-65535` or `50,000-59,999` to (low, high)."""
    # A comma with three digits behind it groups thousands; a list needs `/`, `、` or `, `.
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", text)
    low, dash, high = text.partition("-")
    low = port_number(low.strip())
    if not dash:
        return low, low
    high = port_number(high.strip())
    if low >= high:
        raise Unreadable(f"{show(text)}: not an ascending range")
    return low, high


def ports(text):
    """A port cell to `443`, `50000-59999` or `67,68`.

    A trailing `*` is a footnote mark. Raises Unreadable.
    """
    text = DASHES.sub("-", normalise(text))
    text = re.sub(r"\s*\\?\*$", "", text)
    if not text:
        raise Unreadable("no port")
    found = []
    for part in re.split(r"\s*[/、;\n]\s*|,\s+", text):
        low, high = port_range(part)
        found.append(str(low) if low == high else f"{low}-{high}")
    if len(set(found)) != len(found):
        raise Unreadable(f"{show(text)}: a port stands twice")
    return ",".join(found)
