"""The only way to a client secret, on every host: profile → access → allowance → mint → count and tell, once."""

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
from .minter import Enrich, Heard, Minted, Minter
from .warm_secrets import WarmSecrets


class Allowance(Protocol):
    """Says when it is too much."""

    async def count_mint(self, caller: Caller, profile: VoiceProfile) -> None:
        """Count one secret.

        Raises:
            RateLimitedError: it is one too many.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class MintNews:
    """What came of somebody's wish for a client secret."""

    caller: Caller
    profile: str | None
    """None where it is not one that the caller may use."""
    seconds: float
    minted: Minted | None = None
    error: NavaiError | None = None
    """Neither this nor a secret: a fault of ours."""

    @property
    def outcome(self) -> str:
        """`minted`, `warm`, or an error's code."""
        if self.minted is not None:
            return "warm" if self.minted.warm else "minted"
        return self.error.code if self.error is not None else "internal_error"


class SessionService:
    """What one `Settings` lets callers do; a changed YAML makes a new one.

    Args:
        settings: The checked settings.
        http: For the provider. It is not closed here.
        allowance: What outlives the settings; None where nobody asks twice.
        keep_warm: Whether secrets may be made ready: not where nobody comes back.
        switched_off: The profiles that give out no secrets for now; the host changes it.
        enrich: Adds to a profile what the host knows of the moment: tools, and what to tell the model of the house.
        tell: Hears of everybody who asked for a secret.
        heard: Hears what the provider answers to the configured key, whether somebody waits or a secret is made ready:
            the profile, and the error if it is one.
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
        tell: Callable[[MintNews], None] = lambda _: None,
        heard: Heard = lambda _profile, _error: None,
    ) -> None:
        self.settings = settings
        self.access = Access(settings, switched_off)
        self._allowance = allowance
        self._tell = tell
        self._warm = WarmSecrets(settings.client_secret_ttl) if keep_warm else None
        self._minter = Minter(settings, ProviderClient.of(settings, http), self._warm, enrich=enrich, heard=heard)

    def profiles_for(self, caller: Caller) -> dict[str, VoiceProfile]:
        """What a caller may use, its default first. The caller is near now, so its secrets are made ready."""
        profiles = self.access.profiles_of(caller)
        for profile in profiles.values():
            self._minter.be_ready(profile, caller)
        return profiles

    async def mint(
        self, caller: Caller, profile_name: str | None, overrides: Overrides | None = None, request_key: str = ""
    ) -> Minted:
        """Mint a client secret.

        Args:
            caller: Who asks.
            profile_name: None or empty takes the caller's default.
            overrides: What the request changes; only what the profile's `allow_overrides` lists.
            request_key: A key that came with the request.

        Raises:
            NavaiError: any of the tree below "not allowed", "rate limited" and "upstream".
        """
        began = perf_counter()
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
            self._tell(
                MintNews(
                    caller=caller,
                    profile=None if profile is None else profile.key,
                    seconds=perf_counter() - began,
                    minted=minted,
                    error=failure,
                )
            )
        return minted

    def ready(self) -> int:
        """How many secrets stand ready now."""
        return self._warm.ready() if self._warm is not None else 0

    async def close(self) -> None:
        """Forget the secrets that stand ready."""
        if self._warm is not None:
            await self._warm.close()
