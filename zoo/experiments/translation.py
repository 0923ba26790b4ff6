"""Image-to-image translation: bundled tasks with known answers, and two sets of photographs in `--data-dir`."""

from dataclasses import replace

from kerasgen.experiments import Experiment, Metric, measures

_CYCLES = (
    Metric("mean absolute error of the cycle A-B-A", 4),
    Metric("mean absolute error of the cycle B-A-B", 4),
)

OUTLINES = Experiment(
    name="outlines",
    summary="pix2pix and L1 alone",
    table="translation at 32x32",
    recipe="pix2pix",
    measure=measures.outlines,
    metrics=(
        Metric("mean absolute error to the nearest correct translation", 4),
        Metric("the same, trained with L1 alone", 4),
        Metric("ratio to L1 alone", 4),
    ),
    dataset="outlines-8x8",
    image_size=32,
    batch_size=4,
    epochs=6,
    backend="tensorflow",
    setup="width 32, batch 4",
    minutes=14,
    quick={"epochs": 1},
)

INK_CHALK = replace(
    OUTLINES,
    name="ink-chalk",
    summary="CycleGAN and the correct translations",
    recipe="cyclegan",
    measure=measures.ink_and_chalk,
    metrics=(
        Metric("error AtoB, share of the distance between the domains", 4),
        Metric("error BtoA, share of the distance between the domains", 4),
        *_CYCLES,
    ),
    dataset="ink-chalk-8x8",
    batch_size=1,
    epochs=4,
    setup="width 16, batch 1",
    minutes=25,
)

FACADES = replace(
    OUTLINES,
    name="facades",
    summary="pix2pix, label maps to photographs of facades",
    table="translation at 64x64",
    measure=measures.translated_pairs,
    metrics=(Metric("L1", 4), Metric("PSNR, dB", 2), Metric("SSIM", 4)),
    options={"direction": "BtoA", "width": 64},
    label="pix2pix",
    dataset="facades",
    in_data_dir=True,
    image_size=64,
    epochs=180,
    seeds=1,
    backend="torch",
    setup="width 64, batch 4, direction BtoA",
    minutes=80,
)

DAISY2SUNFLOWER = replace(
    FACADES,
    name="daisy2sunflower",
    summary="CycleGAN, daisies to sunflowers and back",
    recipe="cyclegan",
    measure=measures.translated_domains,
    metrics=_CYCLES,
    options={"width": 32},
    label="cyclegan",
    dataset="daisy2sunflower",
    batch_size=1,
    epochs=20,
    setup="width 32, batch 1",
    minutes=55,
)

EXPERIMENTS = (OUTLINES, INK_CHALK, FACADES, DAISY2SUNFLOWER)
