"""Training seen on a terminal, or as a plain line a minute in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback, RichProgressBar

EVERY = 60.0  # seconds between plain lines


class MinuteLines(Callback):
    """One line a minute, and one at the end of each epoch."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.started = self.last = time.monotonic()
        self.first_step: int | None = None

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        index: int,
    ) -> None:
        """Speak when a minute has passed."""
        now = time.monotonic()
        if self.first_step is None:
            self.first_step, self.started = trainer.global_step, now
            return
        if now - self.last < EVERY:
            return
        self.last = now
        rate = (trainer.global_step - self.first_step) / (now - self.started)
        total = int(trainer.estimated_stepping_batches)
        left = (total - trainer.global_step) / max(rate, 1e-9) / 60
        loss = float(trainer.callback_metrics.get("loss", float("nan")))
        self.say(
            f"epoch {trainer.current_epoch + 1}, step {trainer.global_step} of {total}, "
            f"{rate:.2f} steps/s, loss {loss:.3f}, about {left:.0f} min left"
        )

    def on_validation_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Speak at the end of an epoch."""
        found = trainer.callback_metrics
        if "tune_balanced_accuracy" in found:
            self.say(
                f"epoch {trainer.current_epoch + 1} done: balanced accuracy on the tune split "
                f"{float(found['tune_balanced_accuracy']):.3f}, loss {float(found['tune_loss']):.3f}"
            )


def watcher(say: Callable[[str], None]) -> Callback:
    """A progress bar on a terminal, plain lines elsewhere."""
    return RichProgressBar() if sys.stderr.isatty() else MinuteLines(say)
