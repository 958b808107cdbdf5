"""The documented function and environment of the NAVAI contract. Source: docs/contract.md."""

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Final

import aiohttp

from .addresses import INSECURE_URL, is_insecure
from .config.load import api_key_of
from .config.options import ROOT
from .config.validators.base import RefusedValueError, Validator
from .config.validators.scalars import url
from .const import CONTRACT_MODEL, DEFAULT_INSTRUCTIONS, DEFAULT_TTL_S, DEFAULT_VOICE, MAX_TTL_S, MIN_TTL_S
from .exceptions import InvalidInputError, InvalidTtlError
from .known_models import retirement_of
from .models import Caller, HubSettings, RealtimeClientSecret, Settings, VoiceProfile
from .provider.client import NoCookies
from .providers import PROVIDERS
from .redact import Secret
from .sessions.minter import choose_key
from .sessions.service import SessionService

_LOGGER = logging.getLogger(__name__)
_PROFILE: Final = "default"
_ANYBODY: Final = Caller(kind="owner", key="")
"""The contract does not identify the caller."""
_url: Final = url(next(option for option in ROOT if option.key == "base_url"))


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceBackendOptions:
    """The options of the backend. Blank strings count as missing."""

    openai_api_key: str | None = field(default=None, repr=False)
    default_model: str = CONTRACT_MODEL
    """`gpt-realtime` is replaced by its successor when it ends, on 2027-01-20."""
    default_voice: str = DEFAULT_VOICE
    default_instructions: str = DEFAULT_INSTRUCTIONS
    default_language: str | None = None
    default_voice_accent: str | None = None
    default_voice_tone: str | None = None
    client_secret_ttl_seconds: int = DEFAULT_TTL_S
    """An integer from 10 to 7200."""
    allow_api_key_from_request: bool = False
    base_url: str = "https://api.openai.com/v1"
    """A regional host, a proxy, or the simulator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateClientSecretRequest:
    """The fields of one request. They override the options. Blank strings count as missing."""

    model: str | None = None
    voice: str | None = None
    instructions: str | None = None
    language: str | None = None
    voice_accent: str | None = None
    voice_tone: str | None = None
    api_key: str | None = field(default=None, repr=False)


async def create_realtime_client_secret(
    options: VoiceBackendOptions,
    request: CreateClientSecretRequest | None = None,
    *,
    session: aiohttp.ClientSession | None = None,
    today: date | None = None,
) -> RealtimeClientSecret:
    """Mint a client secret.

    Args:
        options: The options of the backend.
        request: What this request changes.
        session: Used and left open. Without one, a session is created for this call only.
        today: For the day when the default model ends.

    Raises:
        InvalidInputError: a string, a key or the address is not valid.
        InvalidTtlError: the time to live is not an integer from 10 to 7200.
        RequestKeyNotAllowedError: the request brings a key, which is not allowed.
        ApiKeyMissingError: there is no key, neither in the options nor, if allowed, in the request.
        UpstreamError: the provider did not answer 200 with a client secret.
    """
    request = request or CreateClientSecretRequest()
    _check_texts(options)
    _check_texts(request)
    base_url = _checked("base_url", options.base_url, _base_url)
    ttl = check_ttl(options.client_secret_ttl_seconds)
    own, theirs = _first_of(options.openai_api_key), _first_of(request.api_key)
    api_key = choose_key(own, theirs, allow_request_key=options.allow_api_key_from_request)
    _checked("openai_api_key" if own else "api_key", api_key, api_key_of)
    profile = VoiceProfile(
        key=_PROFILE,
        name="Default",
        model=_first_of(request.model) or _lasting(_first_of(options.default_model, CONTRACT_MODEL), today),
        voice=_first_of(request.voice, options.default_voice, DEFAULT_VOICE),
        instructions=_first_of(request.instructions, options.default_instructions, DEFAULT_INSTRUCTIONS),
        language=_first_of(request.language, options.default_language),
        accent=_first_of(request.voice_accent, options.default_voice_accent),
        tone=_first_of(request.voice_tone, options.default_voice_tone),
    )
    settings = Settings(
        provider=PROVIDERS["openai"],
        base_url=base_url,
        api_key=Secret(own) if own else None,
        client_secret_ttl=ttl,
        allow_request_api_key=options.allow_api_key_from_request,
        default_profile=_PROFILE,
        profiles={_PROFILE: profile},
        displays={},
        hub=HubSettings(),
    )
    async with _session(session) as used:
        service = SessionService(settings, used, keep_warm=False)
        return (await service.mint(_ANYBODY, _PROFILE, request_key=theirs)).secret


def options_from_env(environ: Mapping[str, str], *, today: date | None = None) -> VoiceBackendOptions:
    """The options from the environment.

    Reads `OPENAI_API_KEY`, `OPENAI_REALTIME_MODEL`, `_VOICE`, `_INSTRUCTIONS`, `_LANGUAGE`, `_VOICE_ACCENT`,
    `_VOICE_TONE`, `_CLIENT_SECRET_TTL`, and `NAVAI_ALLOW_FRONTEND_API_KEY` (only the word `true`, in any case, allows).

    Args:
        environ: The environment.
        today: For the day when the default model ends.

    Raises:
        InvalidInputError: the key is not valid.
        InvalidTtlError: the time to live is not an integer from 10 to 7200.
    """

    def value_of(name: str, default: str = "") -> str:
        return _first_of(environ.get(name), default)

    key = value_of("OPENAI_API_KEY")
    ttl = value_of("OPENAI_REALTIME_CLIENT_SECRET_TTL", str(DEFAULT_TTL_S))
    return VoiceBackendOptions(
        openai_api_key=_checked("OPENAI_API_KEY", key, api_key_of) if key else None,
        default_model=_lasting(value_of("OPENAI_REALTIME_MODEL", CONTRACT_MODEL), today),
        default_voice=value_of("OPENAI_REALTIME_VOICE", DEFAULT_VOICE),
        default_instructions=value_of("OPENAI_REALTIME_INSTRUCTIONS", DEFAULT_INSTRUCTIONS),
        default_language=value_of("OPENAI_REALTIME_LANGUAGE") or None,
        default_voice_accent=value_of("OPENAI_REALTIME_VOICE_ACCENT") or None,
        default_voice_tone=value_of("OPENAI_REALTIME_VOICE_TONE") or None,
        client_secret_ttl_seconds=check_ttl(int(ttl) if ttl.isascii() and ttl.isdecimal() and len(ttl) < 10 else ttl),
        allow_api_key_from_request=value_of("NAVAI_ALLOW_FRONTEND_API_KEY").lower() == "true",
    )


def check_ttl(ttl: Any) -> int:
    """An integer from 10 to 7200. Booleans, strings, NaN and fractions are refused.

    Raises:
        InvalidTtlError: it is anything else.
    """
    if isinstance(ttl, float) and ttl.is_integer():
        ttl = int(ttl)
    if type(ttl) is not int or not MIN_TTL_S <= ttl <= MAX_TTL_S:
        raise InvalidTtlError(
            f"A client secret's time to live must be a whole number of seconds from {MIN_TTL_S} to {MAX_TTL_S}."
        )
    return ttl


def _lasting(model: str, today: date | None) -> str:
    """The default model; its successor from the day when it ends, with a warning. Others are used as they are."""
    end = retirement_of(model) if model == CONTRACT_MODEL else None
    if end is None or (today or date.today()) < end.on:  # noqa: DTZ011
        return model
    _LOGGER.warning(
        "The default model %s was shut down on %s, so %s is used. Set `OPENAI_REALTIME_MODEL` or `default_model`",
        model,
        end.on.isoformat(),
        end.successor,
    )
    return end.successor


def _base_url(value: Any) -> str:
    address: str = _url(value)
    if is_insecure(address):
        raise RefusedValueError(INSECURE_URL)
    return address


def _checked(name: str, value: str, check: Validator) -> str:
    """Check a value by the rules of the YAML. The error has the name of the field."""
    try:
        checked: str = check(value)
    except RefusedValueError as refusal:
        raise InvalidInputError(f"`{name}` {refusal.message}.", field=name) from None
    return checked


def _check_texts(given: VoiceBackendOptions | CreateClientSecretRequest) -> None:
    for each in fields(given):
        value = getattr(given, each.name)
        if each.type not in {str, str | None} or value is None:
            continue
        if not isinstance(value, str):
            raise InvalidInputError(f"`{each.name}` must be a string.", field=each.name)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidInputError(f"`{each.name}` has half a character. Correct it.", field=each.name) from None


def _first_of(*texts: str | None) -> str:
    """The first string that is not blank, trimmed."""
    return next((text.strip() for text in texts if text and text.strip()), "")


@contextlib.asynccontextmanager
async def _session(given: aiohttp.ClientSession | None) -> AsyncIterator[aiohttp.ClientSession]:
    if given is not None:
        yield given
        return
    async with aiohttp.ClientSession(cookie_jar=NoCookies(), trust_env=True) as own:
        yield own
