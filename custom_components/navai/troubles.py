"""What the provider refuses, at the mint and at the call: repairs for administrators, and a line in the log.

Of a call only a browser knows, so that its report is all there is to go by.
"""

import logging
from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant, callback

from . import issues
from .navai_core import NavaiError
from .navai_core.sessions.session import FAILED, Report

_LOGGER = logging.getLogger(__name__)
_MINT: Final = "mint"
_CALL: Final = "call"
_OF_CALLS: Final = frozenset({"provider_refused", "secret_expired", "upstream_rate_limited", "upstream_unavailable"})
"""What a browser says of the provider's answer to a call, though the provider gave no code for it."""


class Troubles:
    """Remembers which repairs show because of what, until the same works again.

    A mint that works says nothing of calls: a secret is also given for a model that only the call refuses.

    Args:
        hass: Home Assistant.
        model_of: A profile's model; None for one that the YAML does not have.
        under_way: The ids of the conversations under way.
    """

    def __init__(
        self, hass: HomeAssistant, model_of: Callable[[str], str | None], under_way: Callable[[], frozenset[str]]
    ) -> None:
        self._hass = hass
        self._model_of = model_of
        self._under_way = under_way
        self._shown: dict[tuple[str, str], frozenset[str]] = {}
        """By the repair and where it was refused: the conversations that were under way then, which prove nothing."""
        self._told: set[tuple[str, str | None, str | None]] = set()
        """What the log has said of calls: profile, our code, the provider's."""

    @callback
    def reloaded(self) -> None:
        """The settings are other ones, perhaps with another key. A reload does not bring credit."""
        self._told.clear()
        for shown in [shown for shown in self._shown if shown[0] != issues.QUOTA_EXHAUSTED]:
            del self._shown[shown]

    @callback
    def mint_refused(self, profile: str, error: NavaiError) -> None:
        """The provider gave no client secret."""
        self._show(_MINT, profile, error.code)

    @callback
    def minted(self, profile: str) -> None:
        """The provider gave a client secret."""
        self._works(_MINT, profile)

    @callback
    def reported(self, report: Report) -> None:
        """A browser says how its conversation goes: failed, or an answer came."""
        if report.problem:
            self._answer_failed(report)
        elif report.state == FAILED:
            self._call_failed(report)
        elif report.state == "speaking" or (report.usage and report.usage.output_tokens):
            self._works(_CALL, report.profile, report.session)

    def _answer_failed(self, report: Report) -> None:
        told = report.profile, report.problem, report.provider_code
        if told not in self._told:
            self._told.add(told)
            _LOGGER.warning(
                "A conversation with %s has a problem: %s (the provider's code %s)",
                report.profile,
                report.problem,
                report.provider_code,
            )

    def _call_failed(self, report: Report) -> None:
        code = report.code
        if not (report.provider_code or report.request_id or code in _OF_CALLS):
            # The microphone, perhaps, or the network.
            return
        self._show(_CALL, report.profile, code)
        told = report.profile, code, report.provider_code
        if told not in self._told:
            # Once, and not at every tap.
            self._told.add(told)
            _LOGGER.warning(
                "The provider refused a conversation with %s: %s (the provider's code %s, request id %s)",
                report.profile,
                code,
                report.provider_code,
                report.request_id,
            )

    def _show(self, where: str, profile: str, code: str | None) -> None:
        model = self._model_of(profile)
        if model is None:
            return
        issue = issues.of_refusal(self._hass, code, profile, model)
        if issue:
            self._shown[issue, where] = self._under_way()

    def _works(self, where: str, profile: str, session: str | None = None) -> None:
        for issue, shown_where in list(self._shown):
            if shown_where != where or session in self._shown[issue, where]:
                continue
            if issue in issues.OF_ACCOUNT or issue == issues.model_refused(profile):
                del self._shown[issue, where]
                if not any(issue == other for other, _ in self._shown):
                    issues.forget(self._hass, issue)
        if where == _CALL and (told := {each for each in self._told if each[0] == profile}):
            self._told -= told
            _LOGGER.info("The provider takes conversations with %s again", profile)
