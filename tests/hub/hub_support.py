from pathlib import Path
from typing import Any

from secret_watch import WATCH

from navai_core.config.load import settings_from_block
from navai_core.hub.limits import HubLimiter
from navai_core.hub.runtime import Hub
from navai_core.models import Settings
from navai_core.simulator import Simulator

KEY = WATCH.secret("sk-hub-0123456789abcdef")
HALL = WATCH.secret("tok_hall_Xq7mZt2LxW9")
ANNA = WATCH.secret("tok_anna_Xq7mZt2LxW9")
NOTES = {
    "type": "mcp",
    "server_label": "notes",
    "server_url": "https://notes.example/mcp",
    "require_approval": "never",
    "authorization": WATCH.secret("tok_notes_Xq7mZt2LxW9"),
    "headers": {"X-House": WATCH.secret("tok_house_Xq7mZt2LxW9")},
}


def settings_for(simulator: Simulator, **more: Any) -> Settings:
    hub = {"port": 0, "users": {"anna": {"token": ANNA, "profiles": ["kitchen"]}}} | more.pop("hub", {})
    block = {
        "api_key": KEY,
        "base_url": simulator.base_url,
        "profiles": {
            "kitchen": {"model": "gpt-realtime-2.1", "tools": [NOTES]},
            "warm": {"model": "gpt-realtime-2.1", "keep_warm": True},
        },
        "displays": {"hall": {"profile": "warm", "profiles": ["kitchen"], "token": HALL}},
        "hub": hub,
    } | more
    return settings_from_block(block, environ={})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def open_hub(settings: Settings, base: Path, **more: Any) -> Hub:
    """A hub that runs, and does not listen."""
    hub = Hub(base, HubLimiter(settings.hub), **more)
    await hub.open(settings)
    return hub
