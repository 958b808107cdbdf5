"""The tools of several LLM APIs as one list, with names that the provider accepts, and their prompts as one text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from homeassistant.helpers import llm
from homeassistant.util import slugify

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""The function names that the provider accepts. With any other name, it refuses the whole conversation."""
_NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]")
_KEPT_CHARS: Final = 55
_HASH_CHARS: Final = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool with the name that the provider gets."""

    name: str
    tool: llm.Tool
    api: llm.APIInstance

    @property
    def rank(self) -> tuple[bool, bool]:
        """For sorting: what Assist itself can do comes before what was added to it."""
        return self.api.api.id != llm.LLM_API_ASSIST, isinstance(self.tool, llm.ActionTool)


def offers_of(instances: Sequence[llm.APIInstance]) -> Iterator[Offer]:
    """The tools by the names that the provider accepts. If an API has two with one name, it runs the first.

    A name that two APIs have means neither: else a conversation could run the wrong one when the other API fails.
    """
    owners: dict[str, list[tuple[llm.APIInstance, llm.Tool]]] = {}
    for api in instances:
        for tool in api.tools:
            same = owners.setdefault(tool.name, [])
            if not any(api is other or tool == known for other, known in same):
                same.append((api, tool))
    taken: set[str] = set()
    for name, same in owners.items():
        for api, tool in same:
            full = _name_for_provider(name if len(same) == 1 else f"{slugify(api.api.id)}__{name}")
            if full not in taken:
                taken.add(full)
                yield Offer(full, tool, api)


def prompt_of(instances: Sequence[llm.APIInstance], offers: Sequence[Offer]) -> str:
    """Return the APIs' prompts for the model; with several APIs, each with the names of its tools."""
    if len(instances) == 1:
        return instances[0].api_prompt
    texts = []
    for api in instances:
        names = ", ".join(offer.name for offer in offers if offer.api is api)
        texts.append(f"For the tools {names}:\n{api.api_prompt}" if names else api.api_prompt)
    return "\n\n".join(text for text in texts if text)


def _name_for_provider(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    # The hash makes names different that are the same after shortening.
    return f"{_NOT_IN_A_NAME.sub('_', name)[:_KEPT_CHARS]}_{sha256(name.encode()).hexdigest()[:_HASH_CHARS]}"
