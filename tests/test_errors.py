"""Errors: exit codes, and values in messages."""

import pytest

from kerasgen import errors

pytestmark = pytest.mark.once


def test_a_usage_error_ends_with_2_and_others_with_1():
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    assert {each.__name__ for each in classes if each.exit_code == 2} == {"UsageError"}
    assert all(issubclass(each, errors.KerasgenError) and each.exit_code in (1, 2) for each in classes)


def test_an_unknown_name_is_answered_with_near_ones_or_with_all():
    assert str(errors.unknown("recipe", "vea", ["vae", "gan"])) == "unknown recipe 'vea'; did you mean vae?"
    assert str(errors.unknown("recipe", "x", ["vae", "gan"])) == "unknown recipe 'x'; known: gan, vae."


RECIPES = ["autoencoder", "autoencoder-conv", "cgan", "cvae", "cyclegan", "dcgan", "denoising-autoencoder", "gan"]
RECIPES += ["pix2pix", "vae", "vae-conv", "vae-gan", "wgan-gp"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("VAE", "vae"),
        ("Gan", "gan"),
        ("vaegan", "vae-gan"),
        ("vae_conv", "vae-conv"),
        ("wgan", "wgan-gp"),
        ("auto-encoder", "autoencoder"),
        ("autoencoders", "autoencoder"),
        ("cyclegan2", "cyclegan"),
        ("denoise", "denoising-autoencoder"),
        ("dgan", "dcgan"),
        ("stable-diffusion", ""),
        ("transformer", ""),
        ("bert", ""),
        ("x", ""),
        ("", ""),
    ],
)
def test_only_names_that_a_user_may_have_meant_are_offered(name, near):
    assert errors.similar(name, RECIPES)[:1] == near.split()
    assert len(errors.similar(name, RECIPES)) <= (3 if name in ("dgan", "wgan") else 1)


def test_nouns_are_plural_unless_the_number_is_one():
    texts = [errors.counted(count, "class", "classes") for count in (0, 1, 2)]
    assert texts == ["0 classes", "1 class", "2 classes"]
    assert errors.counted(1, "epoch") == "1 epoch"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        ("caf\u00e9", "'caf\u00e9'"),
        ("a\x1b[2J\n", r"'a\x1b[2J\n'"),
        ("\u202eabc\udc80", r"'\u202eabc\udc80'"),
        ("x" * 100, "'" + "x" * 56 + "..."),
        (10**5000, "a number of more than 4,300 digits"),
    ],
    ids=range(6),
)
def test_a_value_in_a_message_is_short_and_printable(value, text):
    assert errors.shorten(value) == text
    assert text.isprintable()
