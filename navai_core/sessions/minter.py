"""A mint: which key, which overrides, a secret that is ready or a new one. Only `service` calls it."""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from math import inf
from time import monotonic
from typing import Final

from ..config.options import PROFILE
from ..config.validators.base import Context, RefusedValueError, sentence
from ..config.validators.names import voice
from ..config.validators.scalars import is_template
from ..exceptions import (
    ApiKeyMissingError,
    InvalidInputError,
    OverrideNotAllowedError,
    RequestKeyNotAllowedError,
    UpstreamError,
)
from ..models import Caller, IceServer, Limits, Overrides, RealtimeClientSecret, Settings, VoiceProfile
from ..provider.client import ProviderClient
from ..provider.keywords import are_refused, keywords_of, without_keywords
from ..provider.payload import build_payload
from ..providers import Provider
from .warm_secrets import TEMPLATE_FRESH_S, ReadySecret, WarmSecrets

Enrich = Callable[[VoiceProfile, Caller, float], Awaitable[VoiceProfile]]
"""Adds what the host knows to a profile: tools, and information for the model. Takes at most so many seconds."""
OnProviderResult = Callable[[str, UpstreamError | None], None]

_LOGGER = logging.getLogger(__name__)
ENRICH_S: Final = 3.0
"""How long the host may take for a profile, and at most half of `timeout`."""
_VOICE: Final = next(option for option in PROFILE if option.key == "voice")


@dataclass(frozen=True, slots=True)
class Minted:
    """A secret, and everything a client needs to connect with it."""

    secret: RealtimeClientSecret = field(repr=False)
    profile: str
    model: str
    voice: str
    url: str
    """Where a browser posts its SDP offer."""
    limits: Limits
    """The limits of the profile. The browser enforces those of the conversation."""
    warm: bool
    """The secret was ready in advance."""
    tool_timeout: float
    """How many seconds the profile's tools may take before the model learns that they are still running."""
    ready_for: float | None = None
    """How many seconds a client may keep it before a conversation starts. None: as long as it likes."""
    ice_servers: tuple[IceServer, ...] = ()
    """For browsers whose network blocks UDP."""


