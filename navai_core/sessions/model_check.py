"""Asks the provider once a day about the models of the profiles, on every host."""

from datetime import date
from typing import Final

import aiohttp

from ..exceptions import PermissionRefusedError
from ..models import Settings
from ..provider.client import ProviderClient
from ..provider.model_list import ModelTrouble, troubles_of

FIRST_CHECK_S: Final = 60.0
"""How long after the start, so that nothing waits for it."""
CHECK_AGAIN_S: Final = 24 * 3600.0
RETRY_CHECK_S: Final = 3600.0
"""How long after a check that failed."""
_NOT_READABLE: Final = (
    "The API key may not read the provider's list of models. Conversations work without it; allow it to read models if "
    "you want to be warned before a model ends."
)


async def check_models(settings: Settings, http: aiohttp.ClientSession, today: date) -> tuple[ModelTrouble, ...] | None:
    """What the provider says about the models: which ones end, and which ones the configured key may not use.

    Args:
        settings: The checked settings.
        http: For the provider. It is not closed here.
        today: For the dates when models end.

    Returns:
        None if there is nobody to ask: no key is configured, or the names of models are not OpenAI's.

    Raises:
        UpstreamError: the provider does not answer with its list, for example because the key may not read it.
    """
    if settings.api_key is None or not settings.provider.names_models:
        return None
    try:
        listed = await ProviderClient.of(settings, http).models(api_key=settings.api_key.reveal())
    except PermissionRefusedError as error:
        raise type(error)(_NOT_READABLE, status=error.status, request_id=error.request_id) from None
    return troubles_of(settings, listed, today)
