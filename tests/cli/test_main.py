"""The command line as a whole: help, wrong calls, start-up, streams and exit codes."""

import fcntl
import json
import os
import pty
import resource
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

import click
import pytest

import kerasgen as library
from kerasgen.cli import COMMANDS, main
from kerasgen.cli.options import Number
from tests.cli.conftest import TINY_GAN, TINY_VAE, assert_refused, kerasgen

HEAVY = {"keras", "numpy", "tensorflow", "jax", "torch", "matplotlib", "PIL", "sklearn"}
LOOK_UPS = [[], ["--help"], ["list"], ["show", "vae"], *([name, "--help"] for name in COMMANDS if name != "evaluate")]
ESCAPE = "\x1b]0;title\x07"  # sets the title of a terminal


@pytest.mark.once
def test_the_help_names_every_command():
    result = kerasgen("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.stdout
        assert kerasgen(command, "--help").exit_code == 0
    assert library.__version__ in kerasgen("--version").stdout


@pytest.mark.once
def test_looking_up_imports_nothing_heavy(run_script):
    code = f"""
import sys
from kerasgen.cli import main
for arguments in {[*LOOK_UPS, ["evaluate", "--help"]]}:
    try:
        main(arguments)
    except SystemExit as end:
        assert end.code == 0, arguments
    allowed = {{"numpy", "sklearn"}} if arguments == ["evaluate", "--help"] else set()
    heavy = {HEAVY} & set(sys.modules) - allowed
    assert not heavy, (arguments, heavy)
"""
    assert run_script(code).count("Usage:") == 1 + len(COMMANDS)


@pytest.mark.once
@pytest.mark.parametrize("arguments", [[], ["--help"], ["list"]], ids=" ".join)
def test_looking_up_takes_a_moment(arguments):
    def seconds():  # of the processor, which the machine's other work does not change much
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "kerasgen", *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.3


USAGE = {
    "unknown command": (["trian", "vae"], "unknown command 'trian'; did you mean train?"),
    "a recipe as a command": (["vae"], "vae is a recipe; did you mean kerasgen train vae?"),
    "another program's command": (["help"], "did you mean kerasgen --help?"),
    "unknown option": (["train", "vae", "--epoch", "3"], "no such option --epoch, did you mean --epochs?"),
    "unlike all options": (["train", "vae", "--foo"], "no such option --foo; see"),
    "no recipe": (["train"], "RECIPE"),
    "unknown recipe": (["train", "vea"], "did you mean vae"),
    "unknown recipe to show": (["show", "dcgna"], "did you mean dcgan"),
    "unknown setting": (["train", "vae", "--set", "latent_dims=3"], "did you mean latent_dim"),
    "setting without a value": (["train", "vae", "--set", "beta"], "give name=value"),
    "setting of a wrong type": (["train", "vae", "--set", "latent_dim=many"], "latent_dim of vae is a whole number"),
    "zero epochs": (["train", "vae", "--epochs", "0"], "--epochs"),
    "negative epochs": (["train", "vae", "--epochs", "-1"], "--epochs"),
    "zero batch size": (["train", "vae", "--batch-size", "0"], "--batch-size"),
    "zero image size": (["train", "vae", "--image-size", "0"], "--image-size"),
    "empty out": (["train", "vae", "--out", ""], "--out is empty"),
    "negative seed": (["train", "vae", "--seed", "-1"], "--seed"),
    "a setting given twice": (["train", "vae", "--set", "beta=1", "--set", "beta=2"], "beta is given twice"),
    "two directions": (
        ["train", "pix2pix", "--direction", "AtoB", "--set", "direction=BtoA"],
        "direction is given twice",
    ),
    "more epochs than can be": (["train", "vae", "--epochs", "1000001"], "from 1 to 1,000,000"),
    "dry run with a set of another kind": (["train", "pix2pix", "--dry-run", "--dataset", "digits"], "give outlines"),
    "unknown backend": (["train", "vae", "--backend", "theano"], "'tensorflow', 'jax', 'torch'"),
    "missing model": (["generate", "runs/vae-1/model.keras"], "does not exist"),
    "unknown data set": ([*TINY_VAE, "--dataset", "digts"], "did you mean digits"),
    "batch larger than the set": ([*TINY_VAE, "--batch-size", "5000"], "5000"),
    "image size that the network cannot make": ([*TINY_GAN, "--image-size", "15"], "15"),
}


@pytest.mark.once
@pytest.mark.parametrize("case", USAGE)
def test_a_wrong_call_ends_with_2(case, here):
    arguments, words = USAGE[case]
    assert_refused(kerasgen(*arguments), 2, words)
    assert not any(here.iterdir())


NUMBERS = [
    (name, option)
    for name in COMMANDS
    for option in main.get_command(None, name).params
    if option.type.name in ("number", "integer", "integer range", "float", "float range")
]


@pytest.mark.once
@pytest.mark.parametrize(("name", "option"), NUMBERS, ids=[f"{name} {option.opts[0]}" for name, option in NUMBERS])
def test_every_number_has_a_maximum(name, option):
    assert isinstance(option.type, Number)
    for value in ("9" * 20, "9" * 5000, "nan", "inf", "-1", ""):
        with pytest.raises(click.BadParameter, match=r" from .* to "):
            option.type.convert(value, option, None)


# -- the terminal


def on_terminal(*arguments, columns=80):
    """Run the command line in a terminal and return its output."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "kerasgen", *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    output = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # the process has closed the terminal
            break
        if not data:
            break
        output += data
    process.wait(60)
    os.close(master)
    return output.decode()


@pytest.mark.slow
@pytest.mark.once
def test_escape_sequences_of_others_do_not_reach_the_terminal(vae_run, here):
    for name in ("a", "b"):
        shutil.copytree(vae_run, here / name)
    record = json.loads((here / "b" / "recipe.json").read_text())
    record["options"]["beta"] = record["dataset"] = ESCAPE
    (here / "b" / "recipe.json").write_text(json.dumps(record))
    (here / f"photos{ESCAPE}").mkdir()
    (here / f"photos{ESCAPE}" / f"a{ESCAPE}.png").write_bytes(b"x")
    for arguments in (["compare", "a", "b"], ["train", "vae", "--dry-run", "--dataset", f"./photos{ESCAPE}"]):
        output = on_terminal(*arguments)
        assert ESCAPE not in output
        assert "\\x1b]0;title\\x07" in output.replace("\r\n", "")


@pytest.mark.once
@pytest.mark.parametrize("columns", [48, 60, 100])
@pytest.mark.parametrize("arguments", [["list"], ["show", "dcgan"], ["reproduce"]], ids=" ".join)
def test_tables_fit_the_terminal(arguments, columns):
    lines = click.unstyle(on_terminal(*arguments, columns=columns)).splitlines()
    assert len(lines) > 5
    assert max(len(line) for line in lines if not line.startswith(("  kerasgen", "Options of", "kerasgen"))) <= columns


# -- closed streams and exit codes


@pytest.mark.once
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-", "| head -1"])
def test_closed_streams_are_no_error(closed):
    script = f"set -o pipefail; {sys.executable} -m kerasgen list {closed}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    warning = "stdout is closed, so the output is lost\n" if closed == ">&-" else ""
    assert (done.returncode, done.stderr) == (0, warning)


@pytest.mark.once
def test_a_full_disk_is_an_error():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "kerasgen", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "Error: the disk is full\n")


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_exit_code_of_a_signal_does_not_depend_on_the_pipe(number, code, here):
    command = [sys.executable, "-m", "kerasgen", *TINY_VAE, "--epochs", "100000", "--out", "run"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    process.stdout.readline()
    process.stdout.close()
    deadline = time.monotonic() + 60
    while not (here / "run" / "history.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    assert process.wait(60) == code
    assert (here / "run" / "model.keras").is_file()


@pytest.mark.once
def test_the_home_directory_of_an_unknown_user_is_an_error(here):
    result = kerasgen("train", "vae", "--dry-run", "--dataset", "~nosuchuser_x/photos")
    assert result.exit_code in (1, 2)
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.once
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can take another user's id")
def test_a_user_without_a_home_directory_can_train(tmp_path):
    user = "setpriv --reuid=12345 --clear-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search"
    command = [*user.split(), *["env", "-u", "HOME", "-u", "KERAS_BACKEND"], sys.executable, "-m", "kerasgen"]
    done = subprocess.run([*command, "train", "vae", "--dry-run"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    words = "the home directory is unknown: the settings of Keras are read from /tmp/.keras/keras.json\n"
    assert done.stderr == words


@pytest.mark.once
def test_a_bug_has_a_traceback_without_escape_sequences(here):
    code = f"""
import sys
from kerasgen.cli import list, main
def fail():
    raise TypeError({ESCAPE!r})
list.command.callback = fail
main(["list"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "TypeError: \\x1b]0;title\\x07" in done.stderr
