"""Home Assistant's LLM APIs, each by itself: one that is missing, hangs or fails takes nothing away from the others."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from traceback import format_exception
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import llm

from . import issues
from .navai_core import VoiceProfile
from .navai_core.redact import name_or_dots, redact

_LOGGER = logging.getLogger(__name__)
REST_S: Final = 60.0
"""How long an API that did not answer is not asked again, so that it does not slow down every tap and every tool."""
MISSING: Final = "does not exist"
REFUSED: Final = "is not for this caller"
SLOW: Final = "did not answer in time"
_FAILED: Final = "failed ({})"


@dataclass(frozen=True, slots=True)
class Found:
    """The APIs of a profile."""

    instances: Sequence[llm.APIInstance]
    unavailable: Mapping[str, str]
    """The ids of the others, and why: the end of a sentence about the API."""


class LlmApis:
    """Gets the APIs, and says in the log, in a repair and in system health which ones do not work.

    Args:
        hass: Home Assistant.
        clock: Monotonic seconds.
    """

    def __init__(self, hass: HomeAssistant, clock: Callable[[], float] = monotonic) -> None:
        self._hass = hass
        self._clock = clock
        self._failing: dict[str, str] = {}
        """The APIs that do not work for anybody, and why."""
        self._rests_until: dict[str, float] = {}
        self._logged: set[tuple[str, str, str]] = set()

    def failing(self, configured: Sequence[str]) -> dict[str, str]:
        """Return which of these APIs do not work now, and why."""
        found = {api: why for api, why in self._failing.items() if api in configured and why != MISSING}
        return {api: MISSING for api in configured if api not in self._registered()} | found

    async def get(self, profile: VoiceProfile, context: llm.LLMContext, seconds: float) -> Found:
        """Get all APIs of a profile at the same time.

        Args:
            profile: It has the ids.
            context: Who asks, and where.
            seconds: How long that may take. An API that needs longer is left out.
        """
        registered = self._registered()
        unavailable: dict[str, str] = {}
        tasks: dict[str, asyncio.Task[llm.APIInstance]] = {}
        for api in dict.fromkeys(profile.llm_api):
            if api not in registered:
                unavailable[api] = MISSING
            elif self._clock() < self._rests_until.get(api, 0):
                unavailable[api] = SLOW
            else:
                asked = self._ask(api, context)
                tasks[api] = self._hass.async_create_background_task(asked, f"navai LLM API {api}")
        if tasks:
            await asyncio.wait(tasks.values(), timeout=seconds)
        instances = []
        for api, task in tasks.items():
            if not task.done():
                # It is not waited for, since it may not let itself be cancelled.
                task.cancel()
                task.add_done_callback(_forget)
                unavailable[api] = SLOW
                self._rests_until[api] = self._clock() + REST_S
            elif error := _error_of(task):
                _LOGGER.debug("An LLM API failed: %s", redact("".join(format_exception(error))))
                unavailable[api] = REFUSED if isinstance(error, Unauthorized) else _FAILED.format(type(error).__name__)
            else:
                instances.append(task.result())
                self._works(api)
        for api, why in unavailable.items():
            self._does_not_work(profile, api, why)
        return Found(instances, unavailable)

    async def _ask(self, api: str, context: llm.LLMContext) -> llm.APIInstance:
        instance = await llm.async_get_api(self._hass, api, context)
        # What is not as it should be fails here, where it only concerns this API.
        instance.api_prompt = (instance.api_prompt or "").strip()
        "".join(tool.name for tool in instance.tools)
        return instance

    def _registered(self) -> frozenset[str]:
        return frozenset(api.id for api in llm.async_get_apis(self._hass))

    def _works(self, api: str) -> None:
        issues.forget(self._hass, issues.llm_api(api))
        if self._failing.pop(api, None):
            self._logged = {logged for logged in self._logged if logged[1] != api}
            _LOGGER.info("The LLM API %s works again", name_or_dots(api))

    def _does_not_work(self, profile: VoiceProfile, api: str, why: str) -> None:
        if why != REFUSED and self._failing.get(api) != why:
            self._failing[api] = why
            issues.of_llm_api(self._hass, api, missing=why == MISSING, slow=why == SLOW)
        if (profile.key, api, why) not in self._logged:
            # Log it once, not at every tap.
            self._logged.add((profile.key, api, why))
            _LOGGER.warning(
                "The LLM API %s %s, so profile %s runs without its tools. Check `llm_api` and the integration that "
                "provides it",
                name_or_dots(api),
                why,
                profile.key,
            )


def _error_of(task: asyncio.Task[llm.APIInstance]) -> BaseException | None:
    return asyncio.CancelledError() if task.cancelled() else task.exception()


def _forget(task: asyncio.Task[llm.APIInstance]) -> None:
    """Read the error of a task that nobody waits for, so that nothing is logged about it."""
    _error_of(task)
