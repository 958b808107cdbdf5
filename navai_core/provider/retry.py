"""When to try again, and after how long: the policy of the official SDKs, as pure functions. Source: docs/wire.md."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache

from ..const import MAX_RETRY_AFTER_S, MAX_RETRY_DELAY_S, RETRY_DELAY_S, RETRY_JITTER
from .errors import Refusal

_RETRIED = frozenset({408, 409, 429})


def is_retried(refusal: Refusal, headers: Mapping[str, str]) -> bool:
    """Whether a retry may help.

    The provider's `x-should-retry: false` is respected. `true` does not count for a plain 4xx or an empty account: a
    person at a tablet should not wait for these.
    """
    if refusal.is_quota or refusal.signs_in or headers.get("x-should-retry") == "false":
        return False
    return refusal.status in _RETRIED or refusal.status >= 500


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks to wait: `retry-after-ms`, then `Retry-After`; None if it sends neither.

    A date in `Retry-After` is compared with the answer's own `Date`, because the local clock may be wrong.
    """
    asked = (
        _number(headers.get("retry-after-ms", ""), 0.001),
        _number(headers.get("Retry-After", ""), 1.0),
        _between(headers.get("Date", ""), headers.get("Retry-After", "")),
    )
    return next((seconds for seconds in asked if seconds is not None and 0 <= seconds <= MAX_RETRY_AFTER_S), None)


def _number(text: str, unit: float) -> float | None:
    try:
        return float(text) * unit
    except ValueError:
        return None


def _between(begin: str, end: str) -> float | None:
    began, ends = moment_of(begin), moment_of(end)
    return None if began is None or ends is None else ends - began


def delay_of(attempt: int, asked: float | None, random: float) -> float:
    """Seconds to wait after a failed attempt.

    Args:
        attempt: The failed attempt's number, from 0.
        asked: The seconds that the provider asked for, if any.
        random: Between 0 and 1.
    """
    if asked:
        return asked
    delay: float = min(RETRY_DELAY_S * 2**attempt, MAX_RETRY_DELAY_S)
    return delay * (1 - RETRY_JITTER * random)


@lru_cache(maxsize=8)
def moment_of(date: str) -> float | None:
    """Epoch seconds of an HTTP date; None if it is not one.

    Cached: all answers within a second have the same date, and parsing it is slow.
    """
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
