"""The action `navai.reload`. It exists as soon as there was a `navai:` block, even if that had mistakes.

Home Assistant's loader quotes names in its errors. A name may be a key that someone pasted by mistake, so nothing of
these errors is passed on or logged without the redactor.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from os import walk
from pathlib import Path
from typing import Any, Final

import voluptuous as vol
from homeassistant.config import async_hass_config_yaml
from homeassistant.const import SERVICE_RELOAD
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import ConfigValidationError, HomeAssistantError
from homeassistant.helpers.reload import async_integration_yaml_config
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.helpers.translation import async_get_translations
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import SECRET_YAML

from .const import DOMAIN
from .data import DATA
from .navai_core.redact import name_or_dots, redact
from .yaml_entry import follow_yaml

_SETUP_TASKS: Final = "setup_tasks"
"""Home Assistant's failed set-ups: it does not try them again before a restart."""
_LOGGERS: Final = ("annotatedyaml.loader", "homeassistant.config", "homeassistant.util.yaml.loader")
"""They quote what they cannot read."""
_NO_SECRET: Final = re.compile(r"Secret (?P<name>.*) not defined", re.DOTALL)
_ENV_VAR: Final = "Environment variable"
_NOT_YAML: Final = frozenset({"custom_components", "www", "deps", "media", "backups"})


def register(hass: HomeAssistant) -> None:
    """Register the action, if it is not registered yet."""
    if not hass.services.has_service(DOMAIN, SERVICE_RELOAD):
        async_register_admin_service(hass, DOMAIN, SERVICE_RELOAD, partial(_reload, hass), vol.Schema({}))


async def _reload(hass: HomeAssistant, _: ServiceCall) -> None:
    """Read the YAML again. If it has mistakes, raise them and change nothing."""
    config = await _read(hass)
    if DOMAIN not in hass.config.components:
        if DOMAIN in config or hass.config_entries.async_entries(DOMAIN):
            await _set_up(hass)
        return
    # Only these need a reload: `follow_yaml` sets up a new one.
    known = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    await follow_yaml(hass, config)
    if hass.data[DATA].settings is not None:
        for entry in known:
            await hass.config_entries.async_reload(entry.entry_id)


async def _read(hass: HomeAssistant) -> ConfigType:
    """Return the checked configuration.

    Raises:
        HomeAssistantError: it has mistakes, or cannot be read.
    """
    with _redacted_logs():
        try:
            return await async_integration_yaml_config(hass, DOMAIN, raise_on_failure=True)
        except ConfigValidationError:
            # Our own words.
            raise
        except HomeAssistantError as error:
            quoted = str(error)
    # Not raised inside the `except`: our error would keep the original one, and a log would quote it.
    raise await _failure(hass, quoted)


async def _set_up(hass: HomeAssistant) -> None:
    """Set navai up after a start with mistakes in the block. They are fixed now."""
    failed: Any = hass.data.get(_SETUP_TASKS)
    if failed:
        failed.pop(DOMAIN, None)
    with _redacted_logs():
        config = await async_hass_config_yaml(hass)
    if not await async_setup_component(hass, DOMAIN, config):
        raise await _error(hass, "restart_needed", {})


async def _failure(hass: HomeAssistant, quoted: str) -> HomeAssistantError:
    """Return our error for one of the loader's. If it quotes what must be a name and is none, say so instead."""
    found = _NO_SECRET.fullmatch(quoted)
    if found and name_or_dots(found["name"]) != found["name"]:
        place = await hass.async_add_executor_job(_place_of_secret, Path(hass.config.config_dir), found["name"])
        return await _error(hass, "secret_is_no_name", {"place": place})
    if not quoted.strip() or re.fullmatch(r"\S+", quoted):
        # The loader's whole error is the name of the environment variable.
        quoted = f"{_ENV_VAR} {name_or_dots(quoted)} not defined"
    return await _error(hass, "other", {"message": redact(quoted)})


async def _error(hass: HomeAssistant, key: str, placeholders: dict[str, str]) -> HomeAssistantError:
    """Return a translated error. Home Assistant knows our sentences only after the set-up."""
    texts = await async_get_translations(hass, "en", "exceptions", {DOMAIN})
    sentence = texts[f"component.{DOMAIN}.exceptions.{key}.message"].rstrip(".")
    return HomeAssistantError(
        sentence.format(**placeholders),
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def _place_of_secret(folder: Path, name: str) -> str:
    """Return the file and line where this follows `!secret`, which the loader does not say."""
    wanted = re.compile(rf"!secret\s+[\"']?{re.escape(name)}")
    for root, folders, files in walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _NOT_YAML)
        for file in sorted(files):
            if file.endswith(".yaml") and file != SECRET_YAML:
                path = Path(root, file)
                lines = path.read_text("utf-8", errors="replace").splitlines()
                for number, line in enumerate(lines, 1):
                    if wanted.search(line):
                        return f"{path.relative_to(folder)}:{number}"
    return "configuration.yaml"


class _Redacting(logging.Filter):
    """Lets every record pass, redacted."""

    def filter(self, record: logging.LogRecord) -> bool:
        if str(record.msg).startswith(_ENV_VAR) and isinstance(record.args, tuple):
            record.args = tuple(name_or_dots(each) for each in record.args)
        record.msg, record.args = redact(record.getMessage()), ()
        return True


@contextmanager
def _redacted_logs() -> Iterator[None]:
    """Redact what the loader logs meanwhile."""
    redacting = _Redacting()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(redacting)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(redacting)
