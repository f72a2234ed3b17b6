"""The command line: `python -m terrarium sync FILE`."""

from __future__ import annotations

import argparse
import sys

from .publishing import sync


def main() -> int:
    """Carries out a command."""
    parser = argparse.ArgumentParser(prog="python -m terrarium", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sending = commands.add_parser("sync", help="sends the file that a run left behind to a relay, and removes it")
    sending.add_argument("file", nargs="+", help="files that end in .terrarium-journal or .terrarium-events")
    sending.add_argument("--relay", help="relay, e.g. ws://127.0.0.1:8080; TERRARIUM_RELAY by default")
    options = parser.parse_args()
    failed = False
    for file in options.file:
        try:
            run, events = sync(file, options.relay)
            print(f"{events} log events of run {run} are at the relay")
        except (OSError, RuntimeError, ValueError) as error:
            print(f"terrarium sync: {error}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
