"""The time of a training step of pix2pix and of CycleGAN against one of the same networks written by hand in PyTorch.

    python benchmarks/translation_step.py --backend tensorflow --recipe pix2pix --write

Images of 128x128, batches of one, the recipes' defaults. Both take some steps in turn in one process, after some to
compile and warm up; kerasgen's are a call of `fit`, with all that it does before the first and after the last. The
figure is the ratio of the medians, PyTorch's time to kerasgen's: above 1, kerasgen is faster. Before, the networks
are held against each other: with the same weights they make the same images.
"""

import argparse
import statistics

import common
import results

STEPS = {"pix2pix": 20, "cyclegan": 4}
NETWORKS = {
    "pix2pix": ("generator", "discriminator"),
    "cyclegan": ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b"),
}


def main():
    """Measure as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    common.start(options.backend)
    import torch  # noqa: F401  (before TensorFlow, which Keras imports where it is installed)

    check_networks(options)
    images = load_images(options)
    turns = {"kerasgen": kerasgen_steps(options, images), "PyTorch": torch_steps(options, images)}
    seconds = common.in_turns(turns, options.rounds)
    report(options, {name: [each / len(images[0]) for each in values] for name, values in seconds.items()})


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--recipe", choices=list(STEPS), required=True)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, help="in a turn")
    parser.add_argument("--rounds", type=int, default=5, help="timed turns of each")
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    return parser.parse_args()


def load_images(options):
    """Return the images of both domains, float32 (steps, H, W, 3) in [0, 1]: noise."""
    import numpy as np

    shape = (options.steps or STEPS[options.recipe], options.image_size, options.image_size, 3)
    return [np.random.default_rng(seed).random(shape, dtype="float32") for seed in (0, 1)]


def create(options, **changed):
    """Return kerasgen's model."""
    import keras

    import kerasgen

    keras.utils.set_random_seed(0)
    return kerasgen.create(options.recipe, options.image_size, channels=3, width=options.width, **changed)


def create_loop(options, **changed):
    """Return `(step, networks)` of PyTorch's."""
    from loops import translation_with_torch as loop

    shape = (options.image_size, options.image_size, 3)
    return getattr(loop, options.recipe)(shape, options.width, **changed)


def check_networks(options):
    """Raise `AssertionError` unless PyTorch's networks, given kerasgen's weights, make what kerasgen's make."""
    import keras
    import numpy as np
    import torch
    from loops import translation_with_torch as loop

    without = {"dropout": 0.0} if options.recipe == "pix2pix" else {}  # what is dropped is random
    model, (_, networks) = create(options, **without), create_loop(options, **without)
    for name, network in zip(NETWORKS[options.recipe], networks, strict=True):
        ours = getattr(model, name)
        inputs = [x[:1] * 2 - 1 for x in load_images(options)][: len(ours.inputs)]
        expected = keras.ops.convert_to_numpy(ours(inputs if len(inputs) > 1 else inputs[0]))
        loop.load(network, [keras.ops.convert_to_numpy(variable) for variable in ours.trainable_variables])
        with torch.no_grad():
            made = network(torch.cat([loop.mirrored(x) for x in inputs], 1)).cpu().numpy()
        made = made[:, :, ::-1, ::-1].transpose(0, 2, 3, 1)
        np.testing.assert_allclose(made, expected, atol=2e-3 * max(1, abs(expected).max()), err_msg=name)


def kerasgen_steps(options, images):
    """Return a function that takes the steps with kerasgen."""
    model = create(options)
    return lambda: model.fit(*images, batch_size=1, epochs=1, verbose=0)


def torch_steps(options, images):
    """Return a function that takes the steps with PyTorch."""
    from loops import translation_with_torch as loop

    step, _ = create_loop(options)
    a, b = (loop.mirrored(x) * 2 - 1 for x in images)

    def steps():
        losses = [step(a[i : i + 1], b[i : i + 1]) for i in range(len(a))]
        return [float(loss) for loss in losses[-1]]

    return steps


def report(options, seconds):
    """Print the times and their ratio, and keep them if asked to."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, values in seconds.items():
        print(f"{name:9} {medians[name] * 1000:8.0f} ms  ({min(values) * 1000:.0f} to {max(values) * 1000:.0f})")
    ratio = medians["PyTorch"] / medians["kerasgen"]
    ratios = sorted(theirs / ours for ours, theirs in zip(seconds["kerasgen"], seconds["PyTorch"]))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"ratio     {ratio:8.2f}  ({spread})")
    if options.write:
        results.write(
            figure="time of a training step against one by hand in PyTorch",
            recipe=options.recipe,
            dataset=f"noise, {options.image_size}x{options.image_size}",
            backend=options.backend,
            metric="ratio of medians, PyTorch's to kerasgen's",
            value=f"{ratio:.2f}",
            spread=f"{spread} in {options.rounds} rounds",
            seeds=1,
            reference=f"{medians['PyTorch'] * 1000:.0f} ms; kerasgen {medians['kerasgen'] * 1000:.0f} ms",
            reference_source="benchmarks/loops/translation_with_torch.py",
        )


if __name__ == "__main__":
    main()
