"""Loaded first of all, with `-p`: what the component tests need before anything else is imported.

`homeassistant` comes first, since newer ones put `probatio` in the place of `voluptuous`, also for the core. And the
plugin for pytest, made for one release, meets the names it expects in the next one.
"""

import homeassistant
from homeassistant.components import logger

assert homeassistant.__path__

if not hasattr(logger, "_clear_logger_overwrites"):  # moved in 2026.11
    from homeassistant.components.logger import helpers

    logger._clear_logger_overwrites = helpers._clear_logger_overwrites
