"""The test error of the recipe `denoising-autoencoder` on MNIST, beside the noisy images and a median filter.

    python benchmarks/denoising.py --backend tensorflow --data-dir DIR --seeds 3 --write

Gaussian noise of standard deviation 0.3, cut off at 0 and 1, the same on the test images of a seed for all that is
compared. Against the clean images: the mean squared error of a pixel; PSNR and SSIM (scikit-image, which
`pip install ".[metrics]"` brings) of each image, their mean. The median filter is SciPy's, 3x3. The recipe's
defaults train: 4 latents, batches of 100, 30 epochs.
"""

import argparse
import statistics
import time

import common
import results

REFERENCE = 0.0265  # test MSE of the same model written by hand in PyTorch
METRICS = {"MSE": "mean squared error of a pixel", "PSNR": "PSNR, dB", "SSIM": "SSIM"}


def main():
    """Train and evaluate as the command line says, print, and with `--write` keep the figures."""
    options = parse()
    common.start(options.backend)

    train, test = common.outputs_to_images(options.dataset, options.data_dir, options.images)
    runs = [one_run(train, test, options, seed) for seed in range(options.seeds)]
    report(options, {name: [run[name] for run in runs] for name in runs[0]})


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=["tensorflow", "jax", "torch"], required=True)
    parser.add_argument("--data-dir", help="where TensorFlow Datasets keeps its sets")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--images", type=int, help="train with so many images only, for a quick try")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--latent-dim", type=int, default=4)
    parser.add_argument("--optimizer", choices=["adam", "rmsprop", "adadelta"], default="adam")
    parser.add_argument("--seeds", type=int, default=1, help="how many: 0, 1, ...")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    return parser.parse_args()


def one_run(train, test, options, seed):
    """Return what is compared, name -> `similarity`, after training through the public API."""
    import keras

    import kerasgen
    from kerasgen.metrics import similarity

    start = time.perf_counter()
    keras.utils.set_random_seed(seed)
    model = kerasgen.create(
        "denoising-autoencoder",
        latent_dim=options.latent_dim,
        optimizer=options.optimizer,
        channels=train.shape[-1],
    )
    model.fit(train, batch_size=100, epochs=options.epochs, verbose=0)
    noisy = model.corrupt(test, seed)
    found = {"denoised": model.denoise(noisy), "noisy": noisy, "median filter": median(noisy)}
    found = {name: similarity(test, images) for name, images in found.items()}
    took = time.perf_counter() - start
    print(f"seed {seed}: MSE {found['denoised']['MSE']:.5f} after {took:.0f} s", flush=True)
    return found


def median(images):
    """Return images (N, H, W, C) after a median filter of 3x3."""
    from scipy.ndimage import median_filter

    return median_filter(images, size=(1, 3, 3, 1))


def report(options, found):
    """Print the means over the seeds with their standard errors, and keep them if asked to."""
    for name, runs in found.items():
        print(f"{name:14}" + "".join(f"  {metric} {text(metric, runs)}" for metric in METRICS))
    if not options.write:
        return
    for metric, words in METRICS.items():
        runs = found["denoised"]
        beside = [f"{name} {mean(metric, found[name])}" for name in ("noisy", "median filter")]
        results.write(
            figure="denoising, noise 0.3",
            recipe=f"denoising-autoencoder latent_dim={options.latent_dim} optimizer={options.optimizer}",
            dataset=options.dataset if options.images is None else f"{options.dataset}, {options.images} images",
            backend=options.backend,
            metric=words,
            value=mean(metric, runs),
            spread=f"standard error {error(metric, runs)}" if len(runs) > 1 else "",
            seeds=len(runs),
            reference="; ".join([f"{REFERENCE}"] * (metric == "MSE" and options.latent_dim == 4) + beside),
            reference_source="the same model by hand in PyTorch; scipy.ndimage.median_filter, 3x3",
            epochs=options.epochs,
        )


def mean(metric, runs):
    """Return the mean of a metric over the runs, as text."""
    return f"{statistics.mean(run[metric] for run in runs):.{digits(metric)}f}"


def error(metric, runs):
    """Return the standard error of that mean, as text."""
    return common.standard_error([run[metric] for run in runs], digits(metric) + 1)


def text(metric, runs):
    """Return mean and standard error, as text."""
    return mean(metric, runs) + (f" +- {error(metric, runs)}" if len(runs) > 1 else "")


def digits(metric):
    """Return how many digits of a metric are told."""
    return {"MSE": 5, "PSNR": 2, "SSIM": 4}[metric]


if __name__ == "__main__":
    main()
