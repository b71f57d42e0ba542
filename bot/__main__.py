"""`photoplay`, and `python -m bot`: the command line, once it is loaded."""

import signal


def main() -> None:
    """The console script."""
    # Until a command has something to lose, and says so by handling it, Ctrl-C simply ends the program.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bot.cli import main as run

    run()


if __name__ == "__main__":
    main()
