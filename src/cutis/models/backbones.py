"""timm backbones: built by name, started from a weights file, asked for their stages and pixel scaling."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import torch
from torch import Tensor, nn

from cutis.core.bundle_info import Fit
from cutis.core.errors import CutisError
from cutis.models import Scaling
from cutis.models.torchvision_operators import ensure

TENSORFLOW = (0.5, 0.5, 0.5)  # x / 127.5 - 1, written as mean and standard deviation of pixels in 0..1


@dataclass(frozen=True)
class InputRules:
    """How pixels become the network's input.

    Attributes:
        size: shorter side of the input, in pixels; the least one where photos are taken as they are.
        mean: per channel (red, green, blue), of pixels in 0..1.
        std: per channel, of pixels in 0..1.
        fit: how a photo is brought to the network.
    """

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    fit: Fit = "shorter"

    @property
    def convolutional(self) -> bool:
        """The network takes any size; otherwise ``size`` x ``size`` only."""
        return self.fit != "square"


def is_tensorflow(weights: str, scaling: Scaling) -> bool:
    """Weights from TensorFlow want its padding and pixel scaling; timm tags their files ``.tf*``."""
    tags = Path(weights).name.split(".")[1:-1]
    tagged = any(tag.startswith("tf") for tag in tags)
    return scaling == "tensorflow" or (scaling == "auto" and tagged)


def create(name: str, weights: str, size: int, scaling: Scaling = "auto") -> tuple[nn.Module, InputRules]:
    """Build a backbone without its classifier.

    Args:
        name: timm model name, such as ``efficientnet_b4``.
        weights: a ``.safetensors`` or ``.pth`` file in timm's naming, ``imagenet`` or ``none``.
        size: shorter side of the input, in pixels.
        scaling: pixel scaling and padding that the weights were trained with; ``auto`` reads it from the
            file's tag (``name.tf_in1k.safetensors`` is TensorFlow's).

    Raises:
        CutisError: unknown model, a size below its stride, weights that cannot be read or fetched, or that
            do not fit the model.
    """
    ensure()
    import timm

    if not timm.is_model(name):
        near = timm.list_models(f"*{name.partition('_')[0]}*")[:8]
        raise CutisError(f"timm has no model '{name}'. Close to it: {', '.join(near) or 'none'}.")
    tensorflow = is_tensorflow(weights, scaling)
    extra: dict[str, Any] = {"pad_type": "same"} if tensorflow else {}
    config = timm.get_pretrained_cfg(name)
    fixed = bool(config and config.fixed_input_size)
    if fixed:
        with torch.device("meta"):  # without weights: a fixed network is not even built at a wrong size
            need_size(name, timm.create_model(name, num_classes=0), size)
        extra["img_size"] = size
    if weights == "imagenet":
        backbone = _pretrained(name, extra)
    else:
        backbone = timm.create_model(name, num_classes=0, **extra)
    need_size(name, backbone, size)
    if weights not in ("imagenet", "none"):
        _load(backbone, Path(weights))
    mean = TENSORFLOW if tensorflow or config is None else config.mean
    std = TENSORFLOW if tensorflow or config is None else config.std
    return backbone, InputRules(size, _triple(mean), _triple(std), "square" if fixed else "shorter")


def need_size(name: str, backbone: nn.Module, size: int) -> None:
    """Refuse a size of which the network's last stage would see less than one pixel.

    Args:
        name: of the backbone.
        backbone: of timm.
        size: shorter side of the input, in pixels.

    Raises:
        CutisError: names the smallest useful size.
    """
    info: Any = getattr(backbone, "feature_info", None) or []
    stride = max((int(entry["reduction"]) for entry in getattr(info, "info", info)), default=1)
    if size < stride:
        raise CutisError(
            f"size {size} is too small for {name}, whose last stage has one value per {stride} x {stride} "
            f"pixels. The smallest useful size is {stride}; choose --size (and --sizes) from there upwards."
        )


def _pretrained(name: str, extra: dict[str, Any]) -> nn.Module:
    """A backbone with its ImageNet weights: from this machine's cache, or fetched where that is allowed.

    With ``HF_HUB_OFFLINE`` set, no host is contacted.
    """
    import timm
    from huggingface_hub import constants

    config = timm.get_pretrained_cfg(name)
    offline = constants.HF_HUB_OFFLINE
    try:
        if offline and not (config and config.hf_hub_id):
            raise OSError("its weights come from another host than the hub's")
        with _hub(offline or not _has_address(constants.ENDPOINT)):
            backbone: nn.Module = timm.create_model(name, pretrained=True, num_classes=0, **extra)
            return backbone
    except Exception as error:
        if offline:
            what = (
                f"the ImageNet weights of {name} are not on this machine, and nothing is fetched unasked. "
                "Ask for it with --weights imagenet."
            )
        else:
            what = f"the ImageNet weights of {name} could not be fetched ({type(error).__name__})."
        raise CutisError(
            f"{what} Without network, download them elsewhere and give the file: --weights FILE.safetensors "
            "(or start from nothing: --weights none)."
        ) from error


def _has_address(url: str) -> bool:
    """Whether a host can be found at all; behind a proxy that is the proxy's to tell."""
    from socket import getaddrinfo
    from urllib.request import getproxies

    if getproxies():
        return True
    try:
        return bool(getaddrinfo(urlsplit(url).hostname, 443))
    except OSError:
        return False


