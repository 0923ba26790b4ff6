"""Training speed with `compile(jit_compile=True)`: XLA on TensorFlow, `torch.compile` on PyTorch.

    python -m benchmarks.compilation --recipe vae
    python -m benchmarks.compilation --write       # about 10 minutes on two cores

JAX always compiles. Each process trains a recipe with its default options on noise, with `kerasgen.runs.throughput`,
which does not count the compilation. The seconds of the whole process count it. A process ends after `--limit` seconds.
"""

import argparse
import subprocess
import sys
import time

from kerasgen.experiments import results

RECIPES = ("vae", "dcgan", "pix2pix", "diffusion")  # one of each archetype
COMPILERS = {"tensorflow": "XLA", "torch": "torch.compile"}


def main():
    """Measure, print, and with `--write` keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=list(COMPILERS), action="append", help="repeatable; all by default")
    parser.add_argument("--recipe", action="append", help=f"repeatable; by default {', '.join(RECIPES)}")
    parser.add_argument("--limit", type=float, default=240.0, help="largest number of seconds of a process")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    options = parser.parse_args()
    for recipe in options.recipe or RECIPES:
        for backend in options.backend or COMPILERS:
            report(recipe, backend, options, *(measure(recipe, backend, mode, options) for mode in ("no-xla", "xla")))


def measure(recipe, backend, mode, options):
    """Return (images/s, seconds of the process); 0 images/s if it fails, or takes longer than the limit."""
    code = (
        f"import os; os.environ['KERAS_BACKEND'] = {backend!r}; from kerasgen.runs.throughput import images_per_second;"
        f" print(images_per_second({recipe!r}, {mode!r}, seconds=0.5))"
    )
    begin = time.perf_counter()
    try:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.limit)
    except subprocess.TimeoutExpired:
        return 0.0, options.limit
    if done.returncode:
        print(done.stderr[-500:], file=sys.stderr)
        return 0.0, time.perf_counter() - begin
    return float(done.stdout.split()[-1]), time.perf_counter() - begin


def report(recipe, backend, options, plain, compiled):
    """Print the ratio of the speeds, and with `--write` keep it."""
    compiler = COMPILERS[backend]
    value = f"{compiled[0] / plain[0]:.2f}" if compiled[0] and plain[0] else "fails"
    value = f"none in {options.limit:.0f} s" if compiled[1] >= options.limit else value
    print(
        f"{recipe:10} {compiler:14} {plain[0]:9,.0f} images/s without, {compiled[0]:9,.0f} with it, ratio {value};  "
        f"{plain[1]:.0f} s and {compiled[1]:.0f} s with start and compilation"
    )
    if options.write:
        results.write(
            figure="training speed with a compiler",
            recipe=recipe,
            dataset="noise",
            backend=backend,
            metric=f"images/s with {compiler}, ratio to those without",
            value=value,
            reference=f"{plain[0]:,.0f} images/s in a process of {plain[1]:.0f} s; with {compiler} {compiled[1]:.0f} s",
            reference_source="the same recipe with jit_compile=False",
            setup="default options",
        )


if __name__ == "__main__":
    main()
