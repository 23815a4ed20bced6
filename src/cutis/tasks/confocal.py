"""How inflamed is the skin at this place of a confocal microscope's picture?"""

from __future__ import annotations

from cutis.core.labels import Label, Ordinal
from cutis.data.augment import Augmentation
from cutis.task import Network, Task

LABELS = Ordinal(
    (
        Label("0", "None"),
        Label("1", "Slight"),
        Label("2", "Moderate"),
        Label("3", "Marked"),
        Label("4", "High"),
    )
)

# How large cells and vessels are is part of what is seen, so that size is hardly varied.
VARIED = Augmentation(
    area=(0.935, 1.065),
    aspect=(0.974, 1.026),
    tilt=0.0,
    brightness=0.455,
    contrast=0.39,
    saturation=0.0,
    illuminant=0.0,
    constancy=0.0,
    hair=0.0,
    ruler=0.0,
    vignette=0.0,
    blur=0.52,
    erase=0.0,
    speckle=0.156,
)

TASK = Task(
    name="confocal",
    title="Inflammation on reflectance confocal microscopy",
    labels=LABELS,
    target="grade",
    modality="confocal",
    network=Network(
        "cutis.models.texture:build",
        backbone="texture",
        size=192,
        weights="none",
        augmentation=VARIED,
        sizes=(128, 192, 192),
        epochs=12,
        learning_rate=3e-3,
        smoothing=0.0,
    ),
    source="Texture CNN on patches of reflectance confocal microscopy, five grades: "
    "accuracy 87%, mean absolute deviation 0.037 on a range of 0-1",
    phantoms="cutis.phantoms.confocal:render",
    spacing=1.0,
)
