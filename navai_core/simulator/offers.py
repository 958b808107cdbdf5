"""A client's offer when it opens a call: its SDP, the requested session, and the project of the call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from navai_core.simulator.checks import invalid, missing
from navai_core.simulator.errors import ApiError, unsupported_content_type, wrong_key
from navai_core.simulator.mint import check_key, key_of, parse_json, project_of
from navai_core.simulator.models import check_callable
from navai_core.simulator.named_errors import TEMPLATES
from navai_core.simulator.session import read_order
from navai_core.simulator.state import State
from navai_core.simulator.store import SecretRecord

AZURE: Final = "/openai/"
SDP: Final = "application/sdp"
_FORM: Final = "multipart/form-data"
_SECRET: Final = "ek_"  # noqa: S105 - how client secrets begin


@dataclass(frozen=True, slots=True)
class Offer:
    """A client's offer. A call that a client secret opened has no sideband (`by_secret`)."""

    sdp: str = field(repr=False)
    session: Mapping[str, Any] = field(repr=False)
    project: str = field(repr=False)
    by_secret: bool = False


def is_azure(request: web.Request) -> bool:
    """Return whether a request uses one of Azure's addresses."""
    return request.path.startswith(AZURE)


async def read_offer(state: State, request: web.Request) -> Offer:
    """Return the offer of a request.

    Raises:
        ApiError: Its credential, its model or its body is not valid.

    """
    offer = await _read(state, request)
    if offer.session["type"] != "realtime":
        raise invalid("session.type", "The simulator has no calls for transcription sessions.")
    # On Azure these are the caller's own deployment names.
    if not is_azure(request):
        check_callable(offer.session["model"], state.rules)
    return offer


async def _read(state: State, request: web.Request) -> Offer:
    azure = is_azure(request)
    key = key_of(request.headers, azure=azure)
    if key.startswith(_SECRET):
        record = _record_of(state, key, request)
        return Offer(_text(await request.read()), record.session, record.project, by_secret=True)
    check_key(state, request.headers, azure=azure)
    if azure and state.rules.azure_calls_need_secret:
        raise TEMPLATES["ephemeral_token_required"].build()
    if request.content_type == SDP:
        model = request.query.get("model")
        asked = {"type": "realtime"} if model is None else {"type": "realtime", "model": model}
        sdp = await request.read()
    elif request.content_type == _FORM:
        parts = await _parts(request)
        if "sdp" not in parts:
            raise missing("sdp")
        sdp, asked = parts["sdp"], parse_json(parts.get("session", b'{"type": "realtime"}'))
    else:
        raise unsupported_content_type(request.headers.get("Content-Type", ""))
    order = read_order({"session": asked}, state.rules)
    session = {**order.session, "id": state.new_id("sess_", 12)}
    return Offer(_text(sdp), session, project_of(request.headers, azure=azure))


def _record_of(state: State, secret: str, request: web.Request) -> SecretRecord:
    """Return the offer for a client secret. It may start several calls."""
    record = state.secrets.lookup(secret)
    if record is None:
        raise TEMPLATES["expired_client_secret"].build() if state.secrets.knew(secret) else wrong_key(secret)
    if request.content_type != SDP:
        raise unsupported_content_type(request.headers.get("Content-Type", ""))
    return record


async def _parts(request: web.Request) -> dict[str, bytes]:
    """Return the parts of a form."""
    try:
        form = await request.post()
    except (ValueError, AssertionError) as error:
        raise ApiError(400, "We could not parse the form of your request.", code="invalid_form") from error
    found = {}
    for name, value in form.items():
        if isinstance(value, web.FileField):
            found[name] = value.file.read()
        else:
            found[name] = value.encode() if isinstance(value, str) else bytes(value)
    return found


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