@contextmanager
def _hub(offline: bool) -> Iterator[None]:
    """Keep the hub's library silent, and from asking for a minute where there is no network."""
    from huggingface_hub import constants

    log = logging.getLogger("huggingface_hub")
    level, before = log.level, constants.HF_HUB_OFFLINE
    log.setLevel(logging.CRITICAL)
    constants.HF_HUB_OFFLINE = offline
    try:
        yield
    finally:
        log.setLevel(level)
        constants.HF_HUB_OFFLINE = before


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(v) for v in values)
    return red, green, blue


def _load(backbone: nn.Module, file: Path) -> None:
    """Load a state dict; the old classifier is left out, anything else must fit."""
    if not file.is_file():
        raise CutisError(f"{file}: there is no such weights file. Give a file, 'imagenet' or 'none'.")
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(file)
        else:
            state = torch.load(file, map_location="cpu", weights_only=True)
            state = state.get("state_dict", state)
    except Exception as error:
        raise CutisError(
            f"{file}: not readable as weights ({error}). Expected .safetensors or .pth."
        ) from error
    # A counter that only matters for cumulative batch-norm averages, and that converted weights lack.
    wanted = {k: v for k, v in backbone.state_dict().items() if not k.endswith("num_batches_tracked")}
    shapes = [k for k, v in wanted.items() if k in state and state[k].shape != v.shape]
    missing = [k for k in wanted if k not in state]
    if shapes or missing:
        raise CutisError(
            f"{file}: does not fit this backbone: {len(missing)} tensors missing, {len(shapes)} misshapen "
            f"(first: {(missing + shapes)[0]}). Check that the file belongs to the --backbone named."
        )
    backbone.load_state_dict({k: state[k] for k in wanted}, strict=False)


def stage_names(backbone: nn.Module, count: int) -> tuple[str, ...]:
    """Names of the modules whose outputs are the backbone's stages, shallow to deep, the last ``count``.

    A network with block groups (EfficientNet and kin) gives those, seven for EfficientNet-B4; any other
    backbone gives the stages that timm lists for feature extraction.
    """
    inner = getattr(backbone, "backbone", None)
    if isinstance(inner, nn.Module):  # one backbone in another's coat
        return tuple(f"backbone.{name}" for name in stage_names(inner, count))
    blocks = getattr(backbone, "blocks", None)
    if isinstance(blocks, nn.Sequential):
        names = [f"blocks.{i}" for i in range(len(blocks))]
    else:
        names = [entry["module"] for entry in _listed(backbone)]
    return tuple(names[-count:]) if count else ()


@dataclass(frozen=True)
class Level:
    """A stage that is finer than the backbone's last.

    Attributes:
        module: name of the one whose output it is.
        channels: of that output.
        step: cells of it beside each other in one of the last stage's.
    """

    module: str
    channels: int
    step: int


def finer_levels(backbone: nn.Module, finest: int) -> list[Level]:
    """The last stage of each resolution from ``finest`` pixels a cell to the last but one, finest first.

    None of a backbone that keeps one resolution throughout, or whose stages are not maps of channels first.
    """
    stages = _listed(backbone)
    coarsest = max((entry["reduction"] for entry in stages), default=0)
    if getattr(backbone, "output_fmt", "NCHW") != "NCHW":
        return []
    return [
        Level(entry["module"], entry["num_chs"], coarsest // entry["reduction"])
        for entry in stages
        if finest <= entry["reduction"] < coarsest
    ]


def _listed(backbone: nn.Module) -> list[dict[str, Any]]:
    """The stages that timm lists for features: ``module``, ``reduction`` and ``num_chs`` of each."""
    info: Any = getattr(backbone, "feature_info", None) or []
    return list(getattr(info, "info", info))


def first_stages(backbone: nn.Module, count: int) -> list[nn.Module]:
    """Every module up to and including the stage ``count`` of `stage_names`, shallow ones first.

    Raises:
        CutisError: the backbone has fewer stages.
    """
    if count == 0:
        return []
    stages = stage_names(backbone, 1_000)
    if not 0 < count <= len(stages):
        raise CutisError(f"{count} first stages were asked for, and the backbone has {len(stages)}.")
    modules = dict(backbone.named_modules())
    names = list(modules)
    last = stages[count - 1]
    end = max(i for i, name in enumerate(names) if f"{name}.".startswith(f"{last}."))
    # A container that goes on past the stage is no part of it.
    open_ended = {name[:cut] for name in names[end + 1 :] for cut in range(len(name)) if name[cut] == "."}
    return [modules[name] for name in names[: end + 1] if name and name not in open_ended]


def as_map(features: Tensor, backbone: nn.Module) -> Tensor:
    """Bring a backbone's features to (batch, channels, height, width).

    Convolutional networks give that already; Swin and kin put channels last; transformers give tokens, whose
    prefix tokens are dropped and whose rest is a square grid.
    """
    if features.ndim == 4:
        width = getattr(backbone, "num_features", features.shape[1])
        last = features.shape[-1] == width and features.shape[1] != width
        return features.permute(0, 3, 1, 2) if last else features
    tokens = features[:, getattr(backbone, "num_prefix_tokens", 0) :]  # (batch, tokens, channels)
    side = round(int(tokens.shape[1]) ** 0.5)  # a tensor while the network is traced
    return tokens.transpose(1, 2).reshape(features.shape[0], -1, side, side)