class Minter:
    """Mints for the profiles of one `Settings`. A changed YAML creates a new one.

    Args:
        settings: The checked settings.
        client: The provider client.
        warm: The ready secrets for profiles with `keep_warm`; None if each caller asks only once.
        enrich: Adds what the host knows to a profile. It counts in `timeout`, as everything before the request does.
        on_provider_result: Called with the result of each mint with the configured key, also of those in advance:
            the profile, and the error if there was one.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        settings: Settings,
        client: ProviderClient,
        warm: WarmSecrets | None = None,
        *,
        enrich: Enrich | None = None,
        on_provider_result: OnProviderResult = lambda _profile, _error: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._client = client
        self._warm = warm
        self._enrich = enrich
        self._on_provider_result = on_provider_result
        self._refused_keywords: dict[str, tuple[str, ...]] = {}
        """By profile: the latest keywords that the provider refused."""
        # The body only depends on the YAML, so it is built once. Overrides build another one.
        self._bodies: Mapping[str, bytes] = {
            key: self._serialise(profile) for key, profile in settings.profiles.items()
        }

    def keep_ready(self, profile: VoiceProfile, caller: Caller) -> None:
        """The caller is nearby: keep a secret ready if the profile says so."""
        if self._warm is None or not profile.keep_warm or not self._own_key():
            return

        async def mint() -> ReadySecret:
            ends = self._ends()
            enriched = await self._enriched(profile, caller)
            return ReadySecret(await self._ask(enriched, caller, self._own_key(), ends), _tools_of(enriched))

        fresh_s = TEMPLATE_FRESH_S if is_template(profile.instructions) else inf
        self._warm.touch(profile.key, _place_of(caller), mint, fresh_s=fresh_s)

    async def mint(
        self, profile: VoiceProfile, caller: Caller, overrides: Overrides | None = None, request_key: str = ""
    ) -> Minted:
        """Mint a client secret.

        Args:
            profile: From `Access.profile_for`.
            caller: Who asks.
            overrides: What the request changes; only options in the profile's `allow_overrides`.
            request_key: A key that came with the request.

        Raises:
            NavaiError: any of the tree below "not allowed" and "upstream".
        """
        changed = apply_overrides(profile, overrides, self._settings.provider) if overrides else profile
        api_key = choose_key(self._own_key(), request_key, allow_request_key=self._settings.allow_request_api_key)
        plain = changed is profile and not request_key
        ends = self._ends()
        enriched = await self._enriched(changed, caller)
        secret = None
        if plain and profile.keep_warm and self._warm is not None:
            secret = await self._warm.take(profile.key, _place_of(caller), _tools_of(enriched))
        warm = secret is not None
        if secret is None:
            secret = await self._ask(enriched, caller, api_key, ends)
        if plain:
            self.keep_ready(profile, caller)
        return Minted(
            secret,
            profile.key,
            changed.model,
            changed.voice,
            self._client.calls_url,
            changed.limits,
            warm,
            profile.tool_timeout,
            TEMPLATE_FRESH_S if is_template(profile.instructions) else None,
            self._settings.ice_servers,
        )

    def _ends(self) -> float:
        return self._clock() + self._settings.timeout

    async def _enriched(self, profile: VoiceProfile, caller: Caller) -> VoiceProfile:
        if self._enrich is not None:
            profile = await self._enrich(profile, caller, min(ENRICH_S, self._settings.timeout / 2))
        words = keywords_of(profile)
        refused = words and words == self._refused_keywords.get(profile.key)
        return without_keywords(profile) if refused else profile

    async def _ask(self, profile: VoiceProfile, caller: Caller, api_key: str, ends: float) -> RealtimeClientSecret:
        ours = api_key == self._own_key()
        try:
            # Without a caller key, there is nothing to identify the caller by.
            who = caller.id if caller.key else None
            secret = await self._client.mint(
                self._body(profile),
                api_key=api_key,
                caller=who,
                transient=not ours,
                seconds=ends - self._clock(),
                otherwise=partial(self._otherwise, profile),
            )
        except UpstreamError as error:
            if ours:
                self._on_provider_result(profile.key, error)
            raise
        if ours:
            self._on_provider_result(profile.key, None)
        return secret

    def _body(self, profile: VoiceProfile) -> bytes:
        if profile is self._settings.profiles[profile.key]:
            return self._bodies[profile.key]
        return self._serialise(profile)

    def _otherwise(self, profile: VoiceProfile, error: UpstreamError) -> bytes | None:
        """A session without keywords, if the provider refused them: worse captions are better than no conversation."""
        words = keywords_of(profile)
        if not words or not are_refused(error):
            return None
        self._refused_keywords[profile.key] = words
        _LOGGER.warning(
            "The provider refused the `keywords` of %s. Its conversations start without them (request id %s)",
            profile.key,
            error.request_id,
        )
        return self._body(without_keywords(profile))

    def _serialise(self, profile: VoiceProfile) -> bytes:
        body = build_payload(profile, provider=self._settings.provider, ttl=self._settings.client_secret_ttl)
        return json.dumps(body, ensure_ascii=False).encode()

    def _own_key(self) -> str:
        return self._settings.api_key.reveal() if self._settings.api_key else ""


def _place_of(caller: Caller) -> str:
    """What else a secret may depend on: the caller and the display."""
    return f"{caller.id}@{caller.display}"


def _tools_of(profile: VoiceProfile) -> bytes:
    """Identifies the tools of a profile that the host may have changed."""
    return hashlib.sha256(json.dumps(profile.tools, default=str).encode()).digest()


def choose_key(own: str, from_request: str, *, allow_request_key: bool) -> str:
    """The key to mint with: the configured one always wins.

    Raises:
        RequestKeyNotAllowedError: the request brings one and may not, even if there is a configured one.
        ApiKeyMissingError: there is no key.
    """
    if from_request and not allow_request_key:
        raise RequestKeyNotAllowedError("A request cannot bring an API key here. Leave it out of the request.")
    if key := own or from_request:
        return key
    if allow_request_key:
        raise ApiKeyMissingError("There is no API key. Send one with the request, or configure `api_key`.")
    raise ApiKeyMissingError("There is no API key. Ask your administrator to configure `api_key` on the server.")


def apply_overrides(profile: VoiceProfile, overrides: Overrides, provider: Provider) -> VoiceProfile:
    """The profile with a request's changes. A value that equals the profile's own needs no permission.

    Raises:
        OverrideNotAllowedError: the profile does not allow one of the changes.
        InvalidInputError: a voice that the provider does not have.
    """
    changes = {}
    for each in fields(overrides):
        value = getattr(overrides, each.name).strip()
        if value and value != getattr(profile, each.name):
            changes[each.name] = value
    refused = [name for name in changes if name not in profile.allow_overrides]
    if refused:
        raise OverrideNotAllowedError(
            f"Requests cannot change {', '.join(refused)} of this profile. Leave it out, or ask your administrator to "
            "list it in `allow_overrides`.",
            refused=refused,
        )
    if "voice" in changes:
        try:
            changes["voice"] = voice(_VOICE, Context(provider))(changes["voice"])
        except RefusedValueError as refusal:
            raise InvalidInputError(sentence(f"The voice {refusal.message}"), field="voice") from None
    return replace(profile, **changes) if changes else profile
