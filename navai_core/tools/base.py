"""What every tool has in common, whoever brings it."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ..exceptions import NavaiError, UnknownFunctionError
from ..models import Caller, VoiceProfile
from ..redact import redact

MAX_RESULT_CHARS: Final = 100_000
"""How long a result may be as JSON: a browser passes it on to the provider in one message."""
MAX_DETAILS_CHARS: Final = 500

Work = Callable[[], Awaitable[Any]]
"""Does what a call is for, and returns its result as JSON-safe data. A `NavaiError` is an answer for the model, too."""


class ToolFailedError(NavaiError):
    """A tool failed. `details` are its own words, for the model to hear."""

    code = "function_failed"

    def __init__(self, message: str, *, details: str, **data: Any) -> None:
        super().__init__(message, details=redact(details)[:MAX_DETAILS_CHARS], **data)


class ToolResultError(ToolFailedError):
    """A tool ended, and what it returned cannot be passed on."""

    code = "function_result_invalid"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as clients see it."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """A JSON Schema of the arguments."""
    source: str
    """Where it is from: `home_assistant`, or `lights.py#turn_on`."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """A title, and what it does to the house, as far as its source says so."""

    def body(self) -> dict[str, Any]:
        """What clients are told of it."""
        found = {"name": self.name, "description": self.description, "source": self.source}
        return {**found, "parameters": self.parameters, **self.about}


@dataclass(frozen=True, slots=True)
class Tools:
    """What a source has for somebody."""

    items: Sequence[Tool] = ()
    warnings: Sequence[str] = ()
    """Sentences for the owner. Clients see them too, so they hold no texts of exceptions."""

    def body(self) -> dict[str, Any]:
        """What clients are told."""
        return {"items": [tool.body() for tool in self.items], "warnings": list(self.warnings)}


@dataclass(frozen=True, slots=True)
class ToolContext:
    """For whom a tool runs."""

    caller: Caller
    profile: VoiceProfile


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call whose tool was found."""

    name: str
    source: str
    work: Work = field(repr=False)


class ToolSource(Protocol):
    """Where tools come from. Whoever asks it has checked that the caller may use tools at all."""

    async def list(self, context: ToolContext) -> Tools:
        """What the profile's model may call for this caller."""

    async def prepare(self, name: str, arguments: Any, context: ToolContext) -> Prepared:
        """Find a tool; nothing runs yet.

        Raises:
            UnknownFunctionError: there is none of that name here.
            ToolFailedError: the source itself does not work.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call of one tool."""

    caller: str
    """The caller's id: nobody else gets the result."""
    name: str
    source: str
    arguments: Any = field(default=None, repr=False)
    id: str = ""
    """The caller's own id for it. The same call sent again finds the tool that runs, or its result."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a call."""

    call: ToolCall
    value: Any = field(default=None, repr=False)
    error: NavaiError | None = None

    @property
    def outcome(self) -> str:
        """`ok`, or an error's code."""
        return self.error.code if self.error else "ok"

    def body(self) -> dict[str, Any]:
        """What the model hears of it. A tool that failed is an answer too."""
        if self.error is not None:
            return failed_function_body(self.error)
        found = {"ok": True, "function_name": self.call.name, "source": self.call.source}
        return {**found, "result": self.value}


def checked_size(value: Any) -> Any:
    """A result, if it is not too long to be passed on.

    Raises:
        ToolResultError: it is.
    """
    size = len(json.dumps(value, ensure_ascii=False))
    if size > MAX_RESULT_CHARS:
        raise ToolResultError(
            "The function's result is too long.", details=f"The result has {size} characters — return less."
        )
    return value


def failed_function_body(error: NavaiError) -> dict[str, Any]:
    """A function that failed is an answer too, for the model to hear."""
    details = error.data.get("details", error.message)
    return {"ok": False, "error": error.message, "code": error.code, "details": details}


def unknown_function(available: Sequence[str]) -> UnknownFunctionError:
    """In the contract's words."""
    return UnknownFunctionError("Unknown or disallowed function.", available_functions=list(available))
