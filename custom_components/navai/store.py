"""The file `.storage/navai`: today's counts, and what people turned off. Whatever it contains, navai starts.

What cannot be read is set aside: the file gets another name and is kept, and a repair says so. What can be read of it
counts: a newer navai, for example, may have written the same parts.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.json import json_loads

from .const import DOMAIN
from .navai_core.sessions.usage import UsageBook

_LOGGER = logging.getLogger(__name__)
_VERSION: Final = 1
_ASIDE: Final = ".set-aside-"
_TIME: Final = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What could be read. None: nothing is known of that part."""

    switched_off: frozenset[str] | None = None
    usage: object = None
    """For `UsageBook.restore`."""
    since: datetime | None = None
    """When the counts started at zero."""
    complete: bool = True
    """Whether everything in the file could be read."""


class NavaiStore:
    """Reads and writes the file."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._store: Store[dict[str, Any]] = Store(hass, _VERSION, DOMAIN, private=True, atomic_writes=True)
        self._path = Path(self._store.path)
        self.set_aside: list[str] = []
        """The names of the files that could not be read, and that nobody has deleted yet."""
        self.save_later = self._store.async_delay_save
        self.remove = self._store.async_remove

    async def load(self) -> Stored:
        """Read the file. If something in it cannot be read, set it aside."""
        content, self.set_aside = await self._hass.async_add_executor_job(_read, self._path)
        if content is None:
            try:
                # What Home Assistant has not written yet.
                loaded: Any = await self._store.async_load()
            except (HomeAssistantError, NotImplementedError):
                return Stored(complete=False)
            return Stored() if loaded is None else _parts_of(loaded)
        stored = understood(content)
        if not stored.complete:
            _LOGGER.warning("Cannot read everything in .storage/%s. The file is kept under another name", DOMAIN)
            await self._hass.async_add_executor_job(_set_aside, self._path)
            await self.look_for_files_set_aside()
        return stored

    async def look_for_files_set_aside(self) -> None:
        """Update `set_aside`: somebody may have deleted them."""
        self.set_aside = await self._hass.async_add_executor_job(_files_set_aside, self._path)


def _read(path: Path) -> tuple[bytes | None, list[str]]:
    """Return the file's content, or None if there is no file, and the names of those set aside."""
    try:
        return path.read_bytes(), _files_set_aside(path)
    except FileNotFoundError:
        return None, _files_set_aside(path)
    except OSError:
        # This is no JSON.
        return b"", _files_set_aside(path)


def _files_set_aside(path: Path) -> list[str]:
    return sorted(found.name for found in path.parent.glob(f"{path.name}{_ASIDE}*"))


def _set_aside(path: Path) -> None:
    try:
        path.rename(path.with_name(f"{path.name}{_ASIDE}{dt_util.utcnow().strftime(_TIME)}"))
    except OSError as error:
        _LOGGER.warning("Cannot rename .storage/%s: %s", DOMAIN, error.strerror)


def understood(content: bytes) -> Stored:
    """Return what can be read of a file. Home Assistant puts our data below `data`, beside its version."""
    try:
        envelope = json_loads(content)
    except ValueError:
        return Stored(complete=False)
    if not isinstance(envelope, dict):
        return Stored(complete=False)
    stored = _parts_of(envelope.get("data"))
    return stored if envelope.get("version") == _VERSION else replace(stored, complete=False)


def _parts_of(data: object) -> Stored:
    if not isinstance(data, Mapping):
        return Stored(complete=False)
    names, usage = data.get("switched_off", []), data.get("usage")
    names_known = isinstance(names, list) and all(isinstance(name, str) for name in names)
    usage_known = usage is None or _is_usage(usage)
    since = dt_util.parse_datetime(found) if isinstance(found := data.get("since"), str) else None
    return Stored(
        switched_off=frozenset(names) if names_known else None,
        usage=({} if usage is None else usage) if usage_known else None,
        since=since if since and since.tzinfo else None,
        complete=names_known and usage_known,
    )


def _is_usage(usage: object) -> bool:
    """Return whether a book can restore all of this, on its day."""
    if not isinstance(usage, Mapping) or not isinstance(profiles := usage.get("profiles"), Mapping):
        return False
    try:
        day = date.fromisoformat(str(usage.get("date")))
    except ValueError:
        return False
    book = UsageBook(lambda: day)
    book.restore(usage)
    return set(book.dump()["profiles"]) == set(profiles)
