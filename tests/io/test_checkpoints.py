"""Checkpoints on the disk, without Keras: damaged ones are skipped, and no link is followed."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from kerasgen.errors import RunError, UsageError
from kerasgen.io.checkpoints import Checkpoints, parse_interval

pytestmark = pytest.mark.once


def write(directory, epochs=2, size=20_000, keep=3):
    checkpoints = Checkpoints(directory, keep)
    for epoch in range(epochs):
        callbacks = [{"best": [np.arange(5.0), None], "loss": float("inf")}]
        state = {"epoch": epoch, "step": 0, "stopped": False, "callbacks": callbacks, "identity": {}}
        checkpoints.write(state, lambda path: path.write_bytes(os.urandom(size)))
    return checkpoints


def sign(path):
    """Write correct checksums of all files of a checkpoint."""
    files = sorted(file for file in path.iterdir() if file.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (path / "SHA256SUMS").write_text("".join(sums))


def replace(name, make):
    def damage(path):
        (path / name).unlink()
        make(path / name)

    return damage


def sparse(name):
    return lambda path: os.truncate(path / name, 2**41)


def state_of(**changes):
    def damage(path):
        state = json.loads((path / "state.json").read_text())
        (path / "state.json").write_text(json.dumps(state | changes))
        sign(path)

    return damage


def signed(name, contents):
    return lambda path: ((path / name).write_bytes(contents), sign(path))


DAMAGE = {
    "cut": lambda path: os.truncate(path / "model.keras", 10_000),
    "empty": lambda path: os.truncate(path / "model.keras", 0),
    "zeroed": lambda path: (path / "model.keras").write_bytes(bytes(20_000)),
    "missing": lambda path: (path / "model.keras").unlink(),
    "state empty": lambda path: os.truncate(path / "state.json", 0),
    "state missing": lambda path: (path / "state.json").unlink(),
    "arrays missing": lambda path: (path / "arrays.npz").unlink(),
    "sums missing": lambda path: (path / "SHA256SUMS").unlink(),
    "sums empty": lambda path: os.truncate(path / "SHA256SUMS", 0),
    "sums not text": lambda path: (path / "SHA256SUMS").write_bytes(b"\xff\xff"),
    "a file of the same name": lambda path: (shutil.rmtree(path), path.touch()),
    "a link of the same name": lambda path: path.rename(path.with_name("other")) and path.symlink_to("other"),
    "the model a link": replace("model.keras", lambda path: path.symlink_to("/etc/hostname")),
    "the model an endless device": replace("model.keras", lambda path: path.symlink_to("/dev/zero")),
    "the model a pipe": replace("model.keras", os.mkfifo),
    "the state a pipe": replace("state.json", os.mkfifo),
    "the arrays a link": replace("arrays.npz", lambda path: path.symlink_to("/dev/zero")),
    "the sums a pipe": replace("SHA256SUMS", os.mkfifo),
    "the model of terabytes": sparse("model.keras"),
    "the state of terabytes": sparse("state.json"),
    "the arrays of terabytes": sparse("arrays.npz"),
    "the sums of terabytes": sparse("SHA256SUMS"),
    # With checksums that match
    "another file in the sums": lambda path: ((path / "notes.txt").touch(), sign(path)),
    "a path in the sums": lambda path: (path / "SHA256SUMS").write_text(
        (path / "SHA256SUMS").read_text() + f"{'0' * 64}  ../../secret\n"
    ),
    "state of nothing": signed("state.json", b"{}"),
    "state of a list": signed("state.json", b"[]"),
    "state nested deep": signed("state.json", b"[" * 100_000 + b"]" * 100_000),
    "state not text": signed("state.json", b"\xff"),
    "another epoch": state_of(epoch=-5),
    "a huge epoch": state_of(epoch=10**30),
    "another step": state_of(step=7),
    "callbacks of another kind": state_of(callbacks={}),
    "no identity": state_of(identity=None),
    "arrays of junk": signed("arrays.npz", b"PK\3\4junk"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_every_damage_is_found(kind, tmp_path):
    write(tmp_path)
    DAMAGE[kind](tmp_path / "epoch-0001")
    start = time.monotonic()
    saved, (line,) = Checkpoints(tmp_path).newest()
    assert time.monotonic() - start < 5
    assert saved.path == tmp_path / "epoch-0000"
    assert line.startswith(f"checkpoint {tmp_path / 'epoch-0001'} is damaged (")
    assert "it" in line.split("(")[1]
    assert len(line) < 300 + len(str(tmp_path))
    assert saved.state["epoch"] == 0
    assert saved.state["callbacks"][0]["loss"] == float("inf")
    np.testing.assert_array_equal(saved.state["callbacks"][0]["best"][0], np.arange(5.0))
    write(tmp_path)  # over the damaged one
    assert Checkpoints(tmp_path).newest()[0].path == tmp_path / "epoch-0001"


def test_files_that_the_sums_do_not_list_are_not_read(tmp_path):
    write(tmp_path)
    path = tmp_path / "epoch-0001"
    (path / "arrays.npz").write_bytes(b"junk")
    lines = (path / "SHA256SUMS").read_text().splitlines(keepends=True)
    (path / "SHA256SUMS").write_text("".join(line for line in lines if "arrays" not in line))
    (path / "state.json").write_text((path / "state.json").read_text().replace('{"array": "0"}', "null"))
    sums = [f"{hashlib.sha256((path / n).read_bytes()).hexdigest()}  {n}\n" for n in ("model.keras", "state.json")]
    (path / "SHA256SUMS").write_text("".join(sums))
    saved, skipped = Checkpoints(tmp_path).newest()
    assert (saved.path, skipped) == (path, [])
    assert saved.state["callbacks"][0]["best"] == [None, None]


def test_without_a_whole_checkpoint_there_is_an_error_and_without_any_there_is_none(tmp_path):
    assert Checkpoints(tmp_path / "new").newest() == (None, [])
    write(tmp_path)
    for path in Checkpoints(tmp_path).paths():
        (path / "state.json").write_text("{}")
    with pytest.raises(RunError, match="no checkpoint is left to resume from"):
        Checkpoints(tmp_path).newest()


def test_the_newest_few_are_kept(tmp_path):
    names = [path.name for path in write(tmp_path, epochs=5, keep=2).paths()]
    assert names == ["epoch-0004", "epoch-0003"]
    (tmp_path / "epoch-0004").rename(tmp_path / "epoch-0002-step-000007")
    (tmp_path / "epoch-999999999999").mkdir()  # not a name that kerasgen writes
    (tmp_path / "epoch-0009.bak").mkdir()
    assert [path.name for path in Checkpoints(tmp_path).paths()] == ["epoch-0003", "epoch-0002-step-000007"]
    for keep in (0, -1, 1.5, True, "3"):
        with pytest.raises(UsageError, match="keep is"):
            Checkpoints(tmp_path, keep)


def test_old_checkpoints_are_removed_without_following_links(tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "precious").touch()
    run = tmp_path / "run"
    write(run, epochs=1)
    shutil.rmtree(run / "epoch-0000")
    (run / "epoch-0000").symlink_to(victim)
    (run / ".epoch-0007-a1b2c3d4").symlink_to(victim)
    with Checkpoints(run).locked():
        write(run, epochs=5)
    assert [path.name for path in victim.iterdir()] == ["precious"]
    assert not (run / "epoch-0000").is_symlink()


# -- the lock


def test_one_process_at_a_time(tmp_path):
    first, second = Checkpoints(tmp_path), Checkpoints(tmp_path)
    in_use = pytest.raises(RunError, match=f"is in use: process {os.getpid()} trains there")
    with first.locked(), first.locked(), in_use, second.locked():  # the second: by the one that holds it
        pass
    with second.locked():
        pass


def victim_and(link):
    def make(lock):
        victim = lock.parent.parent / "victim"
        victim.write_text("precious")
        link(lock, victim)

    return make


LOCKS = {
    "link": (victim_and(lambda lock, victim: lock.symlink_to(victim)), "is a symbolic link"),
    "hard link": (victim_and(lambda lock, victim: lock.hardlink_to(victim)), "is a hard link"),
    "dangling link": (lambda lock: lock.symlink_to("../victim"), "is a symbolic link"),
    "pipe": (os.mkfifo, "is a pipe"),
    "device": (lambda lock: lock.symlink_to("/dev/null"), "is a symbolic link"),
    "directory": (os.mkdir, "is a directory"),
}


@pytest.mark.parametrize("kind", LOCKS)
def test_a_lock_that_is_no_file_is_refused_and_nothing_is_written_through_it(kind, tmp_path):
    make, says = LOCKS[kind]
    (tmp_path / "checkpoints").mkdir()
    make(tmp_path / "checkpoints" / "lock")
    with pytest.raises(RunError, match=says), Checkpoints(tmp_path / "checkpoints").locked():
        pass
    assert (tmp_path / "victim").exists() == (kind in ("link", "hard link"))
    if (tmp_path / "victim").exists():
        assert (tmp_path / "victim").read_text() == "precious"


def test_a_directory_that_is_a_link_or_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "victim").mkdir()
    (tmp_path / "checkpoints").symlink_to(tmp_path / "victim")
    with pytest.raises(RunError, match="it is a symbolic link"), Checkpoints(tmp_path / "checkpoints").locked():
        pass
    assert list((tmp_path / "victim").iterdir()) == []
    assert Checkpoints(tmp_path / "checkpoints").paths() == []
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot write to"), Checkpoints(tmp_path / "file" / "checkpoints").locked():
        pass


def test_foreign_words_in_the_lock_are_not_repeated(tmp_path):
    with Checkpoints(tmp_path).locked():
        (tmp_path / "lock").write_text("\x1b[31mred\n")
        with pytest.raises(RunError, match=r"process \? trains there"), Checkpoints(tmp_path).locked():
            pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP])
def test_a_network_disk_without_locks_is_used_all_the_same(code, tmp_path, monkeypatch):
    def fail(file, operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", fail)
    with Checkpoints(tmp_path).locked():
        write(tmp_path)
    assert Checkpoints(tmp_path).newest()[0].path == tmp_path / "epoch-0001"


def test_a_lock_that_its_holder_removed_is_no_lock(tmp_path):
    with contextlib.ExitStack() as stack:
        stack.enter_context(Checkpoints(tmp_path).locked())
        (tmp_path / "lock").unlink()
        stack.enter_context(Checkpoints(tmp_path).locked())
        with pytest.raises(RunError, match="is in use"):
            stack.enter_context(Checkpoints(tmp_path).locked())


SAVING = """
import itertools, os, sys
from kerasgen.io.checkpoints import Checkpoints
checkpoints = Checkpoints(sys.argv[1])
with checkpoints.locked():
    print("locked", flush=True)
    for number in itertools.count():
        state = {"epoch": number % 5, "step": 0, "stopped": False, "callbacks": [], "identity": {}}
        checkpoints.write(state, lambda path: path.write_bytes(os.urandom(2_000_000)))
"""


def test_kills_leave_whole_checkpoints_and_no_lock(tmp_path):
    rng = np.random.default_rng()
    for _ in range(5):
        saving = subprocess.Popen([sys.executable, "-c", SAVING, tmp_path], stdout=subprocess.PIPE, text=True)
        assert saving.stdout.readline() == "locked\n"
        while not Checkpoints(tmp_path).paths():
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.2))
        saving.kill()
        saving.communicate()
        saved, skipped = Checkpoints(tmp_path).newest()
        assert saved is not None
        assert skipped == []
    with Checkpoints(tmp_path).locked():
        assert not list(tmp_path.glob(".*"))


def test_intervals():
    assert parse_interval("500steps") == (500, None)
    assert parse_interval("1 step") == (1, None)
    assert parse_interval(" 10min ") == (None, 600)
    assert parse_interval(None) == (None, None)
    for text in ("often", "0steps", "5", "-1steps", "1e3steps", "9" * 50 + "steps"):
        with pytest.raises(UsageError, match="such as 500steps or 10min"):
            parse_interval(text)
