"""The figures that are published, each with the command that gives it again: what `kerasgen reproduce` runs."""

import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure, or a few from one training.

    Attributes:
        what: in words.
        script: of this folder.
        arguments: of the script, as on the command line, but for the backend and `--write`.
        quick: arguments of a small version, in place of the same ones in `arguments`.
        backend: which it was made on; `all` if on each, empty if the script takes none.
        is_of_mnist: whether it needs MNIST, and takes `--data-dir`.
    """

    what: str
    script: str
    arguments: str = ""
    quick: str = ""
    backend: str = "jax"
    is_of_mnist: bool = False

    def command(self, quick=False, backend=None, data_dir=None):
        """Return the arguments of Python that give the figure: a list, beginning with the script."""
        options = _options(self.arguments) | (_options(self.quick) if quick else {})
        given = [word for name, values in options.items() for value in values for word in (name, *value)]
        backend = self.backend and (backend or self.backend)
        given = ["--backend", backend, *given] if backend not in ("", "all") else given
        if self.is_of_mnist and data_dir is not None:
            given += ["--data-dir", str(data_dir)]
        return [self.script, *given, *([] if quick else ["--write"])]


def _options(text):
    """Return dict of option -> the values of each time that it is there, a list of lists."""
    options = {}
    for words in text.split("--")[1:]:
        name, *values = shlex.split(words)
        options.setdefault(f"--{name}", []).append(values)
    return options


# How strong R1 must be for each mixture, whose modes lie 0.8 and 2 apart, and how many steps its best row takes.
R1 = {"ring-8": 0.05, "grid-25": 0.5}
LONG = {"ring-8": 30_000, "grid-25": 90_000}


def _of_mixture(dataset, name, settings, steps=4000):
    given = f"--set learning_rate=0.002 --set beta_1=0.5 --set decay_steps={steps} {settings}"
    return Figure(
        f"modes of {dataset}: {name}",
        "mode_coverage.py",
        f"--name '{name}' --dataset {dataset} --steps {steps} {given} --seeds 3",
        "--steps 500 --seeds 1",
    )


def _of_mixtures():
    figures = {}
    for dataset, r1 in R1.items():
        for key, name, settings in (
            ("gan", "gan", ""),
            ("packing", "gan, packing 2", "--set packing=2"),
            ("feature-matching", "gan, feature matching", "--set feature_matching=true"),
            ("minibatch", "gan, minibatch discrimination", "--set minibatch_discrimination=true"),
            ("historical", "gan, historical averaging", "--set historical_averaging=0.01"),
            ("2-steps", "gan, 2 discriminator steps", "--set discriminator_steps=2"),
            ("r1", "gan, R1", f"--set r1_penalty={r1}"),
        ):
            figures[f"{dataset}-{key}"] = _of_mixture(dataset, name, settings)
        best = f"--set r1_penalty={r1} --set average=0.999"
        figures[f"{dataset}-best"] = _of_mixture(dataset, "gan, R1 and averaged weights", best, LONG[dataset])
    return figures


def _of_likelihood(recipe, samples, what, schedule=""):
    return Figure(
        f"log p(x) of MNIST: {what}",
        "log_likelihood.py",
        f"--recipe {recipe} --samples {samples} {schedule} --seeds 3",
        f"{schedule and '--first-epochs 0 '}--epochs 1 --images 6000 --test-images 20 --seeds 1",
        is_of_mnist=True,
    )


# The recipes that have a loop by hand on each backend
BY_HAND = (
    *("autoencoder", "autoencoder-conv", "denoising-autoencoder", "vae", "vae-conv", "cvae", "vae-gan"),
    *("gan", "cgan", "dcgan", "wgan-gp"),
)
OBJECTIVES = ("non_saturating", "minimax", "least_squares", "wasserstein", "hinge", "relativistic")


def _of_frechet(recipe, settings="", backend="torch"):
    return Figure(
        f"classifier Frechet distance: {recipe}{settings and ' '}{settings.replace('--', '').replace('set ', '')}",
        "frechet.py",
        f"--recipe {recipe} --epochs 10 --seeds 3 {settings}",
        "--steps 10 --seeds 1",
        backend,
        is_of_mnist=True,
    )


def _of_frechets():
    figures = {"frechet-vae": _of_frechet("vae", backend="jax"), "frechet-vae-conv": _of_frechet("vae-conv")}
    samplers = " ".join(f"--sampler {sampler}" for sampler in ("prior", "gaussian", "gmm"))
    figures["frechet-autoencoder-conv"] = _of_frechet("autoencoder-conv", samplers)
    for objective in OBJECTIVES:
        # half the usual width of a DCGAN takes half the time
        for recipe, width, backend in (("gan", "", "jax"), ("cgan", "", "jax"), ("dcgan", "--set width=32 ", "torch")):
            name = f"frechet-{recipe}-{objective.replace('_', '-')}"
            figures[name] = _of_frechet(recipe, f"{width}--set objective={objective}", backend)
    return figures


def _of_stacked(what, settings="", steps=15_000, backend="tensorflow"):
    return Figure(
        f"modes of Stacked MNIST: {what}",
        "stacked_mnist.py",
        f"--steps {steps} {settings} --seeds 3",
        "--steps 20 --seeds 1",
        backend=backend,
        is_of_mnist=True,
    )


FIGURES = {
    "vae-mnist": Figure("test loss of the VAE", "vae_mnist.py", "", "--epochs 1", is_of_mnist=True),
    "autoencoder-pca": Figure(
        "reconstruction beside PCA",
        "autoencoder_and_pca.py",
        "--epochs 10 --seeds 3",
        "--epochs 1 --seeds 1",
        is_of_mnist=True,
    ),
    "denoising": Figure(
        "denoising beside a median filter",
        "denoising.py",
        "--epochs 30 --seeds 3",
        "--epochs 1 --seeds 1",
        backend="tensorflow",
        is_of_mnist=True,
    ),
    "cgan-labels": Figure(
        "labels read off samples of cgan",
        "label_accuracy.py",
        "--recipe cgan --epochs 15 --seeds 3",
        "--epochs 1 --seeds 1",
        is_of_mnist=True,
    ),
    "log-likelihood-vae": _of_likelihood("vae", 1, "VAE"),
    "log-likelihood-iwae": _of_likelihood(
        "vae",
        50,
        "IWAE",
        "--gradient-samples 5 --first-samples 5 --first-epochs 40 --epochs 235 --learning-rate 0.0015",
    ),
    "log-likelihood-cvae": _of_likelihood("cvae", 1, "VAE that is told the class"),
    **_of_mixtures(),
    **_of_frechets(),
    "stacked-dcgan": _of_stacked("dcgan"),
    "stacked-packing": _of_stacked("dcgan, packing 4", "--set packing=4"),
    "stacked-relativistic": _of_stacked(
        "dcgan, relativistic, R1 and R2", "--set objective=relativistic --set r1_penalty=1 --set r2_penalty=1"
    ),
    "stacked-best": _of_stacked(
        "dcgan, the same with averaged weights and packing 2",
        "--set objective=relativistic --set r1_penalty=0.05 --set r2_penalty=0.05 --set average=0.999 --set packing=2",
        steps=10_000,
    ),
    "stacked-vae-gan": _of_stacked(
        "vae-gan, an encoder beside the same discriminator",
        "--recipe vae-gan --set objective=relativistic --set r1_penalty=0.05 --set r2_penalty=0.05 "
        "--set game_weight=0.3 --set learning_rate=0.002",
        steps=4000,
        backend="torch",
    ),
    "stacked-autoencoder": _of_stacked(
        "a mixture of Gaussians on the latents of an autoencoder, no discriminator",
        "--recipe autoencoder-conv --set latent_dim=48 --set loss=mean_squared_error --sampler gmm-100",
        steps=8000,
        backend="torch",
    ),
    **{
        name: Figure(
            what, "translation.py", f"--recipe {recipe} --seeds 3", "--epochs 1 --seeds 1", backend="tensorflow"
        )
        for name, recipe, what in (
            ("outlines", "pix2pix", "pix2pix beside L1 alone"),
            ("ink-chalk", "cyclegan", "CycleGAN against the right answers"),
        )
    },
    **{
        f"speed-{recipe}": Figure(
            f"training speed of {recipe}", "speed.py", f"--recipe {recipe}", "--rounds 1 --epochs 1", backend="all"
        )
        for recipe in BY_HAND
    },
    **{
        f"start-{recipe}": Figure(
            f"start and generation of {recipe}", "start_up.py", f"--recipe {recipe}", "--rounds 1"
        )
        for recipe in BY_HAND
    },
    **{
        f"memory-{recipe}": Figure(f"peak memory of {recipe}", "memory.py", f"--recipe {recipe}", "--rounds 1")
        for recipe in BY_HAND
    },
    "speed-table": Figure(
        "speed, start and memory of all that have a loop by hand", "speed_table.py", "", "--rounds 1", backend="all"
    ),
    "memory-pix2pix": Figure("memory of pix2pix at 256x256", "translation_memory.py", "", "--image-size 64"),
    **{
        f"step-{recipe}{ending}": Figure(
            f"step of {recipe} beside {other}",
            "translation_step.py",
            f"--recipe {recipe}{which}",
            "--rounds 1 --steps 2",
        )
        for recipe in ("pix2pix", "cyclegan")
        for ending, other, which in (("", "a loop by hand", ""), ("-torch", "PyTorch", " --loop torch"))
    },
    "kills": Figure("runs killed at random", "kills.py", "--kills 200", "--kills 5", backend="torch"),
    "resume": Figure("resumed runs beside uninterrupted ones", "resume.py", "", "--recipe vae"),
    "several-devices": Figure("two devices beside one", "several_devices.py", "", "--recipe vae"),
    **{
        f"soak-{recipe}": Figure(f"a long training of {recipe}", "soak.py", f"--recipe {recipe}", "--steps 300")
        for recipe in ("vae", "dcgan")
    },
    "hostile-files": Figure("model files made to harm", "hostile_files.py", "", "--flips 8 --cuts 4", backend=""),
}
