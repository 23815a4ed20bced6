"""The saliency methods by name, with no torch: the command line lists them."""

from __future__ import annotations

from typing import Literal

Method = Literal["cam", "grad-cam", "integrated-gradients", "occlusion"]

TITLES: dict[str, str] = {
    "cam": "class activation map",
    "grad-cam": "Grad-CAM",
    "integrated-gradients": "integrated gradients",
    "occlusion": "occlusion",
}
