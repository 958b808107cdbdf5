"""The one table of options. The schema, the defaults, the requests' fields and the reference in docs/ come from it."""

from .kinds import Host, Kind, Option
from .requests import CLIENT_SECRET_REQUEST, CONTRACT_REQUEST, EXECUTE_REQUEST, PROFILE_QUERY
from .server import DISPLAY, HUB, USER
from .tables import OVERRIDABLE, PROFILE, ROOT

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
    "USER",
    "Host",
    "Kind",
    "Option",
]
