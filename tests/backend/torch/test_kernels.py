"""PyTorch: the library that multiplies matrices."""

import keras
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("for PyTorch only", allow_module_level=True)

import torch

from kerasgen import backend
from kerasgen.backend import switches
from kerasgen.backend.torch import kernels


@pytest.fixture(params=["of this processor", "oneDNN"])
def products(request, monkeypatch):
    if request.param == "oneDNN":
        monkeypatch.setattr(kernels, "_linear", kernels._ONEDNN_LINEAR)


def test_onednn_multiplies_large_matrices_if_it_is_faster_on_this_processor(monkeypatch):
    monkeypatch.setattr(kernels, "_linear", kernels._ONEDNN_LINEAR)
    x, kernel = torch.rand(128, 100, requires_grad=True), torch.rand(100, 120)
    assert "_Product" in type(backend.dense(x, kernel).grad_fn).__name__
    assert "Mm" in type(backend.dense(x[:1], kernel).grad_fn).__name__
    monkeypatch.setattr(switches, "custom_kernels", False)
    assert "Mm" in type(backend.dense(x, kernel).grad_fn).__name__
    monkeypatch.setattr(switches, "custom_kernels", True)
    monkeypatch.setattr(kernels, "_linear", None)
    assert "Mm" in type(backend.dense(x, kernel).grad_fn).__name__


def test_one_image_with_one_output_channel_has_a_gradient():
    """PyTorch refuses the gradient of a kernel of this shape that is in Keras's order."""
    x, kernel = torch.rand(1, 4, 4, 2), torch.rand(3, 3, 2, 1, requires_grad=True)
    (gradient,) = torch.autograd.grad(kernels.convolve(x, kernel, (1, 1), "valid").sum(), [kernel])
    torch.testing.assert_close(gradient[..., 0], x[0].unfold(0, 2, 1).unfold(1, 2, 1).sum((3, 4)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*script_method.*:DeprecationWarning")  # imports of torch.compile
@pytest.mark.usefixtures("products")
def test_torch_compile_accepts_products():
    x, kernel = torch.rand(128, 100, requires_grad=True), torch.rand(100, 120)
    product = torch.compile(backend.dense)(x, kernel)
    product.sum().backward()
    torch.testing.assert_close(product, x @ kernel)
    torch.testing.assert_close(x.grad, kernel.sum(1).expand_as(x))


@pytest.mark.filterwarnings("ignore:.*script_method.*:DeprecationWarning")  # imports of torch.compile
def test_torch_compile_accepts_normalized_images():
    x, gamma, beta = torch.rand(2, 4, 4, 3), torch.rand(3), torch.rand(3)
    expected = backend.normalize_images(x, gamma, beta, 1e-3)
    torch.testing.assert_close(torch.compile(backend.normalize_images)(x, gamma, beta, 1e-3), expected)
