"""Where the scripts in this folder draw a model's latents from, by name: its prior, or what is fitted to latents."""

TO_FIT = 20_000  # training images, for Gaussians of their latents
COMPONENTS = {"gaussian": 1, "gmm": 20, "gmm-100": 100}  # but the first as `kerasgen generate --sampler` has them
NAMES = ("prior", *COMPONENTS)


def sampling(model, sampler, dataset, seed):
    """Return what has `generate`, and draws the model's latents by the sampler of this name."""
    from kerasgen.samplers.latent_mixture import LatentMixture

    if sampler in COMPONENTS:
        return LatentMixture(model, dataset.train.first(TO_FIT), COMPONENTS[sampler], seed=seed)
    return model if hasattr(model, "generate") else FromNormal(model)


def name_of(recipe, settings, sampler):
    """Return what a row of figures calls the model."""
    return " ".join([recipe, *settings, *([] if sampler == "prior" else [f"sampler={sampler}"])])


class FromNormal:
    """Generates with a decoder alone, from latents of N(0, I)."""

    def __init__(self, model):
        self.model = model

    def generate(self, n, seed=None):
        """Return `n` images (n, H, W, C)."""
        return self.model.decode(self.model.draw_latents(n, (self.model.latent_dim,), seed))
