import signal

from hypothesis import HealthCheck, settings

pytest_plugins = ["secret_watch", "pytester"]

# A shell without job control starts what it puts into the background deaf to Ctrl-C, and so would be every process that
# a test starts, and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes, or is thought of, says nothing on a machine that does other things, too.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")
