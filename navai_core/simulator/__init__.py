"""A simulated OpenAI Realtime on loopback, as strict as the real one: for demos, tests and benchmarks without a key."""

from navai_core.simulator.call.call import Call
from navai_core.simulator.call.context import CallSettings
from navai_core.simulator.call.script import Scenario
from navai_core.simulator.fault_values import FaultSyntaxError
from navai_core.simulator.faults import Fault, FaultQueue
from navai_core.simulator.rules import Rules
from navai_core.simulator.server import Simulator, build_app
from navai_core.simulator.state import DEMO_API_KEY
from navai_core.simulator.store import Mint, SecretRecord, SecretStore

__all__ = [
    "DEMO_API_KEY",
    "Call",
    "CallSettings",
    "Fault",
    "FaultQueue",
    "FaultSyntaxError",
    "Mint",
    "Rules",
    "Scenario",
    "SecretRecord",
    "SecretStore",
    "Simulator",
    "build_app",
]
