import numpy as np
import pytest
from PIL import Image

import kerasgen as library
from tests.cli.conftest import TINY, assert_refused, kerasgen


@pytest.fixture
def photos(here):
    """A folder of two classes, 20 images of different sizes, and a file that is none."""
    for number in range(20):
        folder = here / "photos" / ("ants" if number % 3 else "bees")
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8 + number, 9), 10 * number).save(folder / f"{number}.png")
    (here / "photos" / "ants" / "broken.png").write_bytes(b"\x89PNG broken")
    return here / "photos"


@pytest.mark.slow
def test_encode_writes_the_latents_of_the_whole_set(vae_run, here):
    result = kerasgen("encode", vae_run, "-o", "new/latents.npz")
    assert result.exit_code == 0, result.output
    assert "1,797 latent vectors of size 2 of digits" in result.stdout
    digits, model = library.data.load("digits", image_size=8), library.load(vae_run)
    with np.load("new/latents.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == ["class_names", "labels", "latents", "names", "split"]
        assert arrays["latents"].shape == (1797, 2)
        assert arrays["latents"].dtype == np.float32
        test = arrays["split"] == "test"
        assert test.sum() == len(digits.test)
        np.testing.assert_allclose(arrays["latents"][test], model.encode(digits.test[:]), atol=1e-5)
        np.testing.assert_allclose(arrays["latents"][~test], model.encode(digits.train[:]), atol=1e-5)
        np.testing.assert_array_equal(arrays["labels"][test], digits.test.labels)
        assert arrays["names"][test].tolist() == [str(number) for number in range(len(digits.test))]


@pytest.mark.once
def test_encode_names_the_files_of_a_folder(vae_run, photos):
    assert kerasgen("encode", vae_run, "--dataset", "photos", "-o", "latents.npz").exit_code == 0
    model = library.load(vae_run)
    with np.load("latents.npz") as arrays:
        assert len(set(arrays["names"])) == 20
        assert set(arrays["split"]) == {"train", "test"}
        for name, latent, label in zip(arrays["names"], arrays["latents"], arrays["labels"], strict=True):
            assert name.split("/")[0] == arrays["class_names"][label]
            with Image.open(photos / name) as image:  # all of one value, whatever the size
                value = np.asarray(image)[0, 0]
            expected = model.encode(np.full((1, 8, 8, 1), value, "uint8"))[0]
            np.testing.assert_allclose(latent, expected, atol=1e-4)


@pytest.mark.slow
@pytest.mark.once
def test_encode_finds_the_folder_that_the_model_was_trained_on(photos):
    train = ["train", "autoencoder", *TINY, "--batch-size", 4, "--set", "hidden_dim=4", "--set", "latent_dim=2"]
    assert kerasgen(*train, "--dataset", "photos", "--out", "run").exit_code == 0
    assert kerasgen("encode", "run").exit_code == 0
    with np.load("run/latents.npz") as arrays:
        assert sorted(name.split("/")[1] for name in arrays["names"]) == sorted(f"{n}.png" for n in range(20))


@pytest.mark.once
def test_a_set_without_labels_has_none_in_the_file(vae_run, here):
    np.save(here / "images.npy", np.full((5, 8, 8), 200, "uint8"))
    assert kerasgen("encode", vae_run, "--dataset", "images.npy", "-o", "latents.npz").exit_code == 0
    with np.load("latents.npz") as arrays:
        assert sorted(arrays) == ["latents", "names", "split"]
        assert len(arrays["latents"]) == 5


@pytest.mark.slow
@pytest.mark.once
def test_what_encode_refuses(vae_run, gan_run, here):
    assert_refused(kerasgen("encode", gan_run), 2, "a GAN, which cannot encode; it can generate")
    assert_refused(kerasgen("encode", vae_run, "-o", "latents.png"), 2, "ends in .npz")
    assert_refused(kerasgen("encode", vae_run, "--dataset", "digts"), 2, "did you mean digits")
    np.save(here / "colour.npy", np.full((4, 8, 8, 3), 200, "uint8"))
    assert_refused(kerasgen("encode", vae_run, "--dataset", "colour.npy"), 1, "8, 8, 3")
    assert [path.name for path in here.iterdir()] == ["colour.npy"]
