"""The tables of results that the README and the site show: order, notes and columns."""

from kerasgen.experiments.tables import Table
from kerasgen.zoo.experiments.stacked_mnist import SMALL, WITH_ENCODER

QUALITY = (
    Table(
        "MNIST log-likelihood",
        "Larger is better. The 10,000 test images are binarized once. log p(x) is estimated by importance sampling "
        "with 5,000 latents for each of them. The optimizer, the batch size and the number of epochs differ from the "
        "source, so the rows compare results, not training time.",
    ),
    Table("test loss"),
    Table(
        SMALL,
        "A discriminator of 2, 4 and 8 channels makes a GAN lose modes. The set-up is not that of the published table "
        "(Lin et al. 2018, table 3): images of 32x32 instead of 28x28, kernels of 4x4 instead of 3x3, a generator rate "
        "of 2e-4 instead of 1e-4, and a discriminator with 1.52 times the weights. The plain `dcgan` finds 339 modes "
        "here, in 3 % of the published steps; the published one finds 78. So compare the gain of a method over the "
        "plain `dcgan`, not the number of modes.",
        plain="dcgan",
    ),
    Table(
        WITH_ENCODER,
        "An encoder keeps these models from losing modes, because every training image has to be reconstructed. They "
        "are not comparable with the GANs above. `autoencoder-conv` has no discriminator; `vae-gan` has the small one.",
    ),
    Table(
        "classifier Frechet distance",
        "Smaller is better. The features are those of a small classifier of the digits, so the values are not "
        "comparable with an FID. The reference is the distance of 10,000 training images.",
    ),
    Table(
        "confident samples",
        "The fraction of samples to which the classifier gives a class with a probability above 0.9; larger is "
        "better. Such a sample resembles a digit, but it can be a copy, and the samples can lack variety. The class "
        "balance is the total variation distance to the classes of "
        "the test images, and 0 is best. The recipes have their default data, epochs and options. Those of `vae` and "
        "`cvae` were chosen with another classifier and other seeds.",
    ),
    Table(
        "mode coverage",
        "Networks, latents, batches, samples and the definition of a mode are those of Lin et al. 2018 (PacGAN), "
        "section 4.1. The initialization, the learning rate, which falls to 0, and beta_1 of Adam differ. The steps "
        "are far fewer, and there are three seeds instead of ten. The weight of R1 was chosen for each mixture.",
    ),
    Table(
        "density of mixtures",
        "Smaller is better; 0 is the mixture itself. The Kullback-Leibler divergence is estimated from the exact "
        "densities.",
    ),
    Table(
        "transport to moons",
        "Smaller is better. The squared 2-Wasserstein distance of transported points to the moons is computed with an "
        "exact assignment. The last reference is the distance between two samples of the moons, which a perfect flow "
        "would reach.",
    ),
    Table("labels of class-conditional samples"),
    Table("reconstruction", "Smaller is better. The reference is PCA with as many components as there are latents."),
    Table(
        "denoising, noise 0.3",
        "Gaussian noise of standard deviation 0.3, clipped to [0, 1]. The references are the noisy images and a median "
        "filter. The value 0.0265 comes from a hand-written PyTorch loop without a recorded command, seed or learning "
        "rate, so it cannot be repeated. The recipe's learning rate was chosen on the test images.",
    ),
    Table(
        "denoising, noise of several strengths",
        "Larger is better. One network removes noise of all strengths, and it does not receive the strength. The "
        "references are the noisy images, and filters of scikit-image that receive the strength.",
    ),
    Table(
        "translation at 32x32",
        "The correct translations of the bundled tasks are known. L1 alone trains the same generator without a "
        "discriminator.",
    ),
    Table("translation at 64x64", "Photographs that are not bundled; one seed."),
)

_LOOPS = (
    "Above 1, kerasgen is faster. Hand-written loops are kept for `vae`, `dcgan` and `pix2pix` (`benchmarks/loops`); "
    "the loops of the other rows are in the history of the repository."
)
_COMMAND = (
    "Below 1, kerasgen is faster. The command runs with its bar, validation, pictures, curves, events, checkpoints "
    "and page; the reference has the same steps and validation. `python -m benchmarks.command` measures it again."
)
_START = "The reference is the loop: the import of its framework and one compiled step."
_PEERS = (
    "Above 1, kerasgen is faster. All programs train networks of the same size on the same noise in memory, in batches "
    "of the same size; the two diffusion models have about the same number of parameters. `python -m benchmarks.peers` "
    "measures it again."
)

COMMAND = (
    Table("kerasgen train against a loop in the same framework", _COMMAND),
    Table("kerasgen train against a PyTorch script with a DataLoader", _COMMAND),
    Table("kerasgen train against pythae's trainer", _COMMAND),
)
START = (
    Table("short commands", f"{_START} `python -m benchmarks.start_up --commands` measures it again."),
    Table("second runs", "Whole processes, the first with an empty cache of the user."),
    Table("start of a training", "From the start of Python to the end of the first step. The reference is the loop."),
)
PEERS = (
    Table("training against other programs", _PEERS),
    Table("generation against other programs", "Above 1, kerasgen is faster."),
    Table("peak memory against other programs", "Below 1, kerasgen needs less memory."),
)
GROWTH = (
    Table(
        "growth of the cost",
        "The growth of the seconds of a step is divided by that of its multiplications, from one size to the next; the "
        "value is the largest of them. Above 1, the cost grows faster than the work. "
        "`python -m benchmarks.growth` measures it again.",
    ),
)
COMPILERS = (
    Table(
        "training speed with a compiler",
        "Above 1, `compile(jit_compile=True)` is faster after the compilation. "
        "`python -m benchmarks.compilation` measures it again.",
    ),
)
DEVICES = (Table("training on a GPU", "`python -m benchmarks.gpu` measures it again."),)

SPEED = (
    Table("training speed against a hand-written loop", _LOOPS),
    Table(
        "training speed on the fastest backend against the fastest loop",
        "The fastest of the three backends divided by the fastest of the three loops.",
    ),
    Table("time of a training step against a hand-written loop", _LOOPS),
    Table("training throughput", "Images that a recipe with default options trains on in a second."),
    *COMMAND,
    *PEERS,
    Table("generation"),
    *START,
    Table("peak memory against a hand-written loop", "Below 1, kerasgen needs less memory."),
    Table("memory of training at 256x256, batches of 1"),
    *GROWTH,
    *COMPILERS,
    *DEVICES,
)
# Tables of the page about speed
SPEED_PAGE = {"command": COMMAND, "start": START, "peers": PEERS, "growth": GROWTH, "compilers": COMPILERS}

RELIABILITY = (
    Table("exact resume"),
    Table("the same seed"),
    Table("kill -9"),
    Table("damaged checkpoints"),
    Table("a long training"),
    Table("2 devices and one"),
    Table("hostile model files"),
)

# Experiments of the table in the README
README = ("log-likelihood-vae", "log-likelihood-iwae", "grid-25-best", "cgan-labels", "autoencoder-pca-32")

SECTIONS = {"Quality": QUALITY, "Speed and memory": SPEED, "Reliability": RELIABILITY}
TABLES = {table.name: table for tables in SECTIONS.values() for table in tables}
