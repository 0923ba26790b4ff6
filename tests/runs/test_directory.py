"""The directory of a run is never shared; links in it are not followed; its files are validated."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from kerasgen import runs
from kerasgen.errors import RunError, UsageError
from kerasgen.io.checkpoints import Checkpoints
from kerasgen.runs.directory import Run, check_out

pytestmark = pytest.mark.once


def test_directories_are_numbered_and_never_shared(tmp_path):
    names = []
    for _ in range(3):
        with Run.claim("vae", root=tmp_path / "runs") as (run, _):
            names.append(run.directory.name)
    assert names == ["vae-1", "vae-2", "vae-3"]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "photo.png").touch()
    (tmp_path / "empty").mkdir()
    for out, says in (("full", "exists already"), ("full/photo.png", "exists already"), ("file/run", "cannot make a")):
        (tmp_path / "file").touch()
        with pytest.raises(RunError, match=says), Run.claim("vae", out=tmp_path / out):
            pass
    with Run.claim("vae", out=tmp_path / "empty") as (run, _):
        assert Run.open(run.directory).directory.is_dir()
    with pytest.raises(RunError, match="is not a run"):
        Run.open(tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["photo.png"]
    with pytest.raises(UsageError, match="--out is empty"):
        check_out("")
    (tmp_path / "taken").write_text("")
    with pytest.raises(RunError, match="cannot make a run in"), Run.claim("vae", root=tmp_path / "taken"):
        pass


@pytest.mark.parametrize("exists", [True, False])
def test_of_several_that_want_a_directory_at_once_one_gets_it(exists, tmp_path):
    out, all_tried = tmp_path / "run", Barrier(8)
    if exists:
        out.mkdir()

    def claim(_):
        try:
            with Run.claim("vae", out=out):
                all_tried.wait(20)
                return True
        except RunError:
            all_tried.wait(20)
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == 1


def test_several_that_want_a_new_directory_at_once_get_one_each(tmp_path):
    def claim(_):
        with Run.claim("vae", root=tmp_path) as (run, _):
            return run.directory.name

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(claim, range(8))) == [f"vae-{n}" for n in range(1, 9)]


# -- links and special files


ENTRIES = ["checkpoints", "samples", "logs", "recipe.json", "model.keras", "best.keras", "history.csv", "curves.png"]


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "device"])
def test_a_part_that_is_a_link_or_special_is_refused_and_nothing_is_written_through_it(entry, kind, tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "run" / entry
    (tmp_path / "run").mkdir()
    if entry != "recipe.json":
        (tmp_path / "run" / "recipe.json").write_text("{}")
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to({"link": victim, "dangling link": tmp_path / "nowhere", "device": "/dev/zero"}[kind])
    if kind == "link" and path.suffix:
        victim.write_text("precious")
    elif kind == "link":
        victim.mkdir()
        (victim / "precious").touch()
    words = "pipe" if kind == "pipe" else "symbolic link"
    with pytest.raises(RunError, match=rf"{entry} is a {words}; a run has a .* of that name: remove it"):
        Run.open(tmp_path / "run")
    with pytest.raises(RunError), Run.claim("vae", out=tmp_path / "run"):
        pass
    if kind == "link":
        assert victim.read_text() == "precious" if path.suffix else os.listdir(victim) == ["precious"]
    assert not (tmp_path / "nowhere").exists()


def test_the_directory_itself_may_be_a_link(tmp_path):
    (tmp_path / "large-disk").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "large-disk")
    with Run.claim("vae", out=tmp_path / "run") as (run, _):
        run.write_recipe({"recipe": "vae"})
    assert (tmp_path / "large-disk" / "recipe.json").exists()


# -- recipe.json


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ({"batch_size": None}, "batch_size is null, and must be a whole number"),
        ({"epochs": True}, "epochs is true, and must be a whole number"),
        ({"dataset": 5}, "dataset is 5, and must be text"),
        ({"data_dir": []}, r"data_dir is \[\], and must be text or null"),
        ({"options": [1]}, r"options is \[1\], and must be an object"),
        ({"deterministic": 0}, "deterministic is 0, and must be true or false"),
        ({"backend": {}}, "backend is {}, and must be text"),
        ({"parameters": "many"}, 'parameters is "many", and must be a whole number'),
        ({"keep": 1.5}, "keep is 1.5, and must be a whole number"),
        ({"fingerprint": None}, "fingerprint is null, and must be text"),
    ],
)
def test_a_damaged_recipe_is_refused_when_it_is_read(damage, says, tmp_path):
    run = Run(tmp_path)
    run.write_recipe({"recipe": "vae", "data_dir": None, "deterministic": False} | damage)
    for read in (run.read_recipe, run.read_settings):
        with pytest.raises(RunError, match=f"recipe.json: {says}"):
            read()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"epochs": 10**15}, "epochs is 1000000000000000"),
        ({"recipe": "../vae"}, "unknown recipe"),
        ({"options": {"hidden_dim": -1}}, "option hidden_dim of vae"),
        ({"options": {"hidden_dim": [8]}}, "option hidden_dim of vae"),
        ({"precision": "float8"}, "unknown precision"),
        ({"checkpoint_every": "often"}, "such as 500steps"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_settings_that_a_user_could_not_give_are_refused_from_a_file_too(damage, says, tmp_path):
    run = Run(tmp_path)
    settings = vars(runs.resolve("vae"))
    run.write_recipe(settings)
    assert run.read_settings() == runs.resolve("vae")
    run.write_recipe(settings | damage)
    with pytest.raises(RunError, match=f"recipe.json.*{says}") as refused:
        run.read_settings()
    assert "\n" not in str(refused.value)


TEXTS = {
    "nested deep": "[" * 100_000 + "]" * 100_000,
    "half a surrogate pair": '{"dataset": "\\ud800"}',
    "a huge number": '{"parameters": 1' + "0" * 5000 + "}",
    "no object": "[]",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_recipe_that_is_no_json_is_one_line(kind, tmp_path):
    (tmp_path / "recipe.json").write_text(TEXTS[kind])
    with pytest.raises(RunError, match=r"cannot read .*recipe.json: it ") as refused:
        Run(tmp_path).read_recipe()
    assert "\n" not in str(refused.value)


def test_a_recipe_without_settings_and_an_empty_one_are_said(tmp_path):
    run = Run(tmp_path)
    run.write_recipe({"recipe": "vae"})
    with pytest.raises(RunError, match="lacks settings: "):
        run.read_settings()
    run.recipe_path.write_text("")
    with pytest.raises(RunError, match=r"recipe.json is empty: its training was killed at the start; train again"):
        run.read_recipe()


# -- leftovers of kills and failures


def test_temporary_files_of_a_killed_training_are_removed_under_the_lock(tmp_path):
    left = [
        *(".recipe-a1b2c3d4.json", ".history-a1b2c3d4.csv", ".curves-a1b2c3d4.png", ".model-a1b2c3d4.keras"),
        *(".best-a1b2c3d4.keras", "samples/.epoch-0003-a1b2c3d4.png"),
    ]
    kept = [".hidden", ".animated-a1b2c3d4.gif", "notes-a1b2c3d4.csv", "samples/epoch-0002.png", "samples/.notes.png"]
    run = Run(tmp_path)
    for folder in ("samples", "checkpoints/.epoch-0002-a1b2c3d4", "checkpoints/.epoch-0002-step-000007-a1b2c3d4"):
        (tmp_path / folder).mkdir(parents=True)
    for name in (*left, *kept, "checkpoints/.epoch-0002-a1b2c3d4/model.keras"):
        (tmp_path / name).touch()
    with Checkpoints(run.checkpoints).locked():
        assert all((tmp_path / name).exists() for name in left)
        with pytest.raises(RunError, match="is in use"), run.locked():
            pass
        assert all((tmp_path / name).exists() for name in left)
    with run.locked():
        assert not any((tmp_path / name).exists() for name in left)
        assert os.listdir(run.checkpoints) == ["lock"]
        assert all((tmp_path / name).exists() for name in kept)


def test_removal_takes_the_files_of_the_run_alone(tmp_path):
    with Run.claim("vae", out=tmp_path / "run") as (run, checkpoints):
        run.samples.mkdir()
        (run.samples / "epoch-0000.png").touch()
        state = {"epoch": 0, "step": 0, "stopped": False, "callbacks": [], "identity": {}}
        checkpoints.write(state, lambda path: path.touch())
        run.remove()
    assert not run.directory.exists()
    with Run.claim("vae", out=tmp_path / "run") as (run, _):
        (run.directory / "notes.txt").touch()
        with pytest.raises(OSError, match="not empty"):
            run.remove()
    assert os.listdir(run.directory) == ["notes.txt"]


def test_has_started(tmp_path):
    run = Run(tmp_path)
    assert not run.has_started()
    for path in (run.model_path, run.history_path):
        path.touch()
        assert run.has_started()
        path.unlink()
    (run.checkpoints / "epoch-0000").mkdir(parents=True)
    assert run.has_started()
    assert json.dumps(str(run.directory))
