"""What one YAML makes, for as long as the config entry is loaded."""

import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .data import NavaiData
from .navai_core import SessionService, Settings
from .navai_core.exceptions import ApiKeyMissingError, NotReadyError, UpstreamError
from .navai_core.sessions.service import MintNews
from .navai_core.tokens import Tokens, callers_of_displays
from .tools import HomeAssistantTools

_LOGGER = logging.getLogger(__name__)


class Runtime:
    """The parts that live by one `Settings`.

    Args:
        hass: The house.
        data: What outlives a reload.
        settings: The checked settings.
    """

    def __init__(self, hass: HomeAssistant, data: NavaiData, settings: Settings) -> None:
        self._data = data
        self.settings = settings
        self.tokens = Tokens(callers_of_displays(settings))
        self.tools = HomeAssistantTools(hass, data.device_of)
        self.service = SessionService(
            settings,
            data.http,
            allowance=data,
            enrich=self.tools.enrich,
            switched_off=data.switched_off,
            tell=self._minted,
            heard=self._heard,
        )
        self._closed = False
        self._troubles: set[tuple[str, str, str | None]] = set()
        """The provider's troubles that the log has told of: code, profile, and the field that it named."""

    async def close(self) -> None:
        """Forget the secrets that stand ready, and hear no more of the provider: other settings may hold by then."""
        self._closed = True
        await self.service.close()

    def _minted(self, news: MintNews) -> None:
        """Count a secret, and let the house know of one that was refused."""
        self._data.refused(news)
        if isinstance(news.error, ApiKeyMissingError):
            self._data.note_error(news.error)
        # It was handed out, whatever was reloaded meanwhile; but who removed navai wants nothing of it to stay.
        elif news.minted is not None and not self._data.is_removed():
            self._data.last_mint = dt_util.utcnow()
            self._data.usage.secret(news.minted.profile)

    def _heard(self, profile: str, error: UpstreamError | None) -> None:
        """What the provider answers to the house's own key is news of the house; the rest is the caller's affair."""
        if self._closed:
            return
        if error is None:
            self._data.troubles.minted(profile)
            if self._troubles:
                self._troubles.clear()
                _LOGGER.info("The provider gives client secrets again")
            return
        self._data.note_error(error)
        self._data.troubles.mint_refused(profile, error)
        trouble = error.code, profile, error.param
        if trouble not in self._troubles:
            # Once, and not at every tap.
            self._troubles.add(trouble)
            _LOGGER.warning("No client secret for %s: %s (request id %s)", profile, error, error.request_id)


NavaiConfigEntry = ConfigEntry[Runtime]


def find_runtime(hass: HomeAssistant) -> Runtime | None:
    """What is loaded now, if anything is."""
    entries: list[NavaiConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return entries[0].runtime_data if entries else None


def runtime_of(hass: HomeAssistant) -> Runtime:
    """What is loaded now.

    Raises:
        NotReadyError: nothing is.
    """
    runtime = find_runtime(hass)
    if runtime is None:
        raise NotReadyError("navai is not set up — check its YAML, the log, and that it is enabled, and reload.")
    return runtime
