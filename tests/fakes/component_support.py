"""The block that the component tests begin from."""

from typing import Any

from secret_watch import WATCH

from navai_core.simulator import Simulator

KEY = WATCH.secret("sk-component-0123456789")
HALL = WATCH.secret("tok_hall_0123456789")
KITCHEN_TABLET = WATCH.secret("tok_kitchen_0123456789")


def block(simulator: Simulator, **changes: Any) -> dict[str, Any]:
    """A `navai:` block of two profiles and two displays, on the simulator.

    `kitchen` is open to all, may use the house's tools, and lets a request change its language; `office` is for Anna,
    and automations may use it. The display `hall` has the profile kitchen, a token, and tools; `desk` has both
    profiles and no token.
    """
    return {
        "api_key": KEY,
        "base_url": simulator.base_url,
        "profiles": {
            "kitchen": {
                "name": "Kitchen helper",
                "model": "gpt-realtime-2.1",
                "llm_api": ["assist"],
                "allow_overrides": ["language"],
            },
            "office": {
                "name": "Office",
                "model": "gpt-realtime-2.1-mini",
                "voice": "cedar",
                "users": ["Anna"],
                "automations": True,
            },
        },
        "displays": {
            "hall": {"name": "Hall tablet", "profile": "kitchen", "area": "Hallway", "token": HALL, "functions": True},
            "desk": {"name": "Desk", "profile": "office", "profiles": ["kitchen"], "users": ["Anna"]},
        },
    } | changes
