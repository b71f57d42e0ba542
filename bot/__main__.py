"""`photoplay`, and `python -m bot`: the command line, once it is loaded."""

import gc
import signal


def main() -> None:
    """The console script."""
    # Until a command has something to lose, and says so by handling it, Ctrl-C simply ends the program.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # imports make much and drop nothing: looking it through costs a sixth of their time
    from bot.cli import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
