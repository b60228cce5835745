"""For all tests."""

import signal

# A shell that starts the tests in the background has SIGINT ignored, and so would every child that
# a test interrupts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
