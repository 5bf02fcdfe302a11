"""torch.__version__'s type: a string that compares as a version."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

# PEP 440, less its alternative spellings: 2.13.0, 1.10.0a0+git36449ea, 2.1.0.dev20230801, 2.13.0+cpu.
_VERSION = re.compile(
    r"v?(?P<release>\d+(?:\.\d+)*)(?:(?P<pre>a|b|rc)(?P<pre_number>\d+))?(?:\.post(?P<post>\d+))?"
    r"(?:\.dev(?P<dev>\d+))?(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.IGNORECASE,
)
_LAST = float("inf")


@functools.cache
def _sort_key(text: str) -> tuple[Any, ...] | None:
    """What versions are ordered by; None for a string that is no version."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        return None
    release = [int(part) for part in found["release"].split(".")]
    while len(release) > 1 and not release[-1]:
        release.pop()
    pre: tuple[Any, ...] = (found["pre"].lower(), int(found["pre_number"])) if found["pre"] else ("z", 0)
    if not found["pre"] and found["dev"] and not found["post"]:
        pre = ("", 0)  # a development release comes before the first alpha
    local = re.split(r"[-_.]", found["local"].lower()) if found["local"] else []
    return (
        release,
        pre,
        int(found["post"] or -1),
        int(found["dev"]) if found["dev"] else _LAST,
        [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in local],
    )


def _as_text(other: Any) -> str | None:
    """A version given as a string, a tuple or a list; None for anything else."""
    if isinstance(other, str):
        return str(other)
    return ".".join(map(str, other)) if isinstance(other, (tuple, list)) else None


def _comparison(name: str) -> Callable[[str, Any], Any]:
    plain = getattr(str, name)

    def compare(self: str, other: Any) -> Any:
        text = _as_text(other)
        if text is None:
            return NotImplemented
        own, others = _sort_key(str(self)), _sort_key(text)
        if own is None or others is None:
            return plain(self, other)
        return getattr(own, name)(others)

    compare.__name__ = compare.__qualname__ = name
    return compare


class TorchVersion(str):
    """A version as a string that compares with strings and tuples as versions do: 2.13 is newer than 2.9.

    >>> TorchVersion("2.13.0") >= (2, 9)
    True
    """

    __lt__ = _comparison("__lt__")
    __le__ = _comparison("__le__")
    __gt__ = _comparison("__gt__")
    __ge__ = _comparison("__ge__")
    __eq__ = _comparison("__eq__")
    __hash__ = str.__hash__
