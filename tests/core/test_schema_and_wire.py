"""The provider accepts everything that the schema accepts; the strict simulator is the provider."""

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from navai_core.config.load import settings_from_block
from navai_core.exceptions import ConfigError
from navai_core.provider.payload import build_payload
from navai_core.simulator.session import read_order
from navai_core.simulator.wire import REQUEST

MODELS = ("gpt-transcribe", "gpt-live-transcribe", "gpt-realtime-whisper", "whisper-1", "")
SCHEMAS: list[dict[str, Any]] = [{"type": "object"}, {}, {"type": "object", "oneOf": []}]
text = st.sampled_from(["", " ", "turn_on", "turn on", "lights-2", "Küche", "x" * 65])
some_texts = st.dictionaries(
    st.sampled_from(["X-Api-Key", "X-House", "authorization"]), text | st.integers(), max_size=2
)
function = st.fixed_dictionaries(
    {"type": st.just("function")},
    optional={
        "name": text,
        "description": text,
        "parameters": st.sampled_from(SCHEMAS),
    },
)
tool_filter = st.fixed_dictionaries({}, optional={"tool_names": st.lists(text, max_size=2), "read_only": st.booleans()})
mcp = st.fixed_dictionaries(
    {"type": st.just("mcp"), "server_url": st.just("https://notes.example/mcp")},
    optional={
        "server_label": text,
        "authorization": text,
        "headers": some_texts,
        "allowed_tools": st.lists(text, max_size=2) | tool_filter,
        "require_approval": st.sampled_from(["always", "never"])
        | st.fixed_dictionaries({}, optional={"always": tool_filter, "never": tool_filter}),
        "server_description": text,
    },
)
tool_choice = st.sampled_from(["auto", "none", "required"]) | st.fixed_dictionaries(
    {"type": st.sampled_from(["function", "mcp"])}, optional={"name": text, "server_label": text}
)
transcription = st.sampled_from(["gpt-transcribe", "none"]) | st.fixed_dictionaries(
    {"model": st.sampled_from(MODELS)},
    optional={
        "language": st.sampled_from(["es", "es-MX", "Spanish", "auto", "", "Klingonese"]),
        "languages": st.lists(st.sampled_from(["es", "nb", "Spanish", "Klingonese"]), max_size=3),
        "keywords": st.just("auto") | st.lists(text | st.sampled_from(["auto", "<b>", "a\nb"]), max_size=3),
        "prompt": text,
    },
)
noise_reduction = st.sampled_from(["near_field", "none"]) | st.fixed_dictionaries(
    {"type": st.sampled_from(["far_field", "none"])}, optional={"strength": st.floats(-1, 101)}
)
tracing = st.sampled_from(["auto", "none"]) | st.fixed_dictionaries(
    {}, optional={"workflow_name": text, "group_id": text, "metadata": some_texts}
)
profiles = st.fixed_dictionaries(
    {"model": st.just("gpt-realtime-2.1")},
    optional={
        "tools": st.lists(function | mcp, max_size=2),
        "tool_choice": tool_choice,
        "transcription": transcription,
        "tracing": tracing,
        "noise_reduction": noise_reduction,
        "language": st.sampled_from(["es-MX", "Spanish", "nb", "auto", "", "Klingonese"]),
        "instructions": text,
    },
)


@given(profiles)
def test_what_the_schema_accepts_the_provider_takes(profile: dict[str, Any]) -> None:
    with contextlib.suppress(ConfigError):
        settings = settings_from_block({"api_key": "sk-x", "profiles": {"kitchen": profile}}, environ={})
        body = build_payload(settings.profiles["kitchen"], provider=settings.provider, ttl=600)
        REQUEST.check(body, "")
        read_order(body)
