import signal
import sys

from hypothesis import HealthCheck, settings

pytest_plugins = ["secret_watch", "pytester"]

# A shell without job control makes background processes ignore Ctrl-C. Every process that a test starts and interrupts
# would inherit this.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The time of an example means nothing on a busy machine. The newest Python runs a hundred examples, an older one only a
# quarter of them.
EXAMPLES = 100 if sys.version_info >= (3, 14) else 25
settings.register_profile(
    "shared machine", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")
