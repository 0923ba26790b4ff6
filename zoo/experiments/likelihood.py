"""Likelihoods of MNIST: bounds of variational autoencoders, and exact values of autoregressive models."""

from dataclasses import replace

from kerasgen.experiments import Experiment, Metric, measures
from kerasgen.experiments.burda import Training
from kerasgen.experiments.cosine import CosineAdam

VAE_MNIST = Experiment(
    name="vae-mnist",
    summary="test loss of the VAE",
    table="test loss",
    recipe="vae",
    measure=measures.test_loss,
    metrics=(Metric("BCE + KL, nats, 1 sample", 2),),
    options={"hidden_dim": 400, "latent_dim": 200},
    label="vae",
    epochs=30,
    seeds=1,
    setup="latent_dim 200, batch 100, Adam 1e-3; grey pixels are probabilities",
    minutes=2,
    quick={"epochs": 1},
)

_METRIC = "log p(x), nats, k = 5000"
_SETUP = "batch 100 (paper: 20), Muon instead of Adam, the rate falls from {rate} to {last} along half a cosine"
_BURDA = {"latent_dim": 50, "hidden_dim": 200, "activation": "tanh", "binarize": True}

LOG_LIKELIHOOD_VAE = Experiment(
    name="log-likelihood-vae",
    summary="log p(x) of MNIST: VAE",
    table="MNIST log-likelihood",
    recipe="vae",
    measure=measures.log_likelihood,
    metrics=(Metric(_METRIC, 2, "-86.76", error_digits=3),),
    options=_BURDA,
    label="vae samples=1",
    epochs=200,
    samples=5000,
    fit=Training(),
    source="Burda et al. 2015, arXiv:1509.00519, table 1, 3,280 epochs",
    setup=_SETUP.format(rate="3e-3", last="3e-5"),
    minutes=60,
    quick={"epochs": 1, "test_images": 20},
)

LOG_LIKELIHOOD_IWAE = replace(
    LOG_LIKELIHOOD_VAE,
    name="log-likelihood-iwae",
    summary="log p(x) of MNIST: importance-weighted autoencoder",
    metrics=(Metric(_METRIC, 2, "-84.78", error_digits=3),),
    label="vae samples=50 gradient_samples=5 after 40 epochs of samples=5",
    epochs=235,
    fit=Training(learning_rate=1.5e-3, first_epochs=40, first_samples=5, samples=50, gradient_samples=5),
    setup=_SETUP.format(rate="1.5e-3", last="1.5e-5") + " after epoch 40",
    minutes=250,
)

LOG_LIKELIHOOD_CVAE = replace(
    LOG_LIKELIHOOD_VAE,
    name="log-likelihood-cvae",
    summary="log p(x | y) of MNIST: conditional VAE",
    metrics=(Metric(_METRIC, 2, "-82.32", error_digits=3),),
    recipe="cvae",
    label="cvae samples=1",
    source="github.com/nbip/IWAE, with a prior that depends on the label too, 3,280 epochs",
    setup=_SETUP.format(rate="3e-3", last="3e-5").replace("paper", "source"),
)

# Pixels are drawn in each step, as in the source, so that the values are comparable with those of the VAEs above.
LOG_LIKELIHOOD_MADE = Experiment(
    name="log-likelihood-made",
    summary="exact log p(x) of MNIST: MADE",
    table="MNIST log-likelihood",
    recipe="made",
    measure=measures.exact_log_likelihood,
    metrics=(Metric("log p(x), nats, exact", 2, "-84.87", error_digits=3),),
    options={"hidden_dim": 2000},
    epochs=20,
    seeds=1,
    fit=CosineAdam(2e-3),
    source="github.com/EugenHotaj/pytorch-generative, one hidden layer of 8,000, 85 epochs",
    setup="one hidden layer of 2,000 (source: 8,000), one mask, batch 100 (source: 64), Adam, the rate falls from 2e-3 "
    "to 2e-5 along half a cosine",
    minutes=15,
    quick={"epochs": 1, "test_images": 100},
)

EXPERIMENTS = (VAE_MNIST, LOG_LIKELIHOOD_VAE, LOG_LIKELIHOOD_IWAE, LOG_LIKELIHOOD_CVAE, LOG_LIKELIHOOD_MADE)
