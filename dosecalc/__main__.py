"""The program: `dosecalc`, or `python -m dosecalc`.

Python answers Ctrl-C with a traceback until somebody catches it, and the imports take a moment. So it is answered here,
before anything else is imported: nothing has been done yet, so nothing is left half done.
"""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Import the command line and run it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # whoever has it ignored has a reason
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from dosecalc.cli import main as run

    run()


if __name__ == "__main__":
    main()
