"""One training step, its optimiser and its averaged weights, for Lightning's loop."""

from __future__ import annotations

import math
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor

from cutis.models.backbones import first_stages
from cutis.models.classifier import Classifier
from cutis.models.losses import classification_loss, findings_loss, one_hot, places_loss
from cutis.training.recipe import Recipe


class TrainingModule(lightning.LightningModule):
    """Trains a classifier jointly with its auxiliary classifiers.

    Args:
        network: the classifier.
        recipe: how to train it.
        counts: (questions, classes) how often an epoch shows each class.
        steps: optimiser steps of the whole training.
    """

    def __init__(self, network: Classifier, recipe: Recipe, counts: Tensor, steps: int) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe
        self.steps = steps
        self.register_buffer("counts", counts.float(), persistent=False)
        self.frozen = first_stages(network.backbone, recipe.freeze)
        for module in self.frozen:
            module.requires_grad_(False)
        self.history: list[dict[str, float]] = []  # one row per epoch, kept across resumptions
        self.tune_logits: list[Tensor] = []
        self.tune_targets: list[Tensor] = []

    def train(self, mode: bool = True) -> TrainingModule:
        """Set training mode; frozen stages keep their statistics."""
        super().train(mode)
        for module in self.frozen:
            module.eval()
        return self

    def training_step(self, batch: tuple[Tensor, ...], index: int) -> Tensor:
        """Loss of one batch, photos, targets and masks where there are any: main plus weighted losses."""
        torch.manual_seed(
            self.recipe.seed * 1_000_003 + self.global_step
        )  # dropout resumes as it would have been
        x, target, *masks = batch
        classes = self.network.settings.classes
        x = x.contiguous(memory_format=torch.channels_last)
        known = target.float() if target.ndim == 2 else one_hot(target, classes)
        if self.recipe.mixup > 0:
            x, known, *masks = self._mix(x, known, *masks)
        soft = known[:, :classes]
        said = self.network.forward_training(x)
        loss = self._loss(said.logits, soft)
        if said.findings is not None:
            loss = loss + findings_loss(said.findings, known[:, classes:])
        if said.auxiliary:
            depth = torch.arange(1, len(said.auxiliary) + 1, device=loss.device)
            weights = self.recipe.auxiliary_weight * depth / depth.sum()
            loss = loss + sum(w * self._loss(a, soft) for w, a in zip(weights, said.auxiliary, strict=True))
        if masks and said.places is not None:
            loss = loss + self.recipe.places_weight * places_loss(said.places, masks[0])
        self.log("loss", loss, prog_bar=True)
        return loss

    def _loss(self, logits: Tensor, target: Tensor) -> Tensor:
        counts: Tensor = self.counts  # type: ignore[assignment]
        return classification_loss(
            self._by_question(logits.float()),
            self._by_question(target),
            counts,
            imbalance=self.recipe.imbalance,
            smoothing=self.recipe.smoothing,
        )

    def _by_question(self, outputs: Tensor) -> Tensor:
        """(batch, outputs) -> (batch, questions, classes)."""
        return outputs.reshape(len(outputs), self.network.settings.questions, -1)

    def _mix(self, *batch: Tensor) -> list[Tensor]:
        device = batch[0].device
        share = torch.distributions.Beta(self.recipe.mixup, self.recipe.mixup).sample().to(device)
        order = torch.randperm(len(batch[0]), device=device)
        return [share * part + (1 - share) * part[order] for part in batch]

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        """Collect the tune split's logits."""
        x, target = batch
        self.tune_logits.append(self.network(x.contiguous(memory_format=torch.channels_last)).float().cpu())
        self.tune_targets.append(target.cpu())

    def on_validation_epoch_end(self) -> None:
        """Mean recall of the classes on the tune split, the figure that training is followed by.

        Of several questions it is the mean over them.
        """
        logits, target = self._by_question(torch.cat(self.tune_logits)), torch.cat(self.tune_targets)
        self.tune_logits, self.tune_targets = [], []
        target = target.reshape(len(target), -1)  # (photos, questions), negative where not known
        right = (logits.argmax(2) == target).float()
        balanced = [
            torch.stack([hits[true == c].mean() for c in torch.unique(true[true >= 0])]).mean()
            for hits, true in zip(right.T, target.T, strict=True)
        ]
        known = target >= 0
        found = {
            "tune_balanced_accuracy": float(torch.stack(balanced).mean()),
            "tune_loss": float(torch.nn.functional.cross_entropy(logits[known], target[known])),
        }
        self.log_dict(found, prog_bar=True)
        self.history.append({"epoch": self.current_epoch + 1, **found})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the epochs' figures with the weights."""
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the epochs' figures."""
        self.history = list(checkpoint["history"])

    def configure_optimizers(self) -> Any:
        """AdamW with layer-wise rates, linear warm-up and a cosine to zero."""
        optimizer = torch.optim.AdamW(self._parameter_groups())
        warm = max(1, int(self.recipe.warmup * self.steps))

        def factor(step: int) -> float:
            if step < warm:
                return (step + 1) / warm
            return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, self.steps - warm))))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _parameter_groups(self) -> list[dict[str, Any]]:
        """Deep stages, which know ImageNet's objects, learn faster than the first filters."""
        depth_of = stage_depths(self.network)
        deepest = max(depth_of.values())
        groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if not parameter.requires_grad:
                continue
            if name in depth_of:
                rate = self.recipe.learning_rate * self.recipe.layer_decay ** (deepest - depth_of[name])
            else:
                rate = self.recipe.learning_rate * self.recipe.head_rate
            decay = self.recipe.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
        return [{"params": p, "lr": rate, "weight_decay": decay} for (rate, decay), p in groups.items()]


def stage_depths(network: Classifier) -> dict[str, int]:
    """Depth of each backbone parameter, counted in the backbone's top-level blocks."""
    depths: dict[str, int] = {}
    seen: list[str] = []
    for name, _ in network.named_parameters():
        if not name.startswith("backbone."):
            continue
        parts = name.replace("backbone.", "").split(".")
        stage = ".".join(parts[:2]) if len(parts) > 2 and parts[1].isdigit() else parts[0]
        if stage not in seen:
            seen.append(stage)
        depths[name] = seen.index(stage)
    return depths


class MovingAverage(WeightAveraging):
    """Exponential moving average of weights and statistics, warmed up so that short runs profit too."""

    def __init__(self, decay: float) -> None:
        def average(old: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
            if not old.is_floating_point():
                return new
            step = float(count)
            return old.lerp(new.to(old.device), 1 - min(decay, (1 + step) / (10 + step)))

        super().__init__(avg_fn=average)
