"""python -m dlsetup, and the console script."""

# the part of `signal` that is built in: the whole takes its time to load, which Ctrl-C may fall into
import _signal as signal  # type: ignore[import-not-found]
import gc

OBJECTS = 50_000
"""New objects after which Python looks for cycles; its own 700 to 2,000 cost a tenth of a short command's time."""


def start() -> None:
    """Run the command line.

    While its modules are loaded there is nothing to put right: Ctrl-C ends the process there and then, without a word.
    """
    gc.set_threshold(OBJECTS)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from dlsetup.cli import main

    main()


if __name__ == "__main__":
    start()
