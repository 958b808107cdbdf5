"""Names whose use vulture cannot see, with their users. Only vulture reads this file."""

# ruff: noqa: B018, F821, SLF001

__file__  # functions/loading: a module that we load ourselves needs it
_.log  # hub/app: aiohttp calls an access logger's `log`
_.update_cookies_from_headers, response_url  # client: aiohttp calls it
_.handle_error  # hub/protocol: aiohttp calls it
_.__class__  # hub/protocol: turns aiohttp's protocol into ours
_.levelno, _.levelname, _.msg, _.exc_text  # hub/protocol: parts of a log record
_.formatTime, datefmt  # cli: logging calls it
logging.logThreads, logging.logProcesses, logging.logMultiprocessing, logging._srcfile  # cli: settings of logging
example  # options/kinds: scripts/docs prints it
created_at  # simulator/store: for callers that look up a secret
_.time_base, _.pts  # simulator/call/peer: aiortc reads them

# Settings whose feature comes with brokered calls; the schema warns of them.
daily_minutes
daily_cost
