"""`kerasgen show`."""

import pytest

from kerasgen import zoo
from tests.cli.conftest import kerasgen

pytestmark = pytest.mark.once


@pytest.mark.parametrize("name", zoo.recipes())
def test_show_lists_every_option_with_its_default(name):
    shown = [line.split(maxsplit=2) for line in kerasgen("show", name).stdout.splitlines()]
    for option, known in zoo.get(name).options.items():
        (text,) = (line[2] for line in shown if line[:2] == [option, str(known.default)])
        assert text.startswith(known.help.rstrip("."))
        assert ", ".join(known.choices) in text
    assert ["--epochs", str(zoo.get(name).epochs)] in shown


def test_show_lists_the_options_of_generate_on_request(monkeypatch):
    assert "kerasgen show vae --sampling" in kerasgen("show", "vae").stdout
    assert "kerasgen show pix2pix --sampling" not in kerasgen("show", "pix2pix").stdout
    import kerasgen as library

    options = {"steps": library.Option(50, "Number of sampling steps.")}
    monkeypatch.setattr(library.models.VAE, "generate_options", options)
    text = kerasgen("show", "vae", "--sampling").stdout.split("kerasgen generate RUN")[1]
    assert "steps   50       Number of sampling steps." in text
    assert "With --sampler gmm" in text


@pytest.mark.parametrize("name", zoo.own())
def test_every_recipe_names_its_differences_from_the_paper(name):
    assert zoo.get(name).departures.endswith(".")
