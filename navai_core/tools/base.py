"""What all tools have in common."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ..exceptions import NavaiError, UnknownFunctionError
from ..models import Caller, VoiceProfile
from ..redact import redact

MAX_DETAILS_CHARS: Final = 500

Work = Callable[[], Awaitable[Any]]
"""Does the work of a call, and returns anything (`results.py` makes JSON of it). A `NavaiError` is an answer, too."""


class ToolFailedError(NavaiError):
    """A tool failed. `details` is its own message, for the model."""

    code = "function_failed"

    def __init__(self, message: str, *, details: str, **data: Any) -> None:
        super().__init__(message, details=redact(details)[:MAX_DETAILS_CHARS], **data)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as clients see it."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """A JSON Schema of the arguments."""
    source: str
    """Its source: `home_assistant`, or `lights.py#turn_on`."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """A title and the effects of the tool, if its source has them."""

    def body(self) -> dict[str, Any]:
        """The description for clients."""
        found = {"name": self.name, "description": self.description, "source": self.source}
        return {**found, "parameters": self.parameters, **self.about}


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of a source for a caller."""

    items: Sequence[Tool] = ()
    warnings: Sequence[str] = ()
    """Messages for your administrator. Clients see them too, so they have no texts of exceptions."""

    def body(self) -> dict[str, Any]:
        """The description for clients."""
        return {"items": [tool.body() for tool in self.items], "warnings": list(self.warnings)}


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The context of a call: the caller and the profile."""

    caller: Caller
    profile: VoiceProfile


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call with its tool."""

    name: str
    source: str
    work: Work = field(repr=False)


class ToolSource(Protocol):
    """A source of tools. Check first that the caller may use tools at all."""

    async def list(self, context: ToolContext) -> Tools:
        """The tools that the profile's model may call for this caller."""

    async def prepare(self, name: str, arguments: Any, context: ToolContext) -> Prepared:
        """Find a tool; nothing runs yet.

        Raises:
            UnknownFunctionError: there is no tool with that name.
            ToolFailedError: the source itself does not work.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call of one tool."""

    caller: str
    """The caller's id. Nobody else gets the result."""
    name: str
    source: str
    arguments: Any = field(default=None, repr=False)
    id: str = ""
    """The caller's own id of the call. The same call sent again finds the running tool, or its result."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a call."""

    call: ToolCall
    value: Any = field(default=None, repr=False)
    error: NavaiError | None = None

    @property
    def outcome(self) -> str:
        """`ok`, or an error's code."""
        return self.error.code if self.error else "ok"

    def body(self) -> dict[str, Any]:
        """The answer for the model. A tool that failed is also an answer."""
        if self.error is not None:
            return failed_function_body(self.error)
        found = {"ok": True, "function_name": self.call.name, "source": self.call.source}
        return {**found, "result": self.value}


def failed_function_body(error: NavaiError) -> dict[str, Any]:
    """The body for a function that failed, which is also an answer for the model."""
    details = error.data.get("details", error.message)
    return {"ok": False, "error": error.message, "code": error.code, "details": details}


def unknown_function(available: Sequence[str]) -> UnknownFunctionError:
    """The error for an unknown function, in the words of the contract."""
    return UnknownFunctionError("Unknown or disallowed function.", available_functions=list(available))
