"""The test loss of the recipe `vae` on MNIST, in nats, and of the same model written by hand in PyTorch.

    python benchmarks/vae_mnist.py --backend jax --data-dir DIR --loop --write

The loss is reconstruction error + KL divergence, the negative evidence lower bound, for each image of the test
set with one sample of the latents; grey pixels count as probabilities. Hidden layers of 400, 200 latents, batches
of 100, Adam 1e-3: the recipe's defaults.
"""

import argparse
import statistics
import time

import common
import results


def main():
    """Train and evaluate as the command line says, print, and with `--write` keep the figure."""
    options = parse()
    if options.loop:
        import torch  # noqa: F401  (before TensorFlow, which Keras imports where it is installed)

    common.start(options.backend)
    train, test = common.outputs_to_images(options.dataset, options.data_dir)
    ours = [with_kerasgen(train, test, options, seed) for seed in range(options.seeds)]
    by_hand = [with_loop(train, test, options, seed) for seed in range(options.seeds)] if options.loop else []
    report(options, ours, by_hand)


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--data-dir", help="where TensorFlow Datasets keeps its sets")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=1, help="how many: 0, 1, ...")
    parser.add_argument("--loop", action="store_true", help="train the hand-written PyTorch loop too")
    parser.add_argument("--write", action="store_true", help="put the figure into zoo/results.csv")
    return parser.parse_args()


def with_kerasgen(train, test, options, seed):
    """Return the test loss in nats after training through the public API."""
    import keras

    import kerasgen

    start = time.perf_counter()
    keras.utils.set_random_seed(seed)
    model = kerasgen.create("vae", hidden_dim=400, latent_dim=200)
    model.fit(train, batch_size=100, epochs=options.epochs, verbose=0)
    loss = model.evaluate(test, batch_size=100, verbose=0, return_dict=True)["loss"]
    print(f"kerasgen, seed {seed}: {loss:.2f} nats after {time.perf_counter() - start:.0f} s", flush=True)
    return loss


def with_loop(train, test, options, seed):
    """Return the test loss in nats of the PyTorch model after training by the loop written by hand."""
    import torch
    from loops import weights, with_torch

    start = time.perf_counter()
    made = with_torch.trainer("vae", weights.first("vae", seed))
    epoch = with_torch.epochs("vae", [train], 100, seed, made=made)
    for _ in range(options.epochs):
        epoch()
    images = with_torch.prepared(test).to(with_torch.DEVICE)
    with torch.no_grad():
        loss = float(made.network(images, torch.randn(len(images), weights.LATENT["vae"], device=images.device))[0])
    print(f"loop, seed {seed}: {loss:.2f} nats after {time.perf_counter() - start:.0f} s", flush=True)
    return loss


def report(options, ours, by_hand):
    """Print the means over the seeds, and keep them if asked to."""
    print(f"kerasgen {statistics.mean(ours):.2f} nats" + (f", loop {statistics.mean(by_hand):.2f}" if by_hand else ""))
    if options.write:
        results.write(
            figure="test loss",
            recipe="vae",
            dataset=options.dataset,
            backend=options.backend,
            metric="BCE + KL, nats, 1 sample",
            value=f"{statistics.mean(ours):.2f}",
            spread=f"{min(ours):.2f} to {max(ours):.2f}" if len(ours) > 1 else "",
            seeds=len(ours),
            reference=f"{statistics.mean(by_hand):.2f}" if by_hand else "",
            reference_source="benchmarks/loops/with_torch.py" if by_hand else "",
            epochs=options.epochs,
        )


if __name__ == "__main__":
    main()
