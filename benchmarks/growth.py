"""Cost of a training against its size: batches, sides, widths, files in a folder, epochs and models.

    python -m benchmarks.growth --quick
    python -m benchmarks.growth --write            # about 6 minutes on two cores; draws docs/pictures/growth.png

| part | grows | measured |
|---|---|---|
| batch | batch size of `vae`, 1 to 1,024 | seconds of a step |
| side | side of the images of `dcgan`, 28 to 256 | seconds of a step |
| width | width of `dcgan` | seconds of a step |
| files | number of PNG files in a folder, 1,000 to 200,000 | seconds to the first batch, memory, images/s |
| epochs | number of epochs of a tiny model | seconds of an epoch, memory |
| models | number of models that are made, trained and dropped | memory |

The work of a step is its number of multiplications, and the growth is the growth of the seconds divided by that of the
work. Above 1, the cost grows faster than the work. Each part runs in a process of its own. The files are hard links to
1,000 pictures of noise.
"""

import argparse
import gc
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import BACKENDS, start
from kerasgen.experiments import results

PICTURE = Path(__file__).resolve().parent.parent / "docs/pictures/growth.png"
# Part -> sizes, and those of --quick
SIZES = {
    "batch": ((1, 4, 16, 64, 256, 1024), (1, 16)),
    "side": ((28, 32, 64, 128, 256), (28, 32)),
    "width": ((8, 16, 32, 64, 128), (8, 16)),
    "files": ((1_000, 10_000, 50_000, 200_000), (200, 400)),
    "epochs": ((2_000,), (40,)),
    "models": ((200,), (4,)),
}
STEPS = ("batch", "side", "width")  # parts whose cost is the time of a step
DISTINCT = 1_000  # different files
BATCH = 100  # images that are read from a folder at a time
READ = 2_000  # images that are read at most, to measure the speed


def main():
    """Measure, print, and with `--write` keep the figures and draw the picture."""
    options = parse()
    if options.only:
        start(options.backend[0])
        print(json.dumps(MEASURE[options.only](sizes(options.only, options))))
        return
    measured = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    for part in options.part or SIZES:
        own = ["torch"] if part == "files" else options.backend or BACKENDS  # reading does not depend on the backend
        for backend in own:
            points = measured.setdefault(part, {})[backend] = run(part, backend)
            REPORT.get(part, report_steps)(part, backend, points, options)
            if options.keep:
                options.keep.write_text(json.dumps(measured))
    if options.write and {*measured} == {*SIZES}:
        draw(measured)


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=list(SIZES), action="append", help="repeatable; all by default")
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="repeatable; all by default")
    parser.add_argument("--quick", action="store_true", help="two small sizes of each part")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="file of the points of several calls, for the picture"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the figures into zoo/results.csv and draw the picture"
    )
    parser.add_argument("--only", choices=list(SIZES), help=argparse.SUPPRESS)  # in a process of its own
    return parser.parse_args(arguments)


def sizes(part, options):
    """Return the sizes of a part."""
    return SIZES[part][options.quick]


def run(part, backend):
    """Return the points that a new process measures, each a list of numbers."""
    flags = [word for word in sys.argv[1:] if word == "--quick"]
    command = [sys.executable, "-m", "benchmarks.growth", *flags, "--backend", backend, "--only", part]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


# -- measurements: functions of the sizes that return a list of points


def measure_batches(batch_sizes):
    """Return (batch size, seconds of a step, multiplications of a step) of the dense VAE."""
    import kerasgen

    model = kerasgen.create("vae")
    return [(size, step_seconds(model, size), size * multiplications(model)) for size in batch_sizes]


def measure_sides(sides):
    """Return (side, seconds, multiplications) of a step of a DCGAN of width 16 with batches of 4."""
    return [_dcgan_point(side, 4, image_size=side, width=16) for side in sides]


def measure_widths(widths):
    """Return (width, seconds, multiplications) of a step of a DCGAN of 28x28 with batches of 16."""
    return [_dcgan_point(width, 16, width=width) for width in widths]


def _dcgan_point(size, batch_size, **options):
    import kerasgen

    model = kerasgen.create("dcgan", **options)
    return size, step_seconds(model, batch_size), batch_size * multiplications(model)


