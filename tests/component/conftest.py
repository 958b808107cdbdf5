"""What every test inside Home Assistant has: our integration can be loaded, and loopback can be reached."""

import pytest

# First of all: the plugin for pytest has a folder of the same name, and the first one that is imported stays.
import custom_components.navai


@pytest.fixture(autouse=True)
def _ours(enable_custom_integrations: None, socket_enabled: None) -> None:
    assert custom_components.navai.__path__
