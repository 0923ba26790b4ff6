"""Training on a GPU with JAX and PyTorch: `fit` against hand-written loops, the share of the peak, memory, losses.

    python -m benchmarks.gpu --quick               # small, also on a CPU
    python -m benchmarks.gpu --write               # about 10 minutes on a GPU; TensorFlow is not needed

The tasks are a dense VAE, a DCGAN of 64x64, pix2pix of 256x256 and a diffusion U-Net of 32x32, in float32 (with TF32,
unless `--no-tf32` is given) and in mixed bfloat16. Each runs in a process of its own. The loops are jitted JAX, in
float32, and PyTorch with `torch.compile`; there is none for the U-Net. The share of the peak is that of the largest
measured product of matrices. Its work counts six operations for each multiplication of a layer, once for each image; a
GAN does more, so its share is a lower bound. The losses of ten steps from the same weights and with the same noise are
compared with those of the same backend on the CPU.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import loops, ratio_of, start, time_in_turns
from benchmarks.growth import memory, multiplications
from kerasgen.experiments import results

BACKENDS = ("jax", "torch")
PRECISIONS = ("float32", "mixed_bfloat16")
_DCGAN = loops.SETTINGS["dcgan"] | {"image_size": 64, "channels": 3}
# Task -> recipe's settings, batch size, number of images; and those of --quick
TASKS = {
    "vae": (loops.SETTINGS["vae"], 100, 20_000),
    "dcgan": (_DCGAN, 128, 2_560),
    "pix2pix": ({"image_size": 256, "channels": 3, "width": 64}, 1, 100),
    "diffusion": ({"image_size": 32, "channels": 3, "width": 128, "patch": "1"}, 128, 2_560),
}
QUICK = {
    "vae": (loops.SETTINGS["vae"], 10, 20),
    "dcgan": (_DCGAN, 2, 2),
    "pix2pix": ({"image_size": 32, "channels": 3, "width": 64}, 1, 2),
    "diffusion": ({"image_size": 8, "channels": 3, "width": 8, "patch": "1"}, 4, 4),
}
STEPS = 10  # whose losses are compared


def main():
    """Measure, print, and with `--write` keep the figures."""
    options = parse()
    if options.only:
        print(json.dumps(measure_here(options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for task in options.task or TASKS:
            for backend in options.backend or BACKENDS:
                for precision in options.precision or PRECISIONS:
                    report(task, backend, precision, options, run(task, backend, precision, folder))


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="repeatable; both by default")
    parser.add_argument("--task", choices=list(TASKS), action="append", help="repeatable; all by default")
    parser.add_argument("--precision", choices=PRECISIONS, action="append", help="repeatable; both by default")
    parser.add_argument("--epochs", type=int, default=3, help="number of timed epochs")
    parser.add_argument("--no-tf32", action="store_true", help="products of float32 with all bits")
    parser.add_argument("--quick", action="store_true", help="small models, and loops without torch.compile")
    parser.add_argument("--write", action="store_true", help="put the figures into zoo/results.csv")
    parser.add_argument("--only", metavar="FOLDER", help=argparse.SUPPRESS)  # in a process of its own
    return parser.parse_args(arguments)


def run(task, backend, precision, folder):
    """Return the measurements of a process, with the losses of another one on the CPU."""
    flags = [word for word in sys.argv[1:] if word in ("--quick", "--no-tf32")]
    command = [sys.executable, "-m", "benchmarks.gpu", "--task", task, "--backend", backend, "--precision", precision]
    measured = {}
    for device, variables in {"own": {}, "cpu": {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}}.items():
        out = subprocess.run(
            [*command, *flags, "--only", folder, *(["--epochs", "0"] if device == "cpu" else [])],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | variables,
        ).stdout
        measured[device] = json.loads(out.splitlines()[-1])
    return measured["own"] | {"cpu_losses": measured["cpu"]["losses"]}


def measure_here(options):
    """Return the measurements of this process, name -> value; without epochs, the losses alone."""
    (task,), (backend,), (precision,) = options.task, options.backend, options.precision
    start(backend)
    import keras
    import numpy as np

    import kerasgen

    set_precision(backend, not options.no_tf32)
    settings, batch_size, count = (QUICK if options.quick else TASKS)[task]
    path = Path(options.only, f"{task}-{backend}-{precision}.npz")
    measured = {"losses": losses_of_steps(task, settings, path)} if precision == "float32" else {"losses": []}
    if not options.epochs:
        return measured
    keras.mixed_precision.set_global_policy(precision)
    model = kerasgen.create(task, **settings)
    rng = np.random.default_rng(0)
    data = [rng.random((count, *model.sample_shape), dtype="float32") for _ in range(1 + (task == "pix2pix"))]
    functions = {"kerasgen": lambda: model.fit(*data, batch_size=batch_size, verbose=0).history}
    epoch = loop_of(task, backend, precision, data, batch_size, not options.quick)
    functions |= {"loop": epoch} if epoch else {}
    seconds = time_in_turns({"kerasgen": functions["kerasgen"]}, options.epochs)
    measured["memory"] = peak_memory(backend)
    seconds |= time_in_turns({"loop": functions["loop"]}, options.epochs) if epoch else {}
    return measured | {
        "speeds": {name: [count / each for each in values] for name, values in seconds.items()},
        "work": 6 * multiplications(model),  # of an image: forward, and two products backward, of two operations each
        "peak": peak_flops(backend, precision, 8192 if not options.quick else 256),
        "device": device_name(backend),
    }


def set_precision(backend, uses_tf32):
    """Set whether products of float32 may use TF32."""
    if backend == "jax":
        import jax

        jax.config.update("jax_default_matmul_precision", "tensorfloat32" if uses_tf32 else "highest")
    else:
        import torch

        torch.set_float32_matmul_precision("high" if uses_tf32 else "highest")
        torch.backends.cudnn.allow_tf32 = uses_tf32


def losses_of_steps(task, settings, path):
    """Return the losses of ten steps. The first process writes its initial weights, and the second one reads them."""
    import numpy as np

    import kerasgen

    plain = {"dropout": 0.0, "jitter": False} if task == "pix2pix" else {}  # no noise but that of the batch
    model = kerasgen.create(task, **settings, **plain)
    if path.exists():
        with np.load(path) as file:
            for number, variable in enumerate(model.variables):
                variable.assign(file[str(number)])
    else:
        np.savez(path, **{str(number): np.asarray(v.numpy()) for number, v in enumerate(model.variables)})
    rng = np.random.default_rng(0)
    images = [rng.random((2, *model.sample_shape), dtype="float32") for _ in range(1 + (task == "pix2pix"))]
    noise = {name: each.sample(rng, 2) for name, each in model.noise.items()}
    data = images if task == "pix2pix" else [{"images": images[0], "noise": noise}]
    history = model.fit(*data, batch_size=2, epochs=STEPS, shuffle=False, verbose=0).history
    return {name: values for name, values in history.items() if "loss" in name}


def loop_of(task, backend, precision, data, batch_size, compiles):
    """Return the function that trains an epoch with the loop, or None if there is none."""
    if task == "diffusion" or (backend == "jax" and precision != "float32"):
        return None
    if backend == "jax":
        return loops.framework("jax").epochs(task, data, batch_size, seed=0)
    import torch

    if task == "dcgan":
        from benchmarks.loops import tutorial_torch

        epoch, _ = tutorial_torch.epochs(*data, batch_size, compiled=compiles)
    else:
        epoch = loops.framework("torch").epochs(task, data, batch_size, seed=0, compiled=compiles)
    kind = "cuda" if torch.cuda.is_available() else "cpu"

    def with_precision():
        half = torch.autocast(kind, torch.bfloat16) if precision != "float32" else contextlib.nullcontext()
        with half:
            epoch()

    return with_precision


def peak_memory(backend):
    """Return the largest number of MB (10^6 bytes) allocated on the device; on a CPU, those of the process."""
    if backend == "torch":
        import torch

        return torch.cuda.max_memory_allocated() / 1e6 if torch.cuda.is_available() else memory()
    import jax

    return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use", 1e6 * memory()) / 1e6


def peak_flops(backend, precision, size):
    """Return the operations in a second of a product of square matrices, the fastest of some rounds."""
    dtype, fastest = precision.removeprefix("mixed_"), float("inf")
    if backend == "jax":
        import jax
        import jax.numpy as jnp

        a, product = jnp.ones((size, size), dtype), jax.jit(lambda a: a @ a)
        product(a).block_until_ready()

        def multiply():
            product(a).block_until_ready()

    else:
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        a = torch.ones((size, size), dtype=getattr(torch, dtype), device=device)

        def multiply():
            (a @ a)[0, 0].item()

        multiply()
    for _ in range(10):
        begin = time.perf_counter()
        multiply()
        fastest = min(fastest, time.perf_counter() - begin)
    return 2 * size**3 / fastest


def device_name(backend):
    """Return the name of the device."""
    if backend == "jax":
        import jax

        return jax.devices()[0].device_kind
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def report(task, backend, precision, options, measured):
    """Print the measurements, and with `--write` keep them."""
    speeds = measured["speeds"]
    speed = statistics.median(speeds["kerasgen"])
    label = precision if precision != "float32" or options.no_tf32 else "float32 with TF32"
    values = {
        "images/s": f"{speed:,.0f}",
        "share of the peak of a product": f"{speed * measured['work'] / measured['peak']:.3f}",
        "MB on the device": f"{measured['memory']:,.0f}",
    }
    if "loop" in speeds:
        values["images/s, ratio to a loop"], _ = ratio_of(speeds["kerasgen"], speeds["loop"])
    if measured["losses"]:
        values["largest relative difference of ten losses to those of the CPU"] = f"{largest_difference(measured):.1e}"
    print(f"{task:10} {backend:6} {label:18} on {measured['device']}: ", *(f"{k} {v};" for k, v in values.items()))
    for metric, value in values.items() if options.write else ():
        reference = {"reference": f"{statistics.median(speeds['loop']):,.0f} images/s"} if "ratio" in metric else {}
        results.write(
            figure="training on a GPU",
            recipe=task,
            dataset="noise",
            backend=backend,
            metric=f"{label}, {metric}",
            value=value,
            setup=f"batch {TASKS[task][1]}, {measured['device']}",
            **reference,
        )


def largest_difference(measured):
    """Return the largest relative difference of the losses to those on the CPU."""
    pairs = (
        (one, other)
        for name, cpu in measured["cpu_losses"].items()
        for one, other in zip(measured["losses"][name], cpu)
    )
    return max(abs(one - other) / max(abs(other), 1e-6) for one, other in pairs)


if __name__ == "__main__":
    main()
