"""What each profile has used today: secrets, conversations, time, tokens and what they cost.

Pure: the host brings the calendar, keeps what `UsageBook.dump` gives, and hands it back to `restore` after a restart.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, TypeGuard

from ..exceptions import InvalidInputError
from .prices import Modalities, TokenUsage, cost_of

MAX_TOKENS: Final = 10_000_000
"""Of one response: far beyond what any model takes."""
MAX_SECONDS: Final = 86_400.0
"""Of one report of time. A conversation ends after an hour; what took longer had ended without a word."""
_MAX: Final = 10**15
"""Where the sums of a day stop growing. JSON, JavaScript and a float still hold it exactly."""
_VERSION: Final = 1
"""Of what `dump` gives."""


class _Group:
    """An object as it came over the wire, and where it stood, for the sentence that refuses it."""

    def __init__(self, raw: object, path: str) -> None:
        if not isinstance(raw, Mapping):
            raise InvalidInputError(f"`{path}` must be an object.", field=path)
        self._raw = raw
        self._path = path

    def group(self, key: str) -> "_Group":
        """The object at a key; an empty one where there is none."""
        value = self._raw.get(key)
        return _Group({} if value is None else value, f"{self._path}.{key}")

    def count(self, key: str, missing: int | None = None) -> int:
        """The tokens at a key. `missing` stands in for them; without it they must be there."""
        value = self._raw.get(key)
        if value is None:
            value = missing
        if not _is_whole(value, MAX_TOKENS):
            path = f"{self._path}.{key}"
            raise InvalidInputError(f"`{path}` must be a whole number from 0 to {MAX_TOKENS}.", field=path)
        return value

    def modalities(self) -> Modalities:
        """The tokens by what they carry."""
        return Modalities(
            text=self.count("text_tokens", 0), audio=self.count("audio_tokens", 0), image=self.count("image_tokens", 0)
        )


def read_usage(raw: object) -> TokenUsage:
    """Check the `usage` of a `response.done` as a browser reports it, which may have made it up.

    `input_tokens` and `output_tokens` must be there. Anything else may be left out or null, and unknown keys are passed
    over: the provider adds some now and then.

    Raises:
        InvalidInputError: it is no usage, or its numbers contradict each other. The sentence quotes no value.
    """
    usage = _Group(raw, "usage")
    given = usage.group("input_token_details")
    cached = given.group("cached_tokens_details").modalities()
    input_tokens, output_tokens = usage.count("input_tokens"), usage.count("output_tokens")
    return TokenUsage(
        total_tokens=usage.count("total_tokens", input_tokens + output_tokens),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=given.count("cached_tokens", cached.total),
        input_details=given.modalities(),
        cached_details=cached,
        output_details=usage.group("output_token_details").modalities(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUsage:
    """What one profile has used today."""

    secrets: int = 0
    """Client secrets handed out."""
    sessions: int = 0
    """Conversations begun."""
    seconds: float = 0.0
    """Time in conversations."""
    tokens: int = 0
    cost: float | None = 0.0
    """US$, at list prices; None once something was used whose price is not known."""


_NOTHING: Final = DayUsage()


class UsageBook:
    """Counts what each profile uses in a day. What is reported counts for the day of the report.

    Args:
        today: The house's date. When it changes, in either direction, all counts begin at zero.
        on_change: Called after each change of a count, to save and to show it. A new day by itself is none: it is
            noticed when somebody next asks or counts.
    """

    def __init__(self, today: Callable[[], date], on_change: Callable[[], None] | None = None) -> None:
        self._today = today
        self._on_change = on_change
        self._date = today()
        self._days: dict[str, DayUsage] = {}

    def secret(self, profile: str) -> None:
        """A client secret was handed out."""
        self._add(profile, DayUsage(secrets=1))

    def session(self, profile: str) -> None:
        """A conversation began."""
        self._add(profile, DayUsage(sessions=1))

    def time(self, profile: str, seconds: float) -> None:
        """A conversation took some time, since it began or since the last report.

        More than a day counts as a day and is not refused: a conversation that was forgotten must still come to an end.

        Raises:
            InvalidInputError: `seconds` is below zero, or not a number that a clock can give.
        """
        if not _is_amount(seconds, _MAX):
            raise InvalidInputError("`seconds` must be a number from 0.", field="seconds")
        self._add(profile, DayUsage(seconds=min(seconds, MAX_SECONDS)))

    def tokens(self, profile: str, model: str, usage: TokenUsage) -> None:
        """A model of the provider gave a response."""
        self._add(profile, DayUsage(tokens=usage.total_tokens, cost=cost_of(model, usage)))

    def of(self, profile: str) -> DayUsage:
        """What a profile has used today; nothing, for one that nobody knows."""
        self._turn_page()
        return self._days.get(profile, _NOTHING)

    def forget(self, profiles_to_keep: Collection[str]) -> None:
        """Drop the profiles that are no more."""
        self._turn_page()
        kept = {profile: day for profile, day in self._days.items() if profile in profiles_to_keep}
        if len(kept) < len(self._days):
            self._days = kept
            self._changed()

    def dump(self) -> dict[str, Any]:
        """All of today, as JSON can hold it."""
        self._turn_page()
        profiles = {profile: asdict(day) for profile, day in self._days.items()}
        return {"version": _VERSION, "date": self._date.isoformat(), "profiles": profiles}

    def restore(self, data: object) -> None:
        """Take over what `dump` gave, in place of what was counted until now. It is no change that must be saved.

        What is not of today or not of this version is passed over as a whole, and a profile that makes no sense by
        itself: a damaged file costs the counts of a day, never the start of the house.
        """
        self._turn_page()
        if (
            isinstance(data, Mapping)
            and data.get("version") == _VERSION
            and data.get("date") == self._date.isoformat()
            and isinstance(profiles := data.get("profiles"), Mapping)
        ):
            days = {profile: _read_day(raw) for profile, raw in profiles.items() if isinstance(profile, str)}
            self._days = {profile: day for profile, day in days.items() if day is not None}

    def _add(self, profile: str, more: DayUsage) -> None:
        self._turn_page()
        day = self._days.get(profile, _NOTHING)
        self._days[profile] = DayUsage(
            secrets=min(day.secrets + more.secrets, _MAX),
            sessions=min(day.sessions + more.sessions, _MAX),
            seconds=min(day.seconds + more.seconds, _MAX),
            tokens=min(day.tokens + more.tokens, _MAX),
            cost=None if day.cost is None or more.cost is None else min(day.cost + more.cost, _MAX),
        )
        self._changed()

    def _turn_page(self) -> None:
        today = self._today()
        if today != self._date:
            self._date = today
            self._days = {}

    def _changed(self) -> None:
        if self._on_change:
            self._on_change()


def _read_day(raw: object) -> DayUsage | None:
    """One profile of a `dump`; None where it is none. A cost that is missing is not known."""
    if not isinstance(raw, Mapping):
        return None
    secrets, sessions, tokens = raw.get("secrets"), raw.get("sessions"), raw.get("tokens")
    seconds, cost = raw.get("seconds"), raw.get("cost")
    if (
        _is_whole(secrets, _MAX)
        and _is_whole(sessions, _MAX)
        and _is_whole(tokens, _MAX)
        and _is_amount(seconds, _MAX)
        and (cost is None or _is_amount(cost, _MAX))
    ):
        return DayUsage(secrets=secrets, sessions=sessions, seconds=seconds, tokens=tokens, cost=cost)
    return None


def _is_whole(value: object, most: int) -> TypeGuard[int]:
    """Whether it is a whole number in bounds; a truth value is none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_amount(value: object, most: float) -> TypeGuard[float]:
    """Whether it is a number in bounds. NaN is within none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
