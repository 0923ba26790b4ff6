"""How near image-to-image translation comes to the right answers, of the bundled tasks and of folders.

    python benchmarks/translation.py --backend jax --recipe pix2pix --seeds 3 --write
    python benchmarks/translation.py --backend jax --recipe cyclegan --seeds 3 --write
    python benchmarks/translation.py --backend jax --recipe pix2pix --dataset facades --data-dir DIR \
        --set direction=BtoA --image-size 64 --epochs 60 --picture facades.png --write
    python benchmarks/translation.py --backend jax --recipe cyclegan --dataset daisy2sunflower --data-dir DIR \
        --image-size 64 --epochs 20 --picture flowers.png --write

Of the bundled pairs, `outlines`, the mean absolute error to the nearest of the right answers, beside that of the same
generator trained with L1 alone. Of the bundled domains, `ink-chalk`, the error to the right answer as a share of the
distance between the domains, and the mean absolute error of an image that has been translated there and back. Of
pairs in a folder, L1, PSNR and SSIM (scikit-image, which `pip install ".[metrics]"` brings) of each test pair, their
means; of domains in a folder, there and back. All in [0, 1], on test images. What is not given is the recipe's.
"""

import argparse
import statistics
import time
from pathlib import Path

import common
import results

DIGITS = {"PSNR, dB": 2, "SSIM": 4}  # of what is told; 4 for errors


def main():
    """Train and measure as the command line says, print, and with `--write` keep the figures."""
    options = parse()
    common.start(options.backend)

    settings, dataset = load(options)
    runs = [one_run(options, settings, dataset, seed) for seed in range(options.seeds)]
    report(options, settings, {metric: [run[metric] for run in runs] for metric in runs[0]})


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", choices=["pix2pix", "cyclegan"], required=True)
    parser.add_argument("--dataset", help="a bundled set, or the name of a folder in --data-dir")
    parser.add_argument("--data-dir", type=Path, help="where the folder of --dataset lies")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="an option of the recipe")
    parser.add_argument("--seeds", type=int, default=1, help="how many: 0, 1, ...")
    parser.add_argument("--picture", type=Path, help="a PNG file of what the model of the last seed makes")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    return parser.parse_args()


def load(options):
    """Return the `Settings` of a run and its `Dataset`."""
    from kerasgen import data, runs, zoo

    settings = runs.resolve(
        options.recipe,
        dict(setting.split("=", 1) for setting in options.set),
        dataset=str(options.data_dir / options.dataset) if options.data_dir else options.dataset,
        image_size=options.image_size,
        epochs=options.epochs,
        batch_size=options.batch_size,
    )
    kind = zoo.get(options.recipe).kind
    return settings, data.load(settings.dataset, image_size=settings.image_size, kind=kind)


def one_run(options, settings, dataset, seed):
    """Return what is measured, metric -> value, after training through the public API."""
    start = time.perf_counter()
    model = trained(settings, dataset, seed)
    if settings.dataset == "outlines":
        alone = trained(settings, dataset, seed, adversarial_weight=0.0)
        found, rows = of_outlines(settings, dataset, model, alone)
    elif settings.dataset == "ink-chalk":
        found, rows = of_ink_and_chalk(settings, dataset, model)
    elif options.recipe == "pix2pix":
        found, rows = of_pairs(dataset, model)
    else:
        found, rows = of_domains(dataset, model)
    print(f"seed {seed}: {time.perf_counter() - start:.0f} s, {told(found)}", flush=True)
    if options.picture:
        from kerasgen.plots import grids

        grids.save_png(options.picture, grids.grid(rows))
    return found


def trained(settings, dataset, seed, **changed):
    """Return the recipe's model, trained."""
    import keras

    import kerasgen
    from kerasgen import callbacks

    keras.utils.set_random_seed(seed)
    channels = dataset.sample_shape[-1]
    model = kerasgen.create(settings.recipe, dataset.sample_shape[0], channels, **(settings.options | changed))
    batches = dataset.train.batches(settings.batch_size, shuffle=True, seed=seed)
    model.fit(batches, epochs=settings.epochs, shuffle=False, verbose=0, callbacks=[callbacks.Progress()])
    return model


