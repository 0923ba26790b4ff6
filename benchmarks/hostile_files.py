"""Hostile and damaged model files: what `kerasgen.load` refuses, in which time and memory, and what Keras does.

    KERAS_BACKEND=jax python benchmarks/hostile_files.py --write

Each file of `benchmarks/hostile` must be refused before `keras.saving.load_model` is called, and have no effect;
each of 256 files with one flipped bit must be refused, or load as the very model that was saved; each of 64 files
that are cut off must be refused. Run it under every Python there is: they differ in what Keras notices.
"""

import argparse
import os
import platform
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

from kerasgen.experiments import results

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

PYTHON = "Python {}.{}".format(*platform.python_version_tuple())


def main():
    """Make the files, try each, print, and with `--write` keep the figures."""
    options = parse()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        rows = [*hostile_files(Path(folder)), *flips(Path(folder), options.flips), *cuts(Path(folder), options.cuts)]
    for metric, value, reference in rows:
        print(f"{metric}: {value}{f'; {reference}' if reference else ''}")
        if options.write:
            about = {"figure": "hostile model files", "recipe": "dcgan", "dataset": "generated files"}
            about |= {"backend": os.environ["KERAS_BACKEND"], "reference": reference}
            results.write(**about, metric=metric, value=value)


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flips", type=int, default=256)
    parser.add_argument("--cuts", type=int, default=64)
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    return parser.parse_args()


def hostile_files(folder):
    """Yield the rows (metric, value, what Keras does) of the hostile files."""
    from benchmarks import hostile
    from benchmarks.hostile.material import Material
    from benchmarks.hostile.trial import attempt

    material, tried = Material(folder), []
    for number, (name, make) in enumerate(hostile.cases().items()):
        path = folder / f"{number}.keras"
        make(material, path)
        outcome, seconds, megabytes = attempt(path, hostile.needs_optimizer(name))
        outcome = f"ran ({', '.join(found)})" if (found := hostile.effects(folder)) else outcome
        hostile.undo(folder)
        of_keras = None if name.startswith("bomb") or not path.is_file() else by_keras(path, hostile, folder)
        tried.append((name, outcome, seconds, megabytes, of_keras))
        print(f"{outcome:22} {seconds:6.3f} s {megabytes:5.0f} MB  Keras: {of_keras or 'not tried':14} {name}")
        if path.is_file() and not path.is_symlink():
            path.unlink()
    refused = sum(outcome == "refused" for _, outcome, *_ in tried)
    for_keras = [of_keras for *_, of_keras in tried if of_keras]
    loaded, ran = (sum(found == kind for found in for_keras) for kind in ("loaded", "ran"))
    yield (
        "refused before deserialisation",
        f"{refused} of {len(tried)}",
        f"of {len(for_keras)} without bombs and paths, Keras loads {loaded} and runs {ran}",
    )
    yield "slowest refusal", f"{max(seconds for _, _, seconds, *_ in tried):.2f} s", ""
    yield "most memory for a refusal", f"{max(megabytes for _, _, _, megabytes, _ in tried):.0f} MB", ""


def by_keras(path, hostile, folder):
    """Return what Keras makes of the file in its safe mode: `ran` a payload, `loaded` it or `refused` it."""
    import keras

    try:
        keras.saving.load_model(path, safe_mode=True)
        outcome = "loaded"
    except Exception:
        outcome = "refused"
    outcome = "ran" if hostile.effects(folder) else outcome
    hostile.undo(folder)
    return outcome


def flips(folder, count):
    """Yield the row of the files with one flipped bit."""
    import keras

    import kerasgen
    from benchmarks.hostile.material import Material
    from kerasgen.errors import ModelFileError

    material = Material(folder)
    whole, expected = material.path.read_bytes(), kerasgen.load(material.path).generate(2, seed=0)
    places = np.random.default_rng(0).choice(len(whole) * 8, count, replace=False)
    counts = {"refused": 0, "identical": 0, "other": 0}
    of_keras = dict(counts)
    for place in places:
        data = bytearray(whole)
        data[place // 8] ^= 1 << int(place % 8)
        path = folder / "flip.keras"
        path.write_bytes(data)
        for load, counted in ((kerasgen.load, counts), (keras.saving.load_model, of_keras)):
            try:
                same = np.array_equal(load(path).generate(2, seed=0), expected)
                counted["identical" if same else "other"] += 1
            except ModelFileError:
                counted["refused"] += 1
            except Exception:
                counted["refused" if load is keras.saving.load_model else "other"] += 1
    good = counts["refused"] + counts["identical"]
    yield (
        f"bit flips refused or harmless, {PYTHON}",
        f"{good} of {count}",
        f"{counts['identical']} harmless; Keras: {of_keras['other']} load as another model",
    )


def cuts(folder, count):
    """Yield the row of the files that are cut off: at no byte, before the last one, and at places between."""
    import kerasgen
    from benchmarks.hostile.material import Material
    from kerasgen.errors import ModelFileError

    whole = Material(folder).path.read_bytes()
    path, refused = folder / "cut.keras", 0
    for length in np.linspace(0, len(whole) - 1, count).astype(int):
        path.write_bytes(whole[:length])
        try:
            kerasgen.load(path)
        except ModelFileError as error:
            refused += str(path) in str(error) and "not written to the end" in str(error)
    yield f"cut-off files refused, {PYTHON}", f"{refused} of {count}", ""


if __name__ == "__main__":
    main()
