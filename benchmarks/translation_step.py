"""The time of a training step of pix2pix and of CycleGAN against one of the same networks written by hand.

    python benchmarks/translation_step.py --backend tensorflow --recipe pix2pix --write

Images of 128x128, batches of one, the recipes' defaults, but for a learning rate that stays, as the loops' does: one
that falls is planned by each `fit`, which compiles the step anew. The loop by hand is in kerasgen's framework, or in
the one that `--loop` names. Both take some steps in turn in one process, after some to compile and warm up;
kerasgen's are a call of `fit`, with all that it does before the first and after the last. The figure is the ratio of
the medians, the loop's time to kerasgen's: above 1, kerasgen is faster. Before, the networks are held against each
other: with the same weights they make the same images.
"""

import argparse
import statistics

import common
import loops
import results

STEPS = {"pix2pix": 20, "cyclegan": 4}
SETTINGS = {"pix2pix": {}, "cyclegan": {"decay_from": 1}}
FRAMEWORKS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


def main():
    """Measure as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    common.start(options.backend)
    loop = loops.score_translation(options.loop)  # now: PyTorch before TensorFlow, which Keras imports if it is there

    check_networks(options, loop)
    images = load_images(options)
    turns = {"kerasgen": kerasgen_steps(options, images), "loop": loop_steps(options, loop, images)}
    seconds = common.in_turns(turns, options.rounds)
    report(options, {name: [each / len(images[0]) for each in values] for name, values in seconds.items()})


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=list(FRAMEWORKS), required=True)
    parser.add_argument("--recipe", choices=list(loops.NETWORKS), required=True)
    parser.add_argument(
        "--loop", choices=[*FRAMEWORKS, "same"], default="same", help="by hand in which framework; kerasgen's if same"
    )
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, help="in a turn")
    parser.add_argument("--rounds", type=int, default=5, help="timed turns of each")
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    options = parser.parse_args()
    options.loop = {"same": options.backend}.get(options.loop, options.loop)
    return options


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
    settings = SETTINGS[options.recipe] | {"channels": 3, "width": options.width} | changed
    return kerasgen.create(options.recipe, options.image_size, **settings)


def create_loop(options, loop, **changed):
    """Return the trainer by hand; see `loops`."""
    shape = (options.image_size, options.image_size, 3)
    return getattr(loop, options.recipe)(shape, options.width, **changed)


def check_networks(options, loop):
    """Raise `AssertionError` unless the loop's networks, given kerasgen's weights, make what kerasgen's make."""
    import keras
    import numpy as np

    without = {"dropout": 0.0} if options.recipe == "pix2pix" else {}  # what is dropped is random
    model, trainer = create(options, **without), create_loop(options, loop, **without)
    for name in loops.NETWORKS[options.recipe]:
        ours = getattr(model, name)
        inputs = [x[:1] * 2 - 1 for x in load_images(options)][: len(ours.inputs)]
        expected = keras.ops.convert_to_numpy(ours(inputs if len(inputs) > 1 else inputs[0]))
        trainer.load(name, [keras.ops.convert_to_numpy(variable) for variable in ours.trainable_variables])
        made = trainer.run(name, np.concatenate(inputs, -1))
        np.testing.assert_allclose(made, expected, atol=2e-3 * max(1, abs(expected).max()), err_msg=name)


def kerasgen_steps(options, images):
    """Return a function that takes the steps with kerasgen."""
    model = create(options)
    return lambda: model.fit(*images, batch_size=1, epochs=1, verbose=0)


def loop_steps(options, loop, images):
    """Return a function that takes the steps by hand."""
    trainer = create_loop(options, loop)
    a, b = (loop.prepare(x) for x in images)

    def steps():
        losses = [trainer.step(a[i : i + 1], b[i : i + 1]) for i in range(len(a))]
        return [float(loss) for loss in losses[-1]]

    return steps


def report(options, seconds):
    """Print the times and their ratio, and keep them if asked to."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, values in seconds.items():
        print(f"{name:9} {medians[name] * 1000:8.0f} ms  ({min(values) * 1000:.0f} to {max(values) * 1000:.0f})")
    ratio = medians["loop"] / medians["kerasgen"]
    ratios = sorted(theirs / ours for ours, theirs in zip(seconds["kerasgen"], seconds["loop"]))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"ratio     {ratio:8.2f}  ({spread})")
    if options.write:
        results.write(
            figure="time of a training step against a hand-written loop",
            recipe=options.recipe,
            dataset=f"noise, {options.image_size}x{options.image_size}",
            backend=options.backend,
            metric=f"ratio of medians, the {FRAMEWORKS[options.loop]} loop's to kerasgen's",
            value=f"{ratio:.2f}",
            spread=f"{spread} in {options.rounds} rounds",
            seeds=1,
            reference=f"{medians['loop'] * 1000:.0f} ms; kerasgen {medians['kerasgen'] * 1000:.0f} ms",
            reference_source=f"benchmarks/loops/translation_with_{options.loop}.py",
        )


if __name__ == "__main__":
    main()
