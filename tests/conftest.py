import signal
import sys

from hypothesis import HealthCheck, settings

pytest_plugins = ["secret_watch", "pytester"]

# A shell without job control starts what it puts into the background deaf to Ctrl-C, and so would be every process that
# a test starts, and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes, or is thought of, says nothing on a machine that does other things, too. What a hundred
# examples find on the newest Python, a quarter of them need not find again on an older one.
EXAMPLES = 100 if sys.version_info >= (3, 14) else 25
settings.register_profile(
    "shared machine", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")
