"""Backbones by name: which sizes they take, and where their weights come from."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest

from cutis.core.errors import CutisError
from cutis.models.torchvision_operators import ensure

ensure()

from cutis.models.backbones import create  # noqa: E402


@pytest.mark.parametrize(("backbone", "least"), [("resnet18", 32), ("vit_tiny_patch16_224", 16)])
def test_a_size_of_which_nothing_would_be_left_is_refused_and_the_smallest_is_named(
    backbone: str, least: int
) -> None:
    for size in (3, least - 1):
        with pytest.raises(CutisError, match=f"size {size} is too small .* smallest useful size is {least};"):
            create(backbone, "none", size)
    assert create(backbone, "none", least)[1].size == least


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Hosts that were asked for on a machine without network, proxy or stored weights."""
    hosts: list[str] = []

    def unknown(host: object, *_: object, **__: object) -> None:
        hosts.append(str(host))
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr("urllib.request.getproxies", dict)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return hosts


def test_weights_that_cannot_be_fetched_are_one_message_and_no_waiting(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waits for a network that is not there"))
    with caplog.at_level(logging.WARNING), pytest.raises(CutisError, match=r"--weights FILE.safetensors"):
        create("resnet18", "imagenet", 64)
    assert len(asked) == 1
    assert caplog.records == []
    assert logging.getLogger("huggingface_hub").level != logging.CRITICAL


@pytest.mark.parametrize("backbone", ["resnet18", "tresnet_m"])
def test_no_host_is_asked_where_that_is_not_allowed(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, backbone: str
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(CutisError, match=r"nothing is fetched unasked. Ask for it with --weights imagenet"):
        create(backbone, "imagenet", 64)
    assert asked == []