def step_seconds(model, batch_size, seconds=0.4, epochs=5):
    """Return the seconds of a training step: the fastest of some epochs, after one that compiles."""
    import keras
    import numpy as np

    data, ends = np.random.default_rng(0).random((2 * batch_size, *model.sample_shape), dtype="float32"), []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    model.fit(data, batch_size=batch_size, epochs=3, verbose=0, callbacks=[clock])
    steps = max(2, min(256, round(seconds / epochs / ((ends[-1] - ends[-2]) / 2))))
    data = np.resize(data, (steps * batch_size, *model.sample_shape))
    ends.clear()
    model.fit(data, batch_size=batch_size, epochs=1 + epochs, verbose=0, callbacks=[clock])
    return min(end - begin for begin, end in itertools.pairwise(ends)) / steps


def multiplications(model):
    """Return the number of multiplications that the layers of a model's networks need for one image.

    Layers inside other layers, such as those of self-attention, do not count.
    """
    import keras
    import numpy as np

    total = 0
    for layer in model._flatten_layers():
        if (kernel := getattr(layer, "kernel", None)) is not None and layer._inbound_nodes:
            is_transposed = isinstance(layer, keras.layers.Conv2DTranspose)
            tensor = (layer.input if is_transposed else layer.output).shape
            total += int(np.prod(kernel.shape)) * int(np.prod(tensor[1:-1]))
    return total


