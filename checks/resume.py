"""Whether an interrupted and resumed training ends like an uninterrupted one, bit for bit.

    python -m checks.resume --backend jax --write

Every recipe is trained in full, and again with a SIGTERM at each of four places: after the first step, in the middle
of an epoch, after the last step (before its validation) and at the end of an epoch. New processes resume. Another
run is interrupted three times. Two more processes train each recipe in full again. The contents of the last checkpoints
(weights, moments of the optimizers, statistics, states of the random generators) and the rows of the history are
compared. Then the newest checkpoint of a run is damaged in eight ways.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from checks import make_parser
from kerasgen.experiments import results

EPOCHS = 3
# place -> (epoch, step) before which the signal comes; "last step" is interrupted before the validation
PLACES = {"first step": (0, 1), "mid-epoch": (1, 2), "last step": (EPOCHS - 1, "validation"), "epoch end": (1, 0)}
THREE = [(0, 1), (1, 2), (2, 1)]
BATCH_SIZES = {"images": 400, "pairs": 20, "domains": 20}  # by the kind of a recipe
WHOLE = ("whole", "whole again", "whole once more")
ROUNDS = (*WHOLE, "interrupted", "twice", "thrice", "resumed")


def main():
    """Measure, print, and with `--write` keep the figures."""
    options = parse()
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    if options.only:
        (train_whole if options.only in WHOLE else continue_training)(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", f"{folder}/compiled")  # the same programs in each process
        for name in ROUNDS:
            command = [sys.executable, "-m", "checks.resume", *sys.argv[1:], "--only", name, "--folder", folder]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        report(options, Path(folder))


def parse(arguments=None):
    """Return the options of the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--recipe", action="append", help="repeatable; all by default")
    parser.add_argument("--only", choices=ROUNDS, help=argparse.SUPPRESS)  # in a process of its own
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def recipes(options):
    """Return the names of the recipes to measure."""
    from kerasgen import zoo

    return options.recipe or list(zoo.recipes())


def settings(name):
    """Return the `Settings` of a tiny run."""
    from kerasgen import runs, zoo

    recipe = zoo.get(name)
    tiny = dict(recipe.tiny)
    sizes = {"image_size": tiny.pop("image_size"), "batch_size": BATCH_SIZES[recipe.kind]}
    dataset = "digits" if recipe.kind == "images" else recipe.dataset
    return runs.resolve(name, tiny, epochs=EPOCHS, dataset=dataset, **sizes)


def train_whole(options):
    """Train each recipe without an interruption."""
    from kerasgen import runs

    for name in recipes(options):
        runs.train(settings(name), out=options.folder / name / options.only, progress=False)


def continue_training(options):
    """Train each interrupted run until its next interruption, or until its end."""
    from kerasgen import runs

    for name in recipes(options):
        folder = options.folder / name
        places = {place: PLACES[place] if options.only == "interrupted" else None for place in PLACES}
        third = ROUNDS.index(options.only) - ROUNDS.index("twice") + 1
        places["three times"] = THREE[third] if third < len(THREE) else None
        for place, at in places.items():
            stop_at(at)
            try:
                if options.only == "interrupted":
                    runs.train(settings(name), out=folder / place, progress=False)
                elif place == "three times" or options.only == "resumed":
                    runs.resume(folder / place, progress=False)
            except runs.Interrupted:
                continue
            if at is not None:
                raise SystemExit(f"{name} was not interrupted: {place}")


def stop_at(place):
    """Send a SIGTERM to the next training before the step `place`, an (epoch, step)."""
    import signal

    from kerasgen import callbacks

    class Stopping(callbacks.StopWhenNotFinite.__mro__[1]):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            self.stop_if((self.epoch, batch))

        def on_test_begin(self, logs=None):
            self.stop_if((self.epoch, "validation"))

        def stop_if(self, now):
            if now == place:
                os.kill(os.getpid(), signal.SIGTERM)

    callbacks.StopWhenNotFinite = Stopping  # the callback that a run calls first


