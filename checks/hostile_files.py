"""Hostile and damaged model files: whether `kerasgen.load` refuses them, with its time and memory, and Keras's result.

    python -m checks.hostile_files --backend jax --write

Each case of `checks/hostile` must be refused without a call of `keras.saving.load_model` and without effect. A file of
a recipe with a false `config.json` must be refused or load as the good model, without effect. Each of 256 files with
one flipped bit must be refused or load as the good model. Each of 64 truncated files must be refused. Run it with every
supported version of Python, because they detect different damage.
"""

import argparse
import platform
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from checks import make_parser, start
from kerasgen.experiments import results

PYTHON = "Python {}.{}".format(*platform.python_version_tuple())

Row = tuple[str, str, str]  # metric, value, reference


def main() -> None:
    """Write and try the files, print the figures, and keep them with `--write`."""
    options = parse()
    start(options.backend)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*refusals(folder), *false_configs(folder), *flips(folder, options.flips), *cuts(folder, options.cuts)]
    for metric, value, reference in rows:
        print(f"{metric}: {value}{f'; {reference}' if reference else ''}")
        if options.write:
            about = {"figure": "hostile model files", "recipe": "dcgan", "dataset": "generated files"}
            about |= {"backend": options.backend, "reference": reference}
            results.write(**about, metric=metric, value=value)


def parse() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--flips", type=int, default=256, help="number of files with a flipped bit")
    parser.add_argument("--cuts", type=int, default=64, help="number of truncated files")
    return parser.parse_args()


def refusals(folder: Path) -> Iterator[Row]:
    """Yield the rows of the files that must be refused."""
    import kerasgen
    from checks import hostile
    from checks.hostile.material import Material
    from checks.hostile.trial import attempt

    material, tried = Material(folder), []
    kerasgen.load(material.path, compile=True)  # the first load imports more than the others
    for number, (name, make) in enumerate(hostile.cases().items()):
        path = folder / f"{number}.keras"
        make(material, path)
        outcome, seconds, megabytes, _ = attempt(path, hostile.needs_optimizer(name))
        outcome = f"ran ({', '.join(seen)})" if (seen := hostile.effects(folder)) else outcome
        hostile.undo(folder)
        by_keras = None if "bomb" in name or not path.is_file() else load_by_keras(path, folder)
        tried.append((name, outcome, seconds, megabytes, by_keras))
        print(f"{outcome:22} {seconds:6.3f} s {megabytes:5.0f} MB  Keras: {by_keras or 'not tried':14} {name}")
        if path.is_file() and not path.is_symlink():
            path.unlink()
    refused = sum(outcome == "refused" for _, outcome, *_ in tried)
    of_keras = [by_keras for *_, by_keras in tried if by_keras]
    loaded, ran = (sum(outcome == kind for outcome in of_keras) for kind in ("loaded", "ran"))
    yield (
        "refused before deserialisation",
        f"{refused} of {len(tried)}",
        f"of {len(of_keras)} without bombs and paths, Keras loads {loaded} and runs {ran}",
    )
    yield "slowest refusal", f"{max(seconds for _, _, seconds, *_ in tried):.2f} s", ""
    yield "most memory for a refusal", f"{max(megabytes for _, _, _, megabytes, _ in tried):.0f} MB", ""


def load_by_keras(path: Path, folder: Path) -> str:
    """Return the result of Keras's safe mode: it `ran` a payload, `loaded` the file or `refused` it."""
    import keras

    from checks import hostile

    try:
        keras.saving.load_model(path, safe_mode=True)
        outcome = "loaded"
    except Exception:
        outcome = "refused"
    outcome = "ran" if hostile.effects(folder) else outcome
    hostile.undo(folder)
    return outcome


def false_configs(folder: Path) -> Iterator[Row]:
    """Yield the row of the files of a recipe whose `config.json` is false: only the recipe counts."""
    import kerasgen
    from checks import hostile
    from checks.hostile.material import Material
    from checks.hostile.trial import attempt

    material, harmless, refused = Material(folder), 0, 0
    expected = kerasgen.load(material.path).generate(2, seed=0)
    for name, make in hostile.ignored().items():
        path = folder / "false.keras"
        make(material, path)
        outcome, *_ = attempt(path, hostile.needs_optimizer(name))
        same = outcome == "accepted" and np.array_equal(kerasgen.load(path).generate(2, seed=0), expected)
        good = not hostile.effects(folder) and (outcome == "refused" or same)
        hostile.undo(folder)
        harmless, refused = harmless + good, refused + (outcome == "refused")
        if not good:
            print(f"{outcome}: {name}")
    total = len(hostile.ignored())
    yield "false config with a recipe, without effect", f"{harmless} of {total}", f"{refused} refused"


def flips(folder: Path, count: int) -> Iterator[Row]:
    """Yield the row of the files with one flipped bit."""
    import keras

    import kerasgen
    from checks.hostile.material import Material
    from kerasgen.errors import ModelFileError

    material = Material(folder)
    whole, expected = material.path.read_bytes(), kerasgen.load(material.path).generate(2, seed=0)
    bits = np.random.default_rng(0).choice(len(whole) * 8, count, replace=False)
    ours = {"refused": 0, "identical": 0, "other": 0}
    of_keras = dict(ours)
    for bit in bits:
        data = bytearray(whole)
        data[bit // 8] ^= 1 << int(bit % 8)
        path = folder / "flip.keras"
        path.write_bytes(data)
        for load, counts in ((kerasgen.load, ours), (keras.saving.load_model, of_keras)):
            try:
                same = np.array_equal(load(path).generate(2, seed=0), expected)
                counts["identical" if same else "other"] += 1
            except ModelFileError:
                counts["refused"] += 1
            except Exception:
                counts["refused" if load is keras.saving.load_model else "other"] += 1
    good = ours["refused"] + ours["identical"]
    yield (
        f"bit flips refused or harmless, {PYTHON}",
        f"{good} of {count}",
        f"{ours['identical']} harmless; Keras: {of_keras['other']} load as another model",
    )


def cuts(folder: Path, count: int) -> Iterator[Row]:
    """Yield the row of the truncated files: of length 0, one byte short, and lengths between."""
    import kerasgen
    from checks.hostile.material import Material
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