def measure_files(counts):
    """Return (number, seconds to the first batch, MB then, MB after reading, images/s, images/s of the decoder)."""
    import numpy as np
    from PIL import Image

    from kerasgen import data

    data.load("digits").train.batches(BATCH)[0]  # imports everything
    points, rng = [], np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        pictures, written = Path(folder, "pictures"), 0
        pictures.mkdir()
        for count in counts:
            for number in range(written, count):
                path = pictures / f"{number:06}.png"
                if number < DISTINCT:
                    Image.fromarray(rng.integers(256, size=(28, 28), dtype="uint8")).save(path)
                else:
                    os.link(pictures / f"{number % DISTINCT:06}.png", path)
            written, before, begin = count, memory(), time.perf_counter()
            batches = data.load(pictures, image_size=28).train.batches(BATCH, shuffle=True, workers=2)
            batches[0]
            first, after = time.perf_counter() - begin, memory()
            reads = min(len(batches), READ // BATCH) - 1
            begin = time.perf_counter()
            for number in range(reads):
                batches[1 + number]
            speed = reads * BATCH / (time.perf_counter() - begin)
            points.append((count, first, after - before, memory() - before, speed, decoder_speed(pictures)))
            del batches
            gc.collect()
    return points


def decoder_speed(folder):
    """Return the images/s of Pillow, which two threads call."""
    import numpy as np
    from PIL import Image

    def read(path):
        with Image.open(path) as image:
            return np.asarray(image)

    paths = [path for path, _ in zip(sorted(folder.iterdir()), range(READ))]
    begin = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        np.stack([*pool.map(read, paths)])
    return len(paths) / (time.perf_counter() - begin)


def measure_epochs(counts):
    """Return (epoch, seconds of an epoch, MB): medians of ten parts of a training with epochs of one step."""
    import keras

    model, data = _tiny()
    ends, megabytes = [], []

    def note(epoch, logs):
        ends.append(time.perf_counter())
        megabytes.append(memory())

    (epochs,) = counts
    clock = keras.callbacks.LambdaCallback(on_epoch_end=note)
    model.fit(data, batch_size=len(data), epochs=epochs, verbose=0, callbacks=[clock])
    seconds, part = [end - begin for begin, end in itertools.pairwise(ends)], epochs // 10
    return [
        (number * part, statistics.median(seconds[(number - 1) * part : number * part]), megabytes[number * part - 1])
        for number in range(1, 11)
    ]


def measure_models(counts):
    """Return (number of models, MB) after each of them has been made, trained and dropped."""
    import keras

    points = []
    for number in range(counts[0]):
        model, data = _tiny()
        model.fit(data, batch_size=len(data), verbose=0)
        del model
        keras.backend.clear_session()
        gc.collect()
        points.append((number + 1, memory()))
    return points


def _tiny():
    """Return a small VAE and 32 images."""
    import numpy as np

    import kerasgen

    model = kerasgen.create("vae", image_size=8, hidden_dim=16, latent_dim=2)
    return model, np.random.default_rng(0).random((32, 8, 8, 1), dtype="float32")


def memory():
    """Return the resident set of this process in MB (10^6 bytes)."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


MEASURE = {
    "batch": measure_batches,
    "side": measure_sides,
    "width": measure_widths,
    "files": measure_files,
    "epochs": measure_epochs,
    "models": measure_models,
}

# -- reports: functions of the part, the backend, its points and the options

RECIPES = {"batch": "vae", "side": "dcgan", "width": "dcgan"}


def report_steps(part, backend, points, options):
    """Print the seconds of a step at each size, and the largest growth from one size to the next."""
    growths = [
        (after[1] / before[1]) / (after[2] / before[2]) for before, after in itertools.pairwise(points) if before[2]
    ]
    shown = ", ".join(f"{size}: {1e3 * seconds:.3g} ms" for size, seconds, _ in points)
    print(f"{part:8}{backend:12}growth at most {max(growths):.2f}   {shown}")
    keep(
        options,
        recipe=RECIPES[part],
        dataset=f"{part} {points[0][0]:,} to {points[-1][0]:,}",
        backend=backend,
        metric="growth of the seconds of a step, divided by that of the work",
        value=f"{max(growths):.2f}",
        reference="1.00",
        setup=shown,
    )


def report_files(part, backend, points, options):
    """Print the seconds to the first batch, the memory and the share of the decoder's speed."""
    for count, first, before, after, speed, decoder in points:
        print(
            f"{part:8}{count:9,} files: first batch {first:6.2f} s, {before:.0f} MB, {after - before:+.0f} MB while "
            f"{speed:,.0f} images/s are read, {speed / decoder:.2f} of the decoder's"
        )
        values = {
            "seconds to the first batch": (f"{first:.2f}", "5"),
            "MB for the list of files": (f"{before:.0f}", ""),
            "images/s, ratio to Pillow in two threads": (f"{speed / decoder:.2f}", "0.9"),
        }
        for metric, (value, reference) in values.items():
            row = {"dataset": f"{count:,} PNG files of 28x28", "backend": "any", "metric": metric}
            keep(options, recipe="all", value=value, reference=reference, **row)


def report_epochs(part, backend, points, options):
    """Print the growth of the seconds and of the memory from the second tenth of the epochs to the last."""
    (_, first, before), (last, seconds, after) = points[1], points[-1]
    print(f"{part:8}{backend:12}{last:,} epochs: {seconds / first:.2f} of the time, {after - before:+.1f} MB")
    row = {"recipe": "vae", "dataset": f"{last:,} epochs of one step", "backend": backend}
    keep(options, metric="seconds of an epoch, last tenth to second tenth", value=f"{seconds / first:.2f}", **row)
    keep(options, metric="MB between these tenths", value=f"{after - before:.1f}", **row)


def report_models(part, backend, points, options):
    """Print the memory that a model leaves, by the second half of the models."""
    (begin, before), (end, after) = points[len(points) // 2 - 1], points[-1]
    each = (after - before) / (end - begin)
    print(f"{part:8}{backend:12}{end} models: {each:.2f} MB for each that was dropped")
    row = {"recipe": "vae", "dataset": f"{end} models, made, trained and dropped", "backend": backend}
    keep(options, metric="MB that stay for each model", value=f"{each:.2f}", **row)


def keep(options, **row):
    """With `--write`, put a row into the table."""
    if options.write:
        results.write(figure="growth of the cost", **row)


REPORT = {"files": report_files, "epochs": report_epochs, "models": report_models}


def draw(measured):
    """Draw a panel for each part."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullFormatter

    labels = {
        "batch": ("batch size", "ms a step, dense VAE"),
        "side": ("side of the images", "ms a step, DCGAN"),
        "width": ("width", "ms a step, DCGAN"),
        "files": ("files in a folder", "seconds to the first batch"),
        "epochs": ("epoch of one step", "ms an epoch"),
        "models": ("models trained and dropped", "MB more than at first"),
    }
    figure = Figure(figsize=(11, 6), layout="constrained")
    for axes, (part, (x_label, y_label)) in zip(figure.subplots(2, 3).flat, labels.items()):
        for backend, points in measured[part].items():
            xs, ys = zip(*(point[:2] for point in points))
            ys = [y - ys[0] if part == "models" else y if part == "files" else 1e3 * y for y in ys]
            axes.plot(xs, ys, marker="" if part == "models" else ".", label="" if part == "files" else backend)
            if part in STEPS and backend == "torch":
                work = [ys[-1] * point[2] / points[-1][2] for point in points]
                axes.plot(xs, work, ":", color="gray", label="in proportion to the work")
        axes.set(xlabel=x_label, ylabel=y_label)
        if part not in ("epochs", "models"):
            axes.set(xscale="log", yscale="log")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
                axis.set_minor_formatter(NullFormatter())
        else:
            axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        if part != "files":
            axes.legend(frameon=False, fontsize=8)
    figure.savefig(PICTURE, dpi=100)


if __name__ == "__main__":
    main()
