"""The program ``align``: runs the command line. Signals end it in order: SIGINT with one line and the status 130."""

import os
import sys


def main() -> int | str | None:
    """Runs the command line and returns its exit status: 130, 143 or 129 after SIGINT, SIGTERM or SIGHUP."""
    from align.interrupts import MESSAGE, STATUS, handle_interrupts, restore_signals

    try:
        handle_interrupts()
        from align.cli import main as run

        status = run()
    except KeyboardInterrupt:
        os.write(2 if sys.stderr is None else sys.stderr.fileno(), MESSAGE)
        status = STATUS
    except SystemExit as end:
        status = end.code
    restore_signals()  # a signal while the interpreter ends prints no traceback
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except OSError:  # what is left cannot be written; the interpreter would try again and end with status 120
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    return status


if __name__ == "__main__":
    sys.exit(main())
