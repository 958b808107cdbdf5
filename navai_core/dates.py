"""The moments that HTTP headers tell."""

from email.utils import parsedate_to_datetime
from functools import lru_cache


@lru_cache(maxsize=8)
def moment_of(date: str) -> float | None:
    """Epoch seconds of an HTTP date; None when it is none.

    All answers of a second say the same, and reading it takes longer than it seems.
    """
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
