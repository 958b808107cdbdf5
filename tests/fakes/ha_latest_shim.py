"""Loaded first, with `-p`: what the component tests need before any other import.

`homeassistant` is first, since newer releases replace `voluptuous` with `probatio`, also for the core. The pytest
plugin is made for one release, so this adds the names that it needs to the next release.
"""

import homeassistant
from homeassistant.components import logger

assert homeassistant.__path__

if not hasattr(logger, "_clear_logger_overwrites"):  # moved in 2026.11
    from homeassistant.components.logger import helpers

    logger._clear_logger_overwrites = helpers._clear_logger_overwrites
