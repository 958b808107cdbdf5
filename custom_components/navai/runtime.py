"""What exists while the config entry is loaded."""

import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .data import NavaiData
from .instructions import Instructions
from .keywords import add_keywords
from .navai_core import Caller, SessionService, Settings, VoiceProfile
from .navai_core.exceptions import ApiKeyMissingError, NotReadyError, UpstreamError
from .navai_core.sessions.service import MintResult
from .navai_core.tokens import Tokens, callers_of_displays
from .tools import HomeAssistantTools

_LOGGER = logging.getLogger(__name__)


class Runtime:
    """The parts that depend on one `Settings`.

    Args:
        hass: Home Assistant.
        data: What survives a reload.
        settings: The checked settings.
    """

    def __init__(self, hass: HomeAssistant, data: NavaiData, settings: Settings) -> None:
        self._hass = hass
        self._data = data
        self.settings = settings
        self.tokens = Tokens(callers_of_displays(settings))
        self.tools = HomeAssistantTools(hass, data.device_of)
        self._instructions = Instructions(hass, data, settings)
        self.service = SessionService(
            settings,
            data.http,
            allowance=data,
            enrich=self._enrich,
            switched_off=data.switched_off,
            on_mint=self._minted,
            on_provider_result=self._provider_answered,
        )
        self._closed = False
        self._logged: set[tuple[str, str, str | None]] = set()
        """The provider's refusals that were logged: code, profile, and the field that the provider named."""

    async def close(self) -> None:
        """Discard the secrets created in advance, and ignore the provider's later answers: the settings may change."""
        self._closed = True
        await self.service.close()

    async def _enrich(self, profile: VoiceProfile, caller: Caller, seconds: float) -> VoiceProfile:
        """Add what only Home Assistant knows: the states in the instructions, its tools, its prompt, and its names."""
        rendered = await self._instructions.render(profile, caller)
        return add_keywords(self._hass, await self.tools.enrich(rendered, caller, seconds))

    def _minted(self, result: MintResult) -> None:
        """Count a created secret, or report one that was refused."""
        self._data.refused(result)
        if isinstance(result.error, ApiKeyMissingError):
            self._data.note_error(result.error)
        # Count it even if navai was reloaded in the meantime. But nothing may be stored after navai was removed.
        elif result.minted is not None and not self._data.is_removed():
            self._data.last_mint = dt_util.utcnow()
            self._data.usage.secret(result.minted.profile)

    def _provider_answered(self, profile: str, error: UpstreamError | None) -> None:
        """Log and show the provider's answers to the configured key, but not those to a request's own key."""
        if self._closed:
            return
        if error is None:
            self._data.troubles.minted(profile)
            if self._logged:
                self._logged.clear()
                _LOGGER.info("The provider issues client secrets again")
            return
        self._data.note_error(error)
        self._data.troubles.mint_refused(profile, error)
        refusal = error.code, profile, error.param
        if refusal not in self._logged:
            # Log it once, not at every tap.
            self._logged.add(refusal)
            _LOGGER.warning("No client secret for %s: %s (request id %s)", profile, error, error.request_id)


NavaiConfigEntry = ConfigEntry[Runtime]


def find_runtime(hass: HomeAssistant) -> Runtime | None:
    """Return what is loaded now, or None."""
    entries: list[NavaiConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return entries[0].runtime_data if entries else None


def runtime_of(hass: HomeAssistant) -> Runtime:
    """Return what is loaded now.

    Raises:
        NotReadyError: nothing is loaded.
    """
    runtime = find_runtime(hass)
    if runtime is None:
        raise NotReadyError("navai is not set up. Check its YAML, its log and that it is enabled. Then reload it.")
    return runtime