def report(options, folder):
    """Compare, print, and with `--write` keep the figures."""
    names = recipes(options)
    places = [*PLACES, "three times", *WHOLE[1:]]
    for name in names:
        for place in places:
            differing = different(folder / name / "whole", folder / name / place)
            print(f"{options.backend:10} {name:22} {place:12} {differing or 'equal'}")
    equal = {p: sum(not different(folder / n / "whole", folder / n / p) for n in names) for p in places}
    handled = damages(folder / names[0] / "whole")
    print(f"equal: {equal} of {len(names)} recipes; damage handled: {handled}")
    if options.write:
        keep = {"recipe": "all", "dataset": "tiny", "backend": options.backend, "epochs": EPOCHS}
        count = sum(equal[place] for place in PLACES)
        results.write(
            figure="exact resume",
            metric="runs interrupted at 4 places that end equal, difference 0",
            value=f"{count} of {len(names) * len(PLACES)}",
            reference="0",
            reference_source="the uninterrupted run",
            **keep,
        )
        results.write(
            figure="exact resume",
            metric="runs interrupted 3 times that end equal, difference 0",
            value=f"{equal['three times']} of {len(names)}",
            reference="0",
            reference_source="the uninterrupted run",
            **keep,
        )
        same = [
            name for name in names if not any(different(folder / name / WHOLE[0], folder / name / w) for w in WHOLE)
        ]
        results.write(
            figure="the same seed",
            metric=f"recipes that {len(WHOLE)} processes train to the same bits",
            value=f"{len(same)} of {len(names)}",
            **keep,
        )
        results.write(
            figure="damaged checkpoints",
            metric="kinds of damage to the newest checkpoint, the one before used",
            value=f"{sum(handled.values())} of {len(handled)}",
            **keep,
        )


def different(whole, resumed):
    """Return the names of the differing parts of two finished runs: arrays, or `history`."""
    a, b = contents(whole), contents(resumed)
    return [name for name in {**a, **b} if a.get(name) != b.get(name)]


def contents(run):
    """Return the bytes of each array of the last checkpoint, the rows of the history and the state of the callbacks."""
    import h5py

    arrays = {}

    def collect(name, item):
        if isinstance(item, h5py.Dataset):
            arrays[name] = item[()].tobytes()

    last = run / "checkpoints" / f"epoch-{EPOCHS:04d}"
    with zipfile.ZipFile(last / "model.keras") as archive, archive.open("model.weights.h5") as weights:
        h5py.File(weights).visititems(collect)
    with (run / "history.csv").open(newline="") as file:
        rows = [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]
    callbacks = json.loads((last / "state.json").read_text())["callbacks"]
    return arrays | {"history": rows, "history of fit": callbacks[-1]}


def damages(run):
    """Return a dict of kind of damage -> whether the checkpoint before it is used instead."""
    from kerasgen.io.checkpoints import Checkpoints

    def cut(name, size):
        return lambda path: os.truncate(path / name, size)

    def overwrite(name, place, data):
        def write(path):
            with (path / name).open("r+b") as file:
                file.seek(place)
                file.write(bytes(x ^ y for x, y in zip(file.read(len(data)), data)) if data[0] else data)

        return write

    kinds = {
        "weights cut in half": cut("model.keras", 10_000),
        "weights empty": cut("model.keras", 0),
        "4 KB of weights zeroed": overwrite("model.keras", 8192, bytes(4096)),
        "one bit of weights flipped": overwrite("model.keras", 9000, b"\1"),
        "weights missing": lambda path: (path / "model.keras").unlink(),
        "state empty": cut("state.json", 0),
        "state missing": lambda path: (path / "state.json").unlink(),
        "checksums missing": lambda path: (path / "SHA256SUMS").unlink(),
    }
    handled = {}
    for kind, damage in kinds.items():
        copy = run.parent / "damaged"
        shutil.copytree(run / "checkpoints", copy)
        newest, before = Checkpoints(copy).paths()[:2]
        damage(newest)
        saved, skipped = Checkpoints(copy).newest()
        handled[kind] = saved.path == before and len(skipped) == 1 and str(newest) in skipped[0]
        shutil.rmtree(copy)
    return handled


if __name__ == "__main__":
    main()
