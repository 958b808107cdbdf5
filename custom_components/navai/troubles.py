"""Shows what the provider refuses, client secrets ("mint") and calls, as repairs and in the log.

Only the browser knows whether a call was refused, so that we depend on its report.
"""

import logging
from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant, callback

from . import issues
from .navai_core import NavaiError
from .navai_core.sessions.prices import TokenUsage
from .navai_core.sessions.session import FAILED, Report

_LOGGER = logging.getLogger(__name__)
_MINT: Final = "mint"
_CALL: Final = "call"
_OF_CALLS: Final = frozenset({"provider_refused", "secret_expired", "upstream_rate_limited", "upstream_unavailable"})
"""The codes of a browser for a call that the provider refused without a code."""


class Troubles:
    """Remembers why each repair is shown, until the same step works again.

    A client secret proves nothing about calls: the provider also creates one for a model that it refuses in a call.

    Args:
        hass: Home Assistant.
        model_of: Returns a profile's model; None for an unknown profile.
        under_way: Returns the ids of running conversations.
    """

    def __init__(
        self, hass: HomeAssistant, model_of: Callable[[str], str | None], under_way: Callable[[], frozenset[str]]
    ) -> None:
        self._hass = hass
        self._model_of = model_of
        self._under_way = under_way
        self._shown: dict[tuple[str, str], frozenset[str]] = {}
        """For each repair and step: the conversations that were running before the refusal, which prove nothing."""
        self._logged: set[tuple[str, str | None, str | None]] = set()
        """What was logged about calls: profile, our code, the provider's code."""

    @callback
    def reloaded(self) -> None:
        """Start again with new settings, perhaps with a new key. A reload does not add credit."""
        self._logged.clear()
        for shown in [shown for shown in self._shown if shown[0] != issues.QUOTA_EXHAUSTED]:
            del self._shown[shown]

    @callback
    def mint_refused(self, profile: str, error: NavaiError) -> None:
        """The provider refused a client secret."""
        self._show(_MINT, profile, error.code)

    @callback
    def minted(self, profile: str) -> None:
        """The provider created a client secret."""
        self._works(_MINT, profile)

    @callback
    def reported(self, report: Report) -> None:
        """Handle a browser's report: its conversation failed, or an answer arrived."""
        if report.problem:
            self._answer_failed(report)
        elif report.state == FAILED:
            self._call_failed(report)
        elif report.state == "speaking" or _answered(report.usage):
            self._works(_CALL, report.profile, report.session)

    def _answer_failed(self, report: Report) -> None:
        problem = report.profile, report.problem, report.provider_code
        if problem not in self._logged:
            self._logged.add(problem)
            _LOGGER.warning(
                "A conversation with %s has a problem: %s (the provider's code %s)",
                report.profile,
                report.problem,
                report.provider_code,
            )

    def _call_failed(self, report: Report) -> None:
        code = report.code
        if not (report.provider_code or report.request_id or code in _OF_CALLS):
            # The cause is the microphone or the network, for example.
            return
        self._show(_CALL, report.profile, code)
        refusal = report.profile, code, report.provider_code
        if refusal not in self._logged:
            # Log it once, not at every tap.
            self._logged.add(refusal)
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
        if where == _CALL and (logged := {each for each in self._logged if each[0] == profile}):
            self._logged -= logged
            _LOGGER.info("The provider accepts conversations with %s again", profile)


def _answered(usage: TokenUsage | None) -> bool:
    """Whether a usage proves an answer of the model. The transcript of what a person said does not."""
    return usage is not None and usage.output_tokens > 0 and not usage.transcription
