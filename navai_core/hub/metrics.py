"""What the hub counts, for Prometheus. Labels are names from the YAML and our own tables, never from a request."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from ..sessions.session import SessionChange, SessionEvent

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The hub's metrics, in their own registry."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "navai_http_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "navai_http_request_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._mints = Counter(
            "navai_mints", "Requests for client secrets, by outcome.", ["profile", "outcome"], registry=registry
        )
        self._mint_seconds = Histogram(
            "navai_mint_seconds", "Time to a client secret.", ["profile"], buckets=_SECONDS, registry=registry
        )
        self.sign_in_failures = Counter("navai_sign_in_failures", "Requests without a valid token.", registry=registry)
        self.reloads = Counter("navai_config_reloads", "Reloads of the YAML.", ["outcome"], registry=registry)
        self.connected = Gauge("navai_provider_connected", "1 while a connection is open.", registry=registry)
        self.dials = Gauge("navai_provider_dials", "Connections opened ahead of a request.", registry=registry)
        self.warm_secrets = Gauge("navai_warm_secrets", "Secrets that are ready in advance.", registry=registry)
        self._sessions = Counter(
            "navai_session_events",
            "Events of conversations.",
            ["display", "profile", "event"],
            registry=registry,
        )
        self._session_seconds = Counter(
            "navai_session_seconds", "Length of conversations that have ended.", ["profile"], registry=registry
        )
        self.sessions_now = Gauge("navai_sessions", "Conversations now.", registry=registry)
        # A lookup by label values is slower than the count itself.
        self._children: dict[tuple[str, ...], tuple[Counter, Histogram]] = {}

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._count(self._requests, (route, method, str(status)), self._request_seconds, route, seconds)

    def mint(self, profile: str, outcome: str, seconds: float) -> None:
        """A client secret was requested. `outcome` is `minted`, `warm`, or an error's code."""
        self._count(self._mints, (profile, outcome), self._mint_seconds, profile, seconds)

    def session(self, change: SessionChange) -> None:
        """Something happened to a conversation."""
        self._sessions.labels(change.display or "", change.profile or "", change.event.value).inc()
        if change.seconds is not None and change.event in {SessionEvent.ENDED, SessionEvent.FAILED}:
            self._session_seconds.labels(change.profile or "").inc(change.seconds)

    def _count(self, counter: Counter, labels: tuple[str, ...], times: Histogram, label: str, seconds: float) -> None:
        children = self._children.get(labels)
        if children is None:
            children = self._children[labels] = (counter.labels(*labels), times.labels(label))
        children[0].inc()
        children[1].observe(seconds)

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self._registry)
