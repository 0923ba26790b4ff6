import pytest

from kerasgen.errors import UsageError
from kerasgen.networks.sizes import channel_widths, check_image_shape, halvings

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("side", "expected"), [(8, (4, 1)), (16, (4, 2)), (64, (4, 4)), (14, (7, 1)), (28, (7, 2)), (224, (7, 5))]
)
def test_a_side_is_halved_down_to_4_or_7(side, expected):
    assert halvings((side, side, 3), "it") == expected


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((4, 4, 1), "image size 4x4 does not suit a DCGAN: .* such as 8 or 14"),
        ((7, 7, 1), "image size 7x7 .* such as 8 or 14"),
        ((30, 30, 1), "image size 30x30 .* such as 28 or 32"),
        ((28, 32, 1), "image size 28x32 .* square images"),
        ((2,), r"a DCGAN takes images \(H, W, C\); received samples of shape \(2,\): use a dense network"),
        ((7, 7), r"received samples of shape \(7, 7\)"),
    ],
)
def test_other_shapes_are_refused(shape, words):
    with pytest.raises(UsageError, match=words):
        halvings(shape, "a DCGAN")


def test_an_image_shape_may_be_a_list():
    assert check_image_shape([8, 9, 3], "it") == (8, 9, 3)


def test_channels_double_up_to_8_times():
    assert channel_widths(3, 6) == [3, 6, 12, 24, 24, 24]
