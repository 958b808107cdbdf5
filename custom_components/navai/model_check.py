"""Asks the provider once a day about the models of the profiles, and shows the answer as repairs."""

import logging
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from . import issues
from .data import DATA
from .navai_core import Settings
from .navai_core.exceptions import UpstreamError
from .navai_core.sessions.model_check import CHECK_AGAIN_S, FIRST_CHECK_S, RETRY_CHECK_S, check_models

_LOGGER = logging.getLogger(__name__)


class DailyCheck:
    """Checks the models of some settings, until it is stopped.

    Args:
        hass: Home Assistant.
        settings: The checked settings.
    """

    def __init__(self, hass: HomeAssistant, settings: Settings) -> None:
        self._hass = hass
        self._settings = settings
        self._job = HassJob(self._check, "navai: check the models", cancel_on_shutdown=True)
        self._cancel: CALLBACK_TYPE | None = async_call_later(hass, FIRST_CHECK_S, self._job)

    @callback
    def stop(self) -> None:
        """Check no more. A later answer is ignored: the settings may have changed."""
        if self._cancel is not None:
            self._cancel()
        self._cancel = None

    async def _check(self, _: datetime) -> None:
        wait = CHECK_AGAIN_S
        try:
            today = dt_util.now().date()
            troubles = await check_models(self._settings, self._hass.data[DATA].http, today)
        except UpstreamError as error:
            _LOGGER.info("The provider's list of models cannot be read: %s", error)
            wait = RETRY_CHECK_S
            troubles = None
        if self._cancel is None:
            return
        if troubles is not None:
            issues.of_models(self._hass, self._settings, troubles)
        self._cancel = async_call_later(self._hass, wait, self._job)
