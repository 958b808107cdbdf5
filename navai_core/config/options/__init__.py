"""The one table of options. The schema, the defaults, the fields of requests and docs/options.md come from it."""

from .block import OVERRIDABLE, PROFILE, ROOT
from .hub import DISPLAY, HUB, USER
from .kinds import Host, Kind, Option
from .request_fields import (
    CLIENT_SECRET_REQUEST,
    CONTRACT_REQUEST,
    EXECUTE_REQUEST,
    PROFILE_QUERY,
    SECURE_QUERY,
    START_REQUEST,
)

__all__ = [
    "CLIENT_SECRET_REQUEST",
    "CONTRACT_REQUEST",
    "DISPLAY",
    "EXECUTE_REQUEST",
    "HUB",
    "OVERRIDABLE",
    "PROFILE",
    "PROFILE_QUERY",
    "ROOT",
    "SECURE_QUERY",
    "START_REQUEST",
    "USER",
    "Host",
    "Kind",
    "Option",
]
