"""Is this eruption a severe drug reaction, such as early Stevens-Johnson syndrome?"""

from __future__ import annotations

from cutis.core.labels import Categorical, Label
from cutis.data.augment import Augmentation
from cutis.task import Network, Screening, Task

# Source of the codes: WHO, ICD-10 version 2019; what is not severe has many codes.
LABELS = Categorical(
    (
        Label("not_severe", "No sign of a severe drug reaction"),
        Label("severe", "Severe drug reaction (SJS/TEN)", {"icd10": "L51.1"}),
    )
)

# Crops are centred on a lesion whose border and surroundings count, so that little is cut off. Colour is
# varied less than elsewhere: violet against red is part of the question.
VARIED = Augmentation(
    area=(0.65, 1.0),
    aspect=(0.9, 1.11),
    brightness=0.2,
    contrast=0.15,
    saturation=0.12,
    illuminant=0.05,
    constancy=0.1,
    hair=0.05,
    ruler=0.0,
    vignette=0.0,
    blur=0.25,
    erase=0.05,
)

TASK = Task(
    name="drug_reaction",
    title="Severe drug reactions",
    labels=LABELS,
    target="reaction",
    modality="clinical",
    network=Network(
        "cutis.models.classifier:build",
        backbone="mobilenetv2_100",
        size=160,
        augmentation=VARIED,
        sizes=(128, 160),
    ),
    source="Network on photos of single lesions, severe or not: sensitivity 93.6% (755 of 807), "
    "specificity 70.7% (1,832 of 2,593), above dermatologists",
    phantoms="cutis.phantoms.erythema:render",
    screening=Screening("severe", sensitivity=0.936),
)
