"""The hub as a process: listening, TLS, signals, reload."""

import asyncio
import contextlib
import gc
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from ..addresses import is_loopback
from ..exceptions import ConfigError, StartError
from ..models import HubSettings, Settings
from .app import build_app
from .auth import HubTokens
from .limits import HubLimiter
from .listening import listening, raise_file_limit
from .runtime import Hub

_LOGGER = logging.getLogger(__name__)

_NEEDS_RESTART: Final = ("host", "port", "tls_certificate", "tls_key", "cors")


@dataclass(frozen=True, slots=True)
class Running:
    """A hub that is listening."""

    url: str
    hub: Hub
    renew: Callable[[], None]
    """Loads the certificate and its key from the files; blocks."""


@contextlib.asynccontextmanager
async def running_hub(settings: Settings, base: Path) -> AsyncIterator[Running]:
    """Listen until the block ends. Then let running requests end, for at most `hub.shutdown_timeout`.

    Args:
        settings: The checked settings; port 0 uses a free one.
        base: The folder of the files in the settings.

    Raises:
        StartError: it may not or cannot listen there, or the certificate cannot be loaded.
    """
    listen = settings.hub
    check_listening(settings)
    tls = await asyncio.to_thread(tls_context, listen, base)
    limiter = HubLimiter(listen)
    hub = Hub(base, limiter)
    await hub.open(settings)
    try:
        async with listening(build_app(hub), listen, tls) as url:
            try:
                yield Running(url, hub, partial(_renew, tls, listen, base))
            finally:
                hub.stop()
    finally:
        await hub.close()


def check_listening(settings: Settings) -> None:
    """A hub without tokens may only listen on this machine.

    Raises:
        StartError: the address is not loopback and there is no token.
    """
    if len(HubTokens(settings)) == 0 and not is_loopback(settings.hub.host):
        raise StartError(
            f"The hub cannot listen on {settings.hub.host} without a token. Give a display or a user a `token`, or "
            "listen on 127.0.0.1."
        )


def tls_context(listen: HubSettings, base: Path) -> ssl.SSLContext | None:
    """The server's TLS, or None if none is configured.

    Raises:
        StartError: certificate or key cannot be loaded.
    """
    if not listen.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _load(context, listen, base)
    return context


def _load(context: ssl.SSLContext, listen: HubSettings, base: Path) -> None:
    try:
        for name, file in (("certificate", listen.tls_certificate), ("key", listen.tls_key)):
            if not (base / file).is_file():
                raise StartError(f"The file {file} does not exist. Correct `hub.tls.{name}`.")
        # Without the callback, OpenSSL would ask for a password at the terminal.
        context.load_cert_chain(base / listen.tls_certificate, base / listen.tls_key, _refuse_password)
    except (OSError, ssl.SSLError) as error:
        raise StartError(
            f"The TLS certificate or its key cannot be loaded ({type(error).__name__}). Check `hub.tls`."
        ) from None


def _refuse_password() -> NoReturn:
    raise StartError(
        "The TLS key is encrypted. Decrypt it (`openssl pkey -in key.pem -out decrypted.pem`) and write the name of "
        "the decrypted file in `hub.tls.key`."
    )


def _renew(context: ssl.SSLContext | None, listen: HubSettings, base: Path) -> None:
    """Load the certificate again for new connections. If it cannot be loaded, nothing changes.

    Raises:
        StartError: it cannot be loaded.
    """
    if context is not None and tls_context(listen, base) is not None:
        _load(context, listen, base)


async def serve(
    settings: Settings, reload: Callable[[], Settings], base: Path, announce: Callable[[str], None]
) -> bool:
    """Run until SIGTERM or SIGINT; SIGHUP re-reads the YAML.

    Args:
        settings: The checked settings.
        reload: Reads the YAML again; raises `ConfigError` if it is no longer valid.
        base: The folder of the YAML.
        announce: Called with the URL when the hub listens.

    Returns:
        Whether everything has ended. A function may refuse to be cancelled.
    """
    raise_file_limit()
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    hangups: asyncio.Queue[None] = asyncio.Queue()
    # First: a signal during the start must not kill the hub.
    for name in ("SIGTERM", "SIGINT"):
        loop.add_signal_handler(getattr(signal, name), stop.set)
    loop.add_signal_handler(signal.SIGHUP, hangups.put_nowait, None)
    async with running_hub(settings, base) as running:
        reloading = asyncio.ensure_future(_reload_on(hangups, running, reload))
        # Objects from the start stay until the end: the garbage collector can skip them.
        gc.collect()
        gc.freeze()
        announce(running.url)
        await stop.wait()
        _LOGGER.info("Stopping. Running requests may end, new ones are refused")
        reloading.cancel()
        await asyncio.gather(reloading, return_exceptions=True)
    return running.hub.running_tools.count == 0


async def _reload_on(hangups: "asyncio.Queue[None]", running: Running, reload: Callable[[], Settings]) -> None:
    while True:
        await hangups.get()
        try:
            await asyncio.to_thread(running.renew)
        except StartError as error:
            _LOGGER.error("%s The current certificate stays in use.", error.message)  # noqa: TRY400
        await reload_hub(running.hub, reload)


async def reload_hub(hub: Hub, reload: Callable[[], Settings]) -> bool:
    """Read the YAML again. If it is not valid, log why and keep the old settings. Returns whether it is in use."""
    old = hub.runtime.settings
    try:
        # Reading files blocks, so it runs in a thread.
        new = await asyncio.to_thread(reload)
        # The socket stays open, so the rule applies to the address where it really listens.
        check_listening(replace(new, hub=replace(new.hub, host=old.hub.host)))
    except Exception as error:
        hub.metrics.reloads.labels("refused").inc()
        if isinstance(error, ConfigError | StartError):
            _LOGGER.error("The new configuration is not valid. The old one stays in use:\n%s", error.message)  # noqa: TRY400
        else:
            _LOGGER.exception("The new configuration cannot be read. The old one stays in use")
        return False
    kept = {name: getattr(old.hub, name) for name in _NEEDS_RESTART}
    changed = [name for name, value in kept.items() if getattr(new.hub, name) != value]
    if changed:
        _LOGGER.warning("Restart the hub for these changes: %s", ", ".join(f"hub.{name}" for name in changed))
    for warning in new.warnings:
        _LOGGER.warning("%s", warning)
    try:
        await hub.move(replace(new, hub=replace(new.hub, **kept)))
    except Exception:
        # Whatever the error is, the old settings still work.
        hub.metrics.reloads.labels("refused").inc()
        _LOGGER.exception("The new configuration cannot be used. The old one stays in use")
        return False
    hub.metrics.reloads.labels("taken").inc()
    _LOGGER.info("The new configuration is in use")
    return True