def sides(model, dataset):
    """Return the test images to translate and the right ones, in the direction of a model of pairs."""
    from kerasgen.data.pixels import as_floats

    a, b = map(as_floats, dataset.test[:])
    return (a, b) if model.directions[0] == "AtoB" else (b, a)


def of_outlines(settings, dataset, model, alone):
    """Return the errors of the model and of one trained with L1 alone, and a picture of both."""
    import numpy as np

    from kerasgen.data.sources import drawn_digits

    source, target = sides(model, dataset)
    answers = drawn_digits.right_answers("outlines", settings.image_size, model.directions[0])
    made = [one.translate(source, seed=0) for one in (model, alone)]
    errors = [float(drawn_digits.nearest_errors(images, answers).mean()) for images in made]
    found = {
        "mean absolute error to the nearest right answer": errors[0],
        "the same, trained with L1 alone": errors[1],
        "ratio to L1 alone": errors[0] / errors[1],
    }
    return found, np.stack([images[:10] for images in (source, made[1], made[0], target)])


def of_ink_and_chalk(settings, dataset, model):
    """Return the errors both ways as shares of the distance, that of the cycle, and a picture."""
    import numpy as np

    from kerasgen.data.pixels import as_floats
    from kerasgen.data.sources import drawn_digits

    found, rows = {}, []
    for direction, images in (("AtoB", dataset.test.a[:]), ("BtoA", dataset.test.b[:])):
        answers = drawn_digits.right_answers("ink-chalk", settings.image_size, direction)
        made = model.translate(images, direction)
        error, distance = (float(drawn_digits.nearest_errors(x, answers).mean()) for x in (made, images))
        found[f"error {direction}, share of the distance between the domains"] = error / distance
        rows += [as_floats(images)[:10], made[:10], as_floats(answers[:10, 0])]
    return found | cycles(dataset, model), np.stack(rows)


def cycles(dataset, model):
    """Return the mean absolute errors of test images that have been translated there and back."""
    import numpy as np

    from kerasgen.data.pixels import as_floats

    found = {}
    for name, images, there, back in (
        ("A-B-A", dataset.test.a, "AtoB", "BtoA"),
        ("B-A-B", dataset.test.b, "BtoA", "AtoB"),
    ):
        images = as_floats(images[:])
        again = model.translate(model.translate(images, there), back)
        found[f"mean absolute error of the cycle {name}"] = float(np.abs(again - images).mean())
    return found


def of_pairs(dataset, model):
    """Return L1, PSNR and SSIM over the test pairs, and a picture of the first."""
    import numpy as np
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    source, target = sides(model, dataset)
    made = model.translate(source, seed=0)
    pairs = [*zip(target, made, strict=True)]
    found = {
        "L1": float(np.abs(target - made).mean()),
        "PSNR, dB": float(np.mean([peak_signal_noise_ratio(x, y, data_range=1.0) for x, y in pairs])),
        "SSIM": float(np.mean([structural_similarity(x, y, data_range=1.0, channel_axis=2) for x, y in pairs])),
    }
    return found, np.stack([images[:10] for images in (source, made, target)])


def of_domains(dataset, model):
    """Return the errors of the cycles, and a picture of the first test images, there and back."""
    return cycles(dataset, model), model.preview(images=dataset.test.first(8))


def told(found):
    """Return what was measured as text."""
    return ", ".join(f"{metric} {value:.{DIGITS.get(metric, 4)}f}" for metric, value in found.items())


def report(options, settings, found):
    """Print the means over the seeds with their standard errors, and keep them if asked to."""
    name = Path(settings.dataset).name
    for metric, values in found.items():
        digits = DIGITS.get(metric, 4)
        mean = f"{statistics.mean(values):.{digits}f}"
        error = common.standard_error(values, digits)
        spread = error and f"standard error {error}"
        print(f"{metric:60}  {mean}  {spread}")
        if options.write:
            results.write(
                figure=f"translation at {settings.image_size}x{settings.image_size}",
                recipe=settings.recipe,
                dataset=name,
                backend=options.backend,
                metric=metric,
                value=mean,
                spread=spread,
                seeds=len(values),
                epochs=settings.epochs,
            )


if __name__ == "__main__":
    main()
