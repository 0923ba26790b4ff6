"""Whether the hand-written loops of `benchmarks/loops` take the steps of the recipes that they are timed against.

    python -m checks.loops                    # the three frameworks, each in a process of its own
    python -m checks.loops --backend jax

For each recipe, the loop and kerasgen start from the same weights and take two steps with the same data and the same
noise: all losses have to be equal. The random jitter of pix2pix has to be one of kerasgen's crops, and the losses of
some epochs of the VAE have to fall.
"""

import argparse
import subprocess
import sys
from statistics import NormalDist

from checks import BACKENDS, start

BATCH = 8
STEPS = 2  # in later steps the sign of Adam's update, where a gradient is almost zero, begins to show
# PyTorch's Adam adds epsilon after the bias correction: small gradients, such as the divergence's, move further
TOLERANCE = {"torch": {"kl_divergence": 2e-2}}
SIZES = {"side": 32, "channels": 3, "width": 2}  # of pix2pix
PLAYERS = {"vae": [["encoder", "decoder"]], "dcgan": [["generator"], ["discriminator"]]}
PLAYERS["pix2pix"] = PLAYERS["dcgan"]


def main():
    """Check the loops of the backend, or of all; exit with 1 if one differs."""
    options = parse()
    if options.backend is None:
        calls = [[sys.executable, "-m", "checks.loops", "--backend", backend] for backend in BACKENDS]
        sys.exit(max(subprocess.run(call).returncode for call in calls))
    start(options.backend)
    failures = [*check_steps(options.backend), *check_jitter(options.backend), *check_epochs(options.backend)]
    for failure in failures:
        print(f"{options.backend}: {failure}")
    print(f"{options.backend}: {'the loops differ from the recipes' if failures else 'all loops agree'}")
    sys.exit(bool(failures))


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, help="framework of the loops; all three by default")
    return parser.parse_args(arguments)


def check_steps(backend):
    """Yield a line for each loss of a loop that differs from the recipe's."""
    from benchmarks import loops

    for recipe in loops.SETTINGS:
        expected, losses = _losses(recipe, backend)
        for name, loss in zip(loops.LOSSES[recipe], losses, strict=True):
            tolerance = TOLERANCE.get(backend, {}).get(name, 2e-3)
            if not abs(loss - expected[name]) <= tolerance * abs(expected[name]):
                yield f"{recipe}: the loop's {name} is {loss:.6g}, kerasgen's {expected[name]:.6g}"


def _losses(recipe, backend):
    """Return the mean losses of the steps, of kerasgen as a dict and of the loop in the order of `LOSSES`."""
    import keras
    import numpy as np

    import kerasgen
    from benchmarks import loops
    from benchmarks.loops import weights

    keras.utils.set_random_seed(0)
    rng, sizes = np.random.default_rng(0), SIZES if recipe == "pix2pix" else {}
    settings = {"jitter": False, "dropout": 0.0} if sizes else {}
    shape = {"image_size": SIZES["side"], "channels": 3, "width": SIZES["width"]} if sizes else {}
    model = kerasgen.create(recipe, **loops.SETTINGS[recipe] | shape | settings)
    known = weights.first(recipe, seed=0, **sizes)
    variables = [[v for name in names for v in getattr(model, name).trainable_variables] for names in PLAYERS[recipe]]
    players = [
        {name: np.array(keras.ops.convert_to_numpy(v)) for name, v in zip(arrays, own, strict=True)}
        for arrays, own in zip(known, variables, strict=True)
    ]
    for player, arrays in zip(players, known):
        assert {n: w.shape for n, w in player.items()} == {n: w.shape for n, w in arrays.items()}, recipe

    count, names = STEPS * BATCH, ("a", "b") if sizes else ("images",)
    data = {name: rng.random((count, *model.sample_shape), dtype="float32") for name in names}
    noise = {name: each.sample(rng, count) for name, each in model.noise.items()}
    history = model.fit(data | ({"noise": noise} if noise else {}), batch_size=BATCH, shuffle=False, verbose=0).history
    arrays = [*data.values(), *(array.reshape(count, -1) for array in noise.values())]
    batches = [[array[i : i + BATCH] for array in arrays] for i in range(0, count, BATCH)]
    losses = loops.framework(backend).take_steps(recipe, players, batches, **settings).mean(0)
    return {name: values[0] for name, values in history.items()}, losses


def check_jitter(backend):
    """Yield a line if a jittered pair is none of kerasgen's crops, or if the crops do not vary."""
    import keras
    import numpy as np

    from kerasgen.layers import jittered

    side, places = 32, 5  # an image of 36x36 can be cropped at five places, down and across
    a, b = np.random.default_rng(0).random((2, 1, side, side, 3), dtype="float32")
    quantiles = [NormalDist().inv_cdf((place + 0.5) / places) for place in range(places)]
    draws = [(down, across, mirror) for down in quantiles for across in quantiles for mirror in (-1.0, 1.0)]
    pairs = np.repeat(np.concatenate([a, b], -1), len(draws), axis=0)
    known = keras.ops.convert_to_numpy(jittered(pairs, np.array(draws, "float32")))
    crops = set()
    for number in range(20):
        errors = abs(_jittered(backend, a, b, number) - known).max((1, 2, 3))
        crops.add(int(errors.argmin()))
        if errors.min() > 1e-5:
            yield f"pix2pix: a jittered pair differs by {errors.min():.1e} from the nearest of kerasgen's"
            return
    if len(crops) <= 5:
        yield f"pix2pix: only {len(crops)} different crops in 20"


def _jittered(backend, a, b, number):
    """Return a pair (1, H, W, 2 C) jittered by the loop."""
    import numpy as np

    pair = np.concatenate([a, b], -1)
    if backend == "jax":
        import jax

        from benchmarks.loops.with_jax.pix2pix import jittered

        return np.asarray(jittered(pair, jax.random.key(number)))
    if backend == "tensorflow":
        from benchmarks.loops.with_tensorflow.pix2pix import jittered

        return jittered(pair).numpy()
    from benchmarks.loops.with_torch import prepared
    from benchmarks.loops.with_torch.pix2pix import jittered

    return np.concatenate([x.permute(0, 2, 3, 1).numpy() for x in jittered(prepared(a), prepared(b))], -1)


def check_epochs(backend):
    """Yield a line if the loss of the VAE does not fall in a few epochs."""
    import numpy as np

    from benchmarks import loops

    images = np.zeros((3 * BATCH, 28, 28, 1), "float32")
    images[: len(images) // 2, 7:21] = 1.0
    epoch = loops.framework(backend).epochs("vae", [images], BATCH, seed=0)
    losses = [epoch()["loss"] for _ in range(4)]
    if not losses[-1] < 0.8 * losses[0]:
        yield f"vae: the losses of four epochs are {losses}"


if __name__ == "__main__":
    main()
