"""`photoplay`, and `python -m bot`: the command line, once it is loaded."""

import gc
import signal


def main() -> None:
    """The console script."""
    # Until a command has something to lose, and says so by handling it, Ctrl-C simply ends the program.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # imports make much and drop nothing: looking it through costs a sixth of their time
    from bot.cli import main as run

    collect_rarely()
    run()


def collect_rarely() -> None:
    """From now on, look for garbage only among new objects, and after many of them: most of it is freed without."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


if __name__ == "__main__":
    main()
