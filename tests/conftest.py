"""Ctrl-C works in the tests: a job that a shell runs in the background ignores it, and so would all that it starts."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
