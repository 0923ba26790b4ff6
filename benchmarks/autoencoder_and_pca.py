"""The reconstruction error of the recipe `autoencoder` on MNIST's test images, beside PCA with as many numbers.

    python benchmarks/autoencoder_and_pca.py --backend jax --data-dir DIR --seeds 3 --write

The mean squared error of a pixel at 2, 8 and 32 latents. The autoencoder minimises it directly
(`loss=mean_squared_error`); PCA is scikit-learn's, fitted to the same training images, and has no seed.
"""

import argparse
import statistics
import time

import common
import results


def main():
    """Train and evaluate as the command line says, print, and with `--write` keep the figures."""
    options = parse()
    common.start(options.backend)

    train, test = common.outputs_to_images(options.dataset, options.data_dir, options.images)
    for latent_dim in options.latent_dims:
        of_pca = pca(train, test, latent_dim)
        ours = [with_kerasgen(train, test, options, latent_dim, seed) for seed in range(options.seeds)]
        report(options, latent_dim, ours, of_pca)


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--data-dir", help="where TensorFlow Datasets keeps its sets")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--images", type=int, help="train with so many images only, for a quick try")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--latent-dims", type=int, nargs="+", default=[2, 8, 32])
    parser.add_argument("--seeds", type=int, default=1, help="how many: 0, 1, ...")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    return parser.parse_args()


def pca(train, test, latent_dim):
    """Return the test error of a principal component analysis fitted to the training images."""
    from sklearn.decomposition import PCA

    components = PCA(latent_dim, svd_solver="covariance_eigh").fit(train.reshape(len(train), -1))
    flat = test.reshape(len(test), -1)
    return float(((components.inverse_transform(components.transform(flat)) - flat) ** 2).mean())


def with_kerasgen(train, test, options, latent_dim, seed):
    """Return the test error after training through the public API."""
    import keras

    import kerasgen

    start = time.perf_counter()
    keras.utils.set_random_seed(seed)
    model = kerasgen.create("autoencoder", latent_dim=latent_dim, loss="mean_squared_error", channels=train.shape[-1])
    model.fit(train, batch_size=100, epochs=options.epochs, verbose=0)
    error = float(((model.reconstruct(test) - test) ** 2).mean())
    print(f"{latent_dim} latents, seed {seed}: {error:.5f} after {time.perf_counter() - start:.0f} s", flush=True)
    return error


def report(options, latent_dim, ours, of_pca):
    """Print the mean over the seeds with its standard error, and keep it if asked to."""
    mean = statistics.mean(ours)
    error = common.standard_error(ours, 6)
    spread = error and f"standard error {error}"
    print(f"{latent_dim} latents: autoencoder {mean:.5f} {spread}, PCA {of_pca:.5f}", flush=True)
    if options.write:
        results.write(
            figure="reconstruction",
            recipe=f"autoencoder latent_dim={latent_dim}",
            dataset=options.dataset if options.images is None else f"{options.dataset}, {options.images} images",
            backend=options.backend,
            metric="mean squared error of a pixel",
            value=f"{mean:.5f}",
            spread=spread,
            seeds=len(ours),
            reference=f"{of_pca:.5f}",
            reference_source=f"scikit-learn PCA, {latent_dim} components",
            epochs=options.epochs,
        )


if __name__ == "__main__":
    main()
