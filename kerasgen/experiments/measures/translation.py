"""Errors of translated images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasgen.experiments.measures.common import SHOWN

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.experiments.trial import Trial


def outlines(trial: Trial) -> dict[str, float]:
    """Return the errors to the nearest correct translation, of the model and of L1 alone, and their ratio."""
    import numpy as np

    from kerasgen.data.sources import drawn_digits

    source, target = _sides(trial)
    models = (trial.model, trial.train("L1 alone", adversarial_weight=0.0))
    images = [model.translate(source, seed=0) for model in models]
    answers = drawn_digits.right_answers(trial.dataset.name, trial.experiment.image_size, trial.model.directions[0])
    error, of_l1 = (float(drawn_digits.nearest_errors(each, answers).mean()) for each in images)
    trial.draw(lambda: np.stack([each[:SHOWN] for each in (source, images[1], images[0], target)]))
    return {
        "mean absolute error to the nearest correct translation": error,
        "the same, trained with L1 alone": of_l1,
        "ratio to L1 alone": error / of_l1,
    }


def ink_and_chalk(trial: Trial) -> dict[str, float]:
    """Return the errors to the correct translations relative to the domains' distance, and the cycle errors."""
    import numpy as np

    from kerasgen.data.pixels import as_floats
    from kerasgen.data.sources import drawn_digits

    values, rows, test = {}, [], trial.dataset.test
    for direction, images in (("AtoB", test.a[:]), ("BtoA", test.b[:])):
        answers = drawn_digits.right_answers(trial.dataset.name, trial.experiment.image_size, direction)
        translated = trial.model.translate(images, direction)
        error, distance = (float(drawn_digits.nearest_errors(x, answers).mean()) for x in (translated, images))
        values[f"error {direction}, share of the distance between the domains"] = error / distance
        rows += [as_floats(images)[:SHOWN], translated[:SHOWN], as_floats(answers[:SHOWN, 0])]
    trial.draw(lambda: np.stack(rows))
    return values | _cycle_errors(trial)


def translated_pairs(trial: Trial) -> dict[str, float]:
    """Return L1, PSNR and SSIM of translated test images, means over the pairs."""
    import numpy as np

    from kerasgen.metrics import similarity

    source, target = _sides(trial)
    translated = trial.model.translate(source, seed=0)
    values = similarity(target, translated)
    trial.draw(lambda: np.stack([images[:SHOWN] for images in (source, translated, target)]))
    return {"L1": float(np.abs(target - translated).mean()), "PSNR, dB": values["PSNR"], "SSIM": values["SSIM"]}


def translated_domains(trial: Trial) -> dict[str, float]:
    """Return the errors of test images that were translated into the other domain and back."""
    trial.draw(lambda: trial.model.preview(trial.dataset.test.first(8)))
    return _cycle_errors(trial)


def _cycle_errors(trial: Trial) -> dict[str, float]:
    import numpy as np

    from kerasgen.data.pixels import as_floats

    values, test = {}, trial.dataset.test
    for name, images, there, back in (("A-B-A", test.a, "AtoB", "BtoA"), ("B-A-B", test.b, "BtoA", "AtoB")):
        start = as_floats(images[:])
        end = trial.model.translate(trial.model.translate(start, there), back)
        values[f"mean absolute error of the cycle {name}"] = float(np.abs(end - start).mean())
    return values


def _sides(trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images to translate and their partners, in the direction of a model of pairs."""
    from kerasgen.data.pixels import as_floats

    a, b = map(as_floats, trial.dataset.test[:])
    return (a, b) if trial.model.directions[0] == "AtoB" else (b, a)
