"""The only way to a client secret, on every host: profile → access → allowance → mint → count and report, once."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import aiohttp

from ..access import Access
from ..exceptions import NavaiError
from ..models import Caller, Overrides, Settings, VoiceProfile
from ..provider.client import ProviderClient
from .minter import Enrich, Minted, Minter, OnProviderResult
from .warm_secrets import WarmSecrets


class Allowance(Protocol):
    """Checks that there are not too many."""

    async def count_mint(self, caller: Caller, profile: VoiceProfile) -> None:
        """Count one secret.

        Raises:
            RateLimitedError: there are too many.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class MintResult:
    """The result of a request for a client secret."""

    caller: Caller
    profile: str | None
    """None if the caller may not use it."""
    seconds: float
    minted: Minted | None = None
    error: NavaiError | None = None
    """Neither this nor a secret: an internal error."""

    @property
    def outcome(self) -> str:
        """`minted`, `warm`, or an error's code."""
        if self.minted is not None:
            return "warm" if self.minted.warm else "minted"
        return self.error.code if self.error is not None else "internal_error"


class SessionService:
    """What one `Settings` allows callers to do. A changed YAML creates a new one.

    Args:
        settings: The checked settings.
        http: For the provider. It is not closed here.
        allowance: The rate limits, which remain when the settings change; None for a single mint.
        keep_warm: Whether to keep secrets ready: not for a single mint.
        switched_off: The profiles that are turned off for now; the host changes it.
        enrich: Adds what the host knows to a profile; see `Enrich`.
        on_mint: Called with the result of every request for a secret.
        on_provider_result: Called with the result of each mint with the configured key, also of those in advance:
            the profile, and the error if there was one.
    """

    def __init__(
        self,
        settings: Settings,
        http: aiohttp.ClientSession,
        *,
        allowance: Allowance | None = None,
        keep_warm: bool = True,
        switched_off: AbstractSet[str] = frozenset(),
        enrich: Enrich | None = None,
        on_mint: Callable[[MintResult], None] = lambda _: None,
        on_provider_result: OnProviderResult = lambda _profile, _error: None,
    ) -> None:
        self.settings = settings
        self.access = Access(settings, switched_off)
        self._allowance = allowance
        self._on_mint = on_mint
        self._warm = WarmSecrets(settings.client_secret_ttl) if keep_warm else None
        self._minter = Minter(
            settings,
            ProviderClient.of(settings, http),
            self._warm,
            enrich=enrich,
            on_provider_result=on_provider_result,
        )

    def profiles_for(self, caller: Caller) -> dict[str, VoiceProfile]:
        """What a caller may use, its default first. The caller is nearby now, so its secrets are prepared."""
        profiles = self.access.profiles_of(caller)
        for profile in profiles.values():
            self._minter.keep_ready(profile, caller)
        return profiles

    async def mint(
        self, caller: Caller, profile_name: str | None, overrides: Overrides | None = None, request_key: str = ""
    ) -> Minted:
        """Mint a client secret.

        Args:
            caller: Who asks.
            profile_name: None or empty for the caller's default.
            overrides: What the request changes; only options in the profile's `allow_overrides`.
            request_key: A key that came with the request.

        Raises:
            NavaiError: any of the tree below "not allowed", "rate limited" and "upstream".
        """
        start = perf_counter()
        profile = minted = failure = None
        try:
            profile = self.access.profile_for(profile_name, caller)
            if self._allowance is not None:
                await self._allowance.count_mint(caller, profile)
            minted = await self._minter.mint(profile, caller, overrides, request_key)
        except NavaiError as error:
            failure = error
            raise
        finally:
            self._on_mint(
                MintResult(
                    caller=caller,
                    profile=None if profile is None else profile.key,
                    seconds=perf_counter() - start,
                    minted=minted,
                    error=failure,
                )
            )
            # Otherwise the error and this frame would keep each other alive, together with the request's values.
            failure = None
        return minted

    def ready(self) -> int:
        """How many secrets are ready now."""
        return self._warm.ready() if self._warm is not None else 0

    def drop_ready(self) -> None:
        """Forget the secrets that are ready, since their sessions would know something that is no longer true."""
        if self._warm is not None:
            self._warm.drop()

    async def close(self) -> None:
        """Forget the secrets that are ready."""
        if self._warm is not None:
            await self._warm.close()
