"""All that is measured of time and memory, in one table: each recipe that has a loop by hand, on each backend.

    python benchmarks/speed_table.py --write

Runs `speed.py`, `start_up.py` and `memory.py` one after the other. The machine should do nothing else.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import results
from speed import BACKENDS, IMAGES

HERE = Path(__file__).resolve().parent


def main():
    """Run the scripts as the command line says; with `--write` print the rows that they wrote, as Markdown."""
    options = parse()
    before = results.read()
    for recipe in IMAGES:
        run("speed.py", options, "--recipe", recipe, *(f"--backend={backend}" for backend in options.backend or ()))
        for backend in options.backend or BACKENDS:
            for script in ("start_up.py", "memory.py"):
                run(script, options, "--recipe", recipe, "--backend", backend)
    print(results.table(rows=[row for row in results.read() if row not in before]))


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="once or more; all if not given")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each in each measurement")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    return parser.parse_args()


def run(script, options, *arguments):
    """Run a script of this folder, and end where it fails."""
    print(script, *arguments, flush=True)
    write = ["--write"] if options.write else []
    command = [sys.executable, str(HERE / script), *arguments, "--rounds", str(options.rounds), *write]
    done = subprocess.run(command)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
