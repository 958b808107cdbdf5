"""What each profile has used today: secrets, conversations, time, tokens and their cost.

It has no files and no clock: the host provides the date, saves the result of `UsageBook.dump`, and passes it to
`restore` after a restart.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, TypeGuard

from ..exceptions import InvalidInputError
from .prices import Modalities, TokenUsage, cost_of

_LOGGER = logging.getLogger(__name__)

MAX_TOKENS: Final = 10_000_000
"""Of one response: far more than any model accepts."""
MAX_SECONDS: Final = 86_400.0
"""Of one report of time. A conversation ends after an hour; a longer one had ended without a report."""
_MAX: Final = 10**15
"""The largest sum of a day. JSON, JavaScript and a float can still hold it exactly."""
_VERSION: Final = 1
"""The version of the format of `dump`."""


class _Group:
    """A received object and its path. It reads what can be counted, and notes what cannot."""

    def __init__(self, raw: object, path: str, problems: list[str]) -> None:
        if not isinstance(raw, Mapping):
            problems.append(f"`{path}` must be an object.")
            raw = {}
        self._raw: Mapping[Any, Any] = raw
        self._path = path
        self._problems = problems

    def group(self, key: str) -> "_Group":
        """The object at a key; an empty one if there is none."""
        value = self._raw.get(key)
        return _Group({} if value is None else value, f"{self._path}.{key}", self._problems)

    def kind(self) -> object:
        """The `type`."""
        return self._raw.get("type")

    def count(self, key: str, missing: int | None = None) -> int | None:
        """The tokens at a key, or else `missing`; without that, the key is required. None if it is not a count."""
        value = self._raw.get(key)
        if value is None:
            value = missing
        if _is_whole(value, MAX_TOKENS):
            return value
        self._problems.append(f"`{self._path}.{key}` must be a whole number from 0 to {MAX_TOKENS:,}.")
        return None

    def seconds(self, key: str) -> float:
        """The seconds at a key, or zero if they cannot be counted."""
        value = self._raw.get(key)
        if _is_amount(value, MAX_SECONDS):
            return value
        self._problems.append(f"`{self._path}.{key}` must be a number from 0 to {MAX_SECONDS:,.0f}.")
        return 0.0

    def modalities(self) -> Modalities:
        """The tokens by modality."""
        return Modalities(
            text=self.count("text_tokens", 0) or 0,
            audio=self.count("audio_tokens", 0) or 0,
            image=self.count("image_tokens", 0) or 0,
        )


def read_usage(raw: object) -> TokenUsage:
    """Read the `usage` of a `response.done`, or of a transcript, from a browser. It may be wrong, and never fails.

    `input_tokens` and `output_tokens` are required. Anything else may be missing or null. Unknown keys are ignored: the
    provider adds new ones now and then. A transcript's usage has a `type`: `tokens`, or `duration` with `seconds`.

    If numbers are not valid or contradict each other, the result has a `problem`, and as many tokens as the rest of
    them proves: lost tokens would make a budget last longer than it should.
    """
    problems: list[str] = []
    usage = _Group(raw, "usage", problems)
    kind = usage.kind()
    if kind == "duration":
        seconds = usage.seconds("seconds")
        return TokenUsage(
            total_tokens=0,
            input_tokens=0,
            output_tokens=0,
            seconds=seconds,
            transcription=True,
            problem="".join(problems),
        )
    given = usage.group("input_token_details")
    cached = given.group("cached_tokens_details").modalities()
    cached_tokens = given.count("cached_tokens", cached.total) or 0
    read, made = given.modalities(), usage.group("output_token_details").modalities()
    input_tokens, output_tokens = usage.count("input_tokens"), usage.count("output_tokens")
    input_tokens = read.total if input_tokens is None else input_tokens
    output_tokens = made.total if output_tokens is None else output_tokens
    total_tokens = usage.count("total_tokens", input_tokens + output_tokens) or 0
    if kind is not None:
        # A transcript is text.
        made = Modalities(text=output_tokens)
    if not problems:
        try:
            return TokenUsage(
                total_tokens=total_tokens,
                input_tokens=input_tokens,
                output_tokens=output_tokens,
                cached_tokens=cached_tokens,
                input_details=read,
                cached_details=cached,
                output_details=made,
                transcription=kind is not None,
            )
        except InvalidInputError as error:
            problems.append(error.message)
    return TokenUsage(
        total_tokens=min(max(total_tokens, input_tokens + output_tokens), MAX_TOKENS),
        input_tokens=min(input_tokens, MAX_TOKENS),
        output_tokens=min(output_tokens, MAX_TOKENS),
        transcription=kind is not None,
        problem=problems[0],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUsage:
    """What one profile has used today."""

    secrets: int = 0
    """Client secrets created."""
    sessions: int = 0
    """Conversations started."""
    seconds: float = 0.0
    """Time in conversations."""
    tokens: int = 0
    cost: float | None = 0.0
    """US$, at list prices; None if something with an unknown price was used."""


_NOTHING: Final = DayUsage()


class UsageBook:
    """Counts what each profile uses in a day. A report counts for the day when it arrives.

    Args:
        today: The local date. When it changes, in either direction, all counts start at zero.
        on_change: Called after each change of a count, to save and to show it. Not called for a new day alone, which
            is noticed at the next read or count.
    """

    def __init__(self, today: Callable[[], date], on_change: Callable[[], None] | None = None) -> None:
        self._today = today
        self._on_change = on_change
        self._date = today()
        self._days: dict[str, DayUsage] = {}
        self._doubted: set[str] = set()
        """The profiles whose usage was wrong today."""

    def secret(self, profile: str) -> None:
        """A client secret was created."""
        self._add(profile, DayUsage(secrets=1))

    def session(self, profile: str) -> None:
        """A conversation started."""
        self._add(profile, DayUsage(sessions=1))

    def time(self, profile: str, seconds: float) -> None:
        """A conversation took some time, since its start or since the last report.

        More than a day counts as a day and is not refused, so that a forgotten conversation can still end.

        Raises:
            InvalidInputError: `seconds` is below zero, or not a finite number.
        """
        if not _is_amount(seconds, _MAX):
            raise InvalidInputError("`seconds` must be a number from 0.", field="seconds")
        self._add(profile, DayUsage(seconds=min(seconds, MAX_SECONDS)))

    def tokens(self, profile: str, model: str, usage: TokenUsage) -> None:
        """A model of the provider gave a response, or a transcript. A wrong usage is logged once a day."""
        if usage.problem:
            self._turn_page()
            if profile not in self._doubted:
                self._doubted.add(profile)
                _LOGGER.warning(
                    "The token counts of %s from the provider are not valid, so its cost today is unknown. %s",
                    profile,
                    usage.problem,
                )
        self._add(profile, DayUsage(tokens=usage.total_tokens, cost=cost_of(model, usage)))

    def of(self, profile: str) -> DayUsage:
        """What a profile has used today; nothing for an unknown one."""
        self._turn_page()
        return self._days.get(profile, _NOTHING)

    def forget(self, profiles_to_keep: Collection[str]) -> None:
        """Drop the profiles that no longer exist."""
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
        """Use the result of `dump` instead of the current counts. This does not call `on_change`.

        Data of another day or version is ignored completely; an invalid profile is ignored alone. So a damaged file
        only costs the counts of a day, and never stops the start.
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
            self._doubted.clear()

    def _changed(self) -> None:
        if self._on_change:
            self._on_change()


def _read_day(raw: object) -> DayUsage | None:
    """One profile of a `dump`; None if it is not valid. A missing cost is unknown."""
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
    """Whether it is a whole number in bounds, and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_amount(value: object, most: float) -> TypeGuard[float]:
    """Whether it is a number in bounds. NaN never is."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
