"""What the simulated model hears and answers: a scenario in YAML or JSON.

A scenario is a list of turns. Each time the user has said something, the next turn happens; after the last one, the
first again. A turn has what was `heard`, and what the model does: `say` something, `call` functions, and `then` say
something about their outputs (`{output}` is the latest of them).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from navai_core.simulator.call import ending, mcp_calls
from navai_core.simulator.call.ending import Ending
from navai_core.simulator.call.mcp_calls import McpCall
from navai_core.simulator.checks import Array, ByKind, FreeForm, Record, Text
from navai_core.simulator.errors import ApiError

_MAX_OUTPUT_CHARS: Final = 300
_MAX_TURNS: Final = 1_000
_THEN: Final = "The answer is: {output}"
_GREETING: Final = "Hello. How can I help you?"
_AGAIN: Final = "Is there anything else?"
_QUOTED: Final = re.compile(r"[\"“«„](.+?)[\"”»“]", re.DOTALL)

_SPOKEN: Final = Text(min_chars=1, max_chars=2_000)
_CALL: Final = Record({"name": Text(min_chars=1, max_chars=64), "arguments": FreeForm()}, required=("name",))
_TURN: Final = Record(
    {
        "heard": Text(max_chars=2_000),
        "say": _SPOKEN,
        "call": ByKind({"object": _CALL, "array": Array(_CALL, max_items=16)}),
        "mcp": mcp_calls.CALLS,
        "then": _SPOKEN,
        **ending.CHECKS,
    }
)
_SCENARIO: Final = Record(
    {
        "language": Text(min_chars=2, max_chars=16, pattern=re.compile(r"[a-zA-Z0-9-]+")),
        "greeting": _SPOKEN,
        "mcp": mcp_calls.SERVERS,
        "turns": Array(_TURN, max_items=_MAX_TURNS),
    },
    required=("turns",),
)


class ScenarioError(ValueError):
    """A scenario has a mistake. The message names it."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """One function that the model calls. `arguments` is the JSON text that is sent."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What was heard, and what the model does."""

    heard: str = ""
    say: str | None = None
    calls: tuple[FunctionCall, ...] = ()
    then: str = _THEN
    ending: Ending | None = None
    mcp: tuple[McpCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """The turns of a conversation, the language of the voice, and the MCP servers by label."""

    turns: tuple[Turn, ...]
    language: str = "en"
    greeting: str = _GREETING
    mcp: Mapping[str, Any] = field(default_factory=dict)


DEFAULT: Final = Scenario(
    (
        Turn("Hello, can you hear me?", "Yes, I can hear you. I am a simulator: I answer without understanding."),
        Turn("What can you do?", "I listen, I speak, and I stop when you interrupt me. A real model does the rest."),
        Turn("Thank you.", "You are welcome. Talk to me as long as you like."),
    )
)
"""The default scenario."""


def parse(document: Any) -> Scenario:
    """Return the scenario in a parsed document.

    Raises:
        ScenarioError: It is not a valid scenario.

    """
    try:
        plain = json.loads(json.dumps(document))
        _SCENARIO.check(plain, "")
    except (TypeError, ValueError, RecursionError) as error:
        raise ScenarioError("a scenario can only have strings, numbers, lists and objects") from error
    except ApiError as error:
        raise ScenarioError(error.message) from error
    if not plain["turns"]:
        raise ScenarioError("a scenario needs at least one turn")
    turns = tuple(_turn(turn, f"turns[{index}]") for index, turn in enumerate(plain["turns"]))
    return Scenario(turns, **{name: plain[name] for name in ("language", "greeting", "mcp") if name in plain})


def load(path: Path) -> Scenario:
    """Read a scenario from a YAML or JSON file.

    Raises:
        ScenarioError: The file cannot be read, or has no valid scenario.

    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScenarioError(f"cannot read {path}") from error
    return parse(document)


def _turn(turn: Mapping[str, Any], path: str) -> Turn:
    calls, mcp_calls = _list(turn.get("call", [])), _list(turn.get("mcp", []))
    if "say" not in turn and not calls and not mcp_calls:
        raise ScenarioError(f"{path} needs 'say', 'call' or 'mcp'")
    if "then" in turn and not calls and not mcp_calls:
        raise ScenarioError(f"{path} has 'then' without 'call' or 'mcp'")
    if any("output" in call and "fail" in call for call in mcp_calls):
        raise ScenarioError(f"{path} has 'output' and 'fail': a tool only has one of them")
    if "fail" in turn and "cut" in turn:
        raise ScenarioError(f"{path} has 'fail' and 'cut': a response only ends once")
    if "after" in turn and not turn.keys() & {"fail", "cut"}:
        raise ScenarioError(f"{path} has 'after' without 'fail' or 'cut'")
    return Turn(
        heard=turn.get("heard", ""),
        say=turn.get("say"),
        calls=tuple(FunctionCall(call["name"], json.dumps(call.get("arguments", {}))) for call in calls),
        then=turn.get("then", _THEN),
        ending=ending.of_turn(turn),
        mcp=tuple(_mcp_call(call) for call in mcp_calls),
    )


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _mcp_call(call: Mapping[str, Any]) -> McpCall:
    arguments = json.dumps(call.get("arguments", {}))
    return McpCall(call["server"], call["name"], arguments, call.get("output"), call.get("fail"), call.get("ms", 0))


@dataclass(frozen=True, slots=True)
class Reply:
    """What one response says and calls, and how it ends (None if it ends well)."""

    say: str | None
    calls: tuple[FunctionCall, ...] = ()
    ending: Ending | None = None
    mcp: tuple[McpCall, ...] = ()


class Script:
    """The place of one call in its scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._next = 0
        self._turn: Turn | None = None
        self._pending = False

    @property
    def language(self) -> str:
        """The language of the voice."""
        return self._scenario.language

    def listen(self, text: str | None = None) -> str:
        """Go to the next turn, and return what is heard in it.

        A `text` that the user typed goes to the next turn with exactly that text, if there is one.
        """
        turns = self._scenario.turns
        order = [(self._next + offset) % len(turns) for offset in range(len(turns))]
        wanted = None if text is None else text.strip().casefold()
        index = next((index for index in order if turns[index].heard.strip().casefold() == wanted), order[0])
        self._next = (index + 1) % len(turns)
        self._turn = turns[index]
        self._pending = True
        return self._turn.heard

    def reply(
        self, *, tools: Sequence[str], servers: Sequence[str], output: str | None, asked: str | None, spoken: bool
    ) -> Reply:
        """Return the next response.

        Args:
            tools: The functions that the model may call now.
            servers: The MCP servers that it may call, by label.
            output: The output of a function or a tool, if that is the latest item.
            asked: The response's own instructions. Text in quotation marks is spoken unchanged.
            spoken: Whether the model has already said something.

        """
        if asked is not None and (quoted := _QUOTED.search(asked)):
            return Reply(quoted[1])
        if self._turn is not None and output is not None:
            return Reply(self._turn.then.replace("{output}", output[:_MAX_OUTPUT_CHARS]))
        if self._turn is None or not self._pending:
            return Reply(_AGAIN if spoken else self._scenario.greeting)
        self._pending = False
        missing = [call.name for call in self._turn.calls if call.name not in tools]
        missing += [call.name for call in self._turn.mcp if call.server not in servers]
        if missing:
            return Reply(f"I would call {' and '.join(missing)} now, but this session does not let me.")
        return Reply(self._turn.say, self._turn.calls, self._turn.ending, self._turn.mcp)
