"""The mint of xAI: no `session`, no anchor, at most an hour, and errors of another shape.

The accepted fields are from its reference; the error texts are only plausible.
"""

from collections.abc import Mapping
from typing import Any, Final

from navai_core.simulator import wire
from navai_core.simulator.checks import Number, Record
from navai_core.simulator.errors import ApiError
from navai_core.simulator.session import Order

_MAX_S: Final = 3_600
_REQUEST: Final = Record({"expires_after": Record({"seconds": Number(1, _MAX_S, whole=True)})})


class XaiError(ApiError):
    """An error in xAI's shape: a code for people, and a text."""

    def to_json(self) -> dict[str, Any]:
        """Return the body."""
        return {"code": "Client specified an invalid argument", "error": self.message}


def read_order(body: Mapping[str, Any]) -> Order:
    """Check a parsed body.

    Raises:
        XaiError: 400 for the first mistake.

    """
    try:
        _REQUEST.check(body, "")
    except ApiError as error:
        raise XaiError(error.status, error.message) from error
    return Order(body.get("expires_after", {}).get("seconds", wire.DEFAULT_TTL_S), {"type": "realtime"})
