"""Divergence of normalizing flows from mixtures of Gaussians whose density is known."""

from kerasgen.experiments import Experiment, Metric, measures

STEPS = 4000


def _experiment(dataset: str) -> Experiment:
    return Experiment(
        name=f"{dataset}-flow",
        summary=f"density of {dataset}: spline flow",
        table="density of mixtures",
        recipe="realnvp",
        measure=measures.mixture_divergence,
        metrics=(Metric("KL(mixture, model), nats, 10,000 points", 3),),
        options={"coupling": "spline", "learning_rate": 0.002, "decay_steps": STEPS},
        dataset=dataset,
        batch_size=256,
        steps=STEPS,
        label="realnvp coupling=spline",
        setup="6 couplings, 2 layers of 128, 16 bins, batch 256, the rate falls from 2e-3 to 0 along half a cosine",
        minutes=3,
        quick={"steps": 20},
    )


EXPERIMENTS = tuple(_experiment(dataset) for dataset in ("ring-8", "grid-25"))
