"""Fraction of samples that are classified with confidence, for each recipe of images with its default settings.

A recipe appears here if `generate` is the first command to try after its training. An autoencoder and the codes of a
VQ-VAE have no prior of their own: a sampler, or a PixelCNN with default settings, gives them one.
"""

from dataclasses import replace

from kerasgen import zoo
from kerasgen.experiments import Experiment, Metric, measures
from kerasgen.recipe import Recipe

TABLE = "confident samples"


def of_recipe(recipe: Recipe) -> Experiment:
    """Return the experiment of one recipe."""
    return Experiment(
        name=f"confident-{recipe.name}",
        summary=f"share of confident samples: {recipe.name}",
        table=TABLE,
        recipe=recipe.name,
        measure=measures.confident_samples,
        metrics=(Metric(measures.CONFIDENT, 1), Metric(measures.BALANCE, 3)),
        label=recipe.name,
        dataset=recipe.dataset,
        image_size=recipe.image_size,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        samples=2000,
        test_images=2000,
        show_seeds=True,
        baseline=measures.confident_test_images,
        source="the same share of the 2,000 test images",
        setup="default settings, 2,000 samples",
        minutes=3 * recipe.minutes + 1,
        quick={"epochs": 0, "steps": 10, "samples": 200, "test_images": 200},
    )


def _all() -> list[Experiment]:
    recipes = zoo.own()
    generating = [each for each in recipes.values() if each.kind == "images" and "generate" in each.try_next]
    autoencoder, codes = of_recipe(recipes["autoencoder-conv"]), of_recipe(recipes["vq-vae"])
    return [
        *map(of_recipe, generating),
        replace(autoencoder, samplers=("gmm-100",), minutes=autoencoder.minutes + 1),
        replace(
            codes,
            summary="share of confident samples: vq-vae with a PixelCNN of its codes",
            label="vq-vae and pixelcnn of its codes",
            measure=measures.confident_samples_of_codes,
            minutes=codes.minutes + 3 * recipes["pixelcnn"].minutes,
        ),
    ]


# These experiments follow the current defaults of a recipe. Other results keep the defaults they were recorded with.
DEFAULT_SETTINGS = tuple(_all())
