"""Mode coverage on mixtures of Gaussians, after Lin et al. 2018 (PacGAN, arXiv:1712.04086), section 4.1.

The set-up is the paper's: 100,000 points, normal latents of 2 dimensions, 100 packs in a batch and 2,500 samples. The
generator has 4 hidden layers of 400, and the discriminator 3 maxout layers of 200.
"""

from kerasgen.experiments import Experiment, Metric, measures

# Data set -> packing -> number of modes, high quality in %, reverse KL: mean ± standard error of 10 seeds (table 1).
PUBLISHED = {
    "ring-8": {1: ("6.3 ± 0.5", "98.2 ± 0.2", "0.45 ± 0.09"), 2: ("7.9 ± 0.1", "95.6 ± 2.0", "0.07 ± 0.03")},
    "grid-25": {1: ("17.3 ± 0.8", "94.8 ± 0.7", "0.70 ± 0.07"), 2: ("23.8 ± 0.7", "91.3 ± 0.8", "0.13 ± 0.04")},
}
# Weight of R1 for each mixture, because their modes are 0.8 and 2 apart; steps of the longest row.
R1 = {"ring-8": 0.05, "grid-25": 0.5}
LONG = {"ring-8": 30_000, "grid-25": 90_000}
MINUTES_PER_1000_STEPS = 0.2
NETWORKS = {"latent_dim": 2, "hidden_dim": 400}


def _variants(dataset: str) -> dict[str, tuple[str, dict[str, object]]]:
    """Return key of the name -> label of the row, options."""
    return {
        "gan": ("gan", {}),
        "packing": ("gan, packing 2", {"packing": 2}),
        "feature-matching": ("gan, feature matching", {"feature_matching": True}),
        "minibatch": ("gan, minibatch discrimination", {"minibatch_discrimination": True}),
        "historical": ("gan, historical averaging", {"historical_averaging": 0.01}),
        "2-steps": ("gan, 2 discriminator steps", {"discriminator_steps": 2}),
        "r1": ("gan, R1", {"r1_penalty": R1[dataset]}),
        "best": ("gan, R1 and averaged weights", {"r1_penalty": R1[dataset], "average": 0.999}),
    }


def _experiment(dataset: str, key: str, label: str, options: dict[str, object]) -> Experiment:
    steps, packing = LONG[dataset] if key == "best" else 4000, int(str(options.get("packing", 1)))
    schedule = {"learning_rate": 0.002, "beta_1": 0.5, "decay_steps": steps}
    names = (("modes", 2), ("high quality, %", 1), ("reverse KL, nats", 3))
    setup = "Adam 2e-3 that falls to 0, beta_1 0.5 (paper: 1e-4, 0.8), He initialization (paper: N(0, 0.02²))"
    if "r1_penalty" in options:
        setup += f", R1 weight {options['r1_penalty']} chosen for this mixture"
    return Experiment(
        name=f"{dataset}-{key}",
        summary=f"modes of {dataset}: {label}",
        table="mode coverage",
        recipe="gan",
        measure=measures.mode_coverage,
        metrics=tuple(
            Metric(name, digits, value)
            for (name, digits), value in zip(names, PUBLISHED[dataset][packing], strict=True)
        ),
        options=NETWORKS | schedule | options,
        dataset=dataset,
        batch_size=100 * packing,
        steps=steps,
        samples=2500,
        source=f"{'PacGAN2' if packing == 2 else 'GAN'}, Lin et al. 2018 (arXiv:1712.04086), table 1: "
        "400,000 steps, 10 seeds",
        label=label,
        setup=setup,
        minutes=3 * MINUTES_PER_1000_STEPS * steps / 1000,
        quick={"steps": 100},
    )


EXPERIMENTS = tuple(
    _experiment(dataset, key, *variant) for dataset in PUBLISHED for key, variant in _variants(dataset).items()
)
