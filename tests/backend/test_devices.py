"""The devices of a backend, by name."""

import pytest

from kerasgen import backend
from kerasgen.backend.device_names import first_devices
from kerasgen.errors import UsageError


def test_the_devices_have_names():
    assert any("cpu" in device.lower() for device in backend.devices())


def test_one_device_needs_no_distribution():
    with backend.distributed(1) as names:
        assert names == []
    assert backend.hosts().count == 1
    assert backend.max_over_hosts(7) == 7


@pytest.mark.once
def test_the_first_devices_are_selected():
    assert first_devices(2, ["GPU:0", "GPU:1", "GPU:2"]) == ["GPU:0", "GPU:1"]
    with pytest.raises(UsageError, match=r"devices is 3; there are 2: GPU:0, GPU:1$"):
        first_devices(3, ["GPU:0", "GPU:1"])
    with pytest.raises(UsageError, match="devices is 9; there is 1: cpu:0; a CPU gives at most 8 virtual devices"):
        first_devices(9, ["cpu:0"])
