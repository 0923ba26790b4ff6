"""The memory that training image-to-image translation takes: the largest resident set of this process.

    python benchmarks/translation_memory.py --backend jax --recipe pix2pix --write

Colour images of 256x256, batches of one, three steps, the recipe's defaults. On a CPU this counts everything:
interpreter, framework, weights, moments, activations.
"""

import argparse

import common
import results
from memory import peak_memory

STEPS = 3


def main():
    """Train as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    common.start(options.backend)

    import numpy as np

    import kerasgen

    shape = (STEPS, options.image_size, options.image_size, 3)
    images = [np.random.default_rng(seed).random(shape, dtype="float32") for seed in (0, 1)]
    model = kerasgen.create(options.recipe, image_size=options.image_size, channels=3, width=options.width)
    model.fit(*images, batch_size=1, verbose=0)
    gibibytes = peak_memory() * 1e6 / 2**30
    print(f"{options.recipe}: {model.count_params():,} parameters, {gibibytes:.2f} GiB")
    if options.write:
        results.write(
            figure=f"memory of training at {options.image_size}x{options.image_size}, batches of 1",
            recipe=options.recipe,
            dataset="noise",
            backend=options.backend,
            metric="largest resident set, GiB",
            value=f"{gibibytes:.2f}",
            seeds=1,
        )


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", choices=["pix2pix", "cyclegan"], default="pix2pix")
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    return parser.parse_args()


if __name__ == "__main__":
    main()
