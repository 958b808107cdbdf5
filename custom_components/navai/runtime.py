"""What one YAML makes, for as long as the config entry is loaded: whoever wants a secret or a tool comes here."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import HOUSE, SessionEvent
from .navai_core import (
    Caller,
    Minted,
    Minter,
    NavaiError,
    Overrides,
    ProviderClient,
    Settings,
    Tokens,
    VoiceProfile,
    WarmSecrets,
    callers_of_displays,
)
from .navai_core.exceptions import ApiKeyMissingError, NotReadyError, UpstreamError
from .tools import Tools
from .troubles import is_request_id

if TYPE_CHECKING:
    from .house import House

_LOGGER = logging.getLogger(__name__)
_REFUSALS_APART: Final = timedelta(seconds=10)


class Runtime:
    """The parts that live by one `Settings`.

    Args:
        hass: The house.
        house: What outlives a reload.
        settings: The checked settings.
    """

    def __init__(self, hass: HomeAssistant, house: "House", settings: Settings) -> None:
        self._hass = hass
        self._house = house
        self.settings = settings
        self.tokens = Tokens(callers_of_displays(settings))
        self.tools = Tools(hass)
        self._warm = WarmSecrets(settings.client_secret_ttl)
        self.minter = Minter(
            settings,
            ProviderClient.of(settings, house.session),
            self._warm,
            enrich=self.tools.enrich,
            switched_off=house.switched_off,
            heard=self._heard,
        )
        self._closed = False
        self._troubles: set[tuple[str, str, str | None]] = set()
        """The provider's troubles that the log has told of: code, profile, and the field that it named."""
        self._refused: dict[tuple[str, str], datetime] = {}

    async def close(self) -> None:
        """Forget the secrets that stand ready, and hear no more of the provider: other settings may hold by then."""
        self._closed = True
        await self._warm.close()

    def profiles_for(self, caller: Caller) -> dict[str, VoiceProfile]:
        """What a caller may use, its default first. The caller is near now, so its secrets are made ready."""
        self.minter.be_ready_for(caller)
        return self.minter.profiles_of(caller)

    async def mint(
        self, caller: Caller, profile_name: str | None, overrides: Overrides | None = None, request_key: str = ""
    ) -> Minted:
        """Mint a client secret, count it, and keep the house's repairs and events true.

        Args:
            caller: Who asks.
            profile_name: None or empty takes the caller's default.
            overrides: What the request changes.
            request_key: A key that came with the request.

        Raises:
            NavaiError: any of the tree below "not allowed", "rate limited" and "upstream".
        """
        profile = None
        try:
            profile = self.minter.profile_for(profile_name, caller)
            await self._house.limiter.count_mint(caller, profile)
            minted = await self.minter.mint(profile, caller, overrides, request_key)
        except NavaiError as error:
            self._refuse(caller, profile.key if profile else None, error)
            raise
        # It was handed out, whatever was reloaded meanwhile; but who removed navai wants nothing of it to stay.
        if not self._house.is_removed():
            self._house.last_mint = dt_util.utcnow()
            self._house.usage.secret(profile.key)
        return minted

    def _heard(self, profile: str, error: UpstreamError | None) -> None:
        """What the provider answers to the house's own key is news of the house; the rest is the caller's affair."""
        if self._closed:
            return
        if error is None:
            self._house.troubles.minted(profile)
            if self._troubles:
                self._troubles.clear()
                _LOGGER.info("The provider gives client secrets again")
            return
        self._house.note_error(error)
        self._house.troubles.mint_refused(profile, error)
        trouble = error.code, profile, error.param
        if trouble not in self._troubles:
            # Once, and not at every tap.
            self._troubles.add(trouble)
            _LOGGER.warning("No client secret for %s: %s (request id %s)", profile, error, error.request_id)

    def _refuse(self, caller: Caller, profile: str | None, error: NavaiError) -> None:
        if isinstance(error, ApiKeyMissingError):
            self._house.note_error(error)
        if caller.display and self._is_news(caller.display, error.code):
            self._house.tell(
                SessionEvent.REFUSED,
                display=caller.display,
                profile=profile,
                user=caller.key if caller.kind == "user" else None,
                code=error.code,
                request_id=_request_id_of(error),
            )

    def _is_news(self, display: str, code: str) -> bool:
        """Whether a refusal is to be told: a tablet that tries again and again must not fill the logbook."""
        now = dt_util.utcnow()
        if (last := self._refused.get((display, code))) and now - last < _REFUSALS_APART:
            return False
        self._refused[display, code] = now
        return True


def _request_id_of(error: NavaiError) -> str | None:
    """The provider's, where it has the shape of one."""
    found = error.request_id if isinstance(error, UpstreamError) else None
    return found if found and is_request_id(found) else None


NavaiConfigEntry = ConfigEntry[Runtime]


def runtime_of(hass: HomeAssistant) -> Runtime:
    """What is loaded now.

    Raises:
        NotReadyError: nothing is.
    """
    runtime = hass.data[HOUSE].runtime()
    if runtime is None:
        raise NotReadyError("navai is not set up — check its YAML, the log, and that it is enabled, and reload.")
    return runtime
