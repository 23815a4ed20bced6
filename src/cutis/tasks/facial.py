"""How marked are eight everyday conditions of facial skin on a phone photo of one area?"""

from __future__ import annotations

from cutis.core.labels import Label, MultiLabel, Ordinal
from cutis.data.augment import Augmentation
from cutis.task import Network, Task

GRADES = Ordinal(
    (
        Label("0", "None"),
        Label("1", "Slight"),
        Label("2", "Moderate"),
        Label("3", "Marked"),
        Label("4", "Severe"),
    )
)

# Source of the codes: WHO, ICD-10 version 2019.
LABELS = MultiLabel(
    (
        Label("dryness", "Dryness", {"icd10": "L85.3"}),
        Label("texture", "Rough texture"),
        Label("wrinkles", "Wrinkles"),
        Label("pores", "Clogged pores"),
        Label("melasma", "Melasma", {"icd10": "L81.1"}),
        Label("lentigo", "Lentigines", {"icd10": "L81.4"}),
        Label("ephelides", "Freckles", {"icd10": "L81.2"}),
        Label("dermatitis", "Facial dermatitis", {"icd10": "L30.9"}),
    ),
    GRADES,
)

# Areas are cut upright and at a constant scale: pores and lines are graded by their size, so that it is
# hardly varied, and a face is not turned. A spot near the edge can make a grade: hardly anything is cut off.
# Redness and pigment are seen against the skin around them, whatever a phone makes of the colours of all;
# its grain is neither freckles nor rough skin.
VARIED = Augmentation(
    area=(0.92, 1.0),
    aspect=(0.97, 1.03),
    rotate=False,
    own_shape=True,
    brightness=0.2,
    contrast=0.25,
    saturation=0.2,
    illuminant=0.045,
    constancy=0.0,
    hair=0.0,
    ruler=0.0,
    vignette=0.0,
    blur=0.3,
    erase=0.05,
    noise=0.02,
    falloff=0.25,
    jpeg=0.4,
)

TASK = Task(
    name="facial",
    title="Everyday conditions of facial skin",
    labels=LABELS,
    target="grade",
    modality="clinical",
    network=Network(
        "cutis.models.peaks:build",
        backbone="mobilenetv2_100",
        size=224,
        augmentation=VARIED,
        sizes=(160, 192, 224),
        smoothing=0.0,
    ),
    source="VGG16 by facial area on phone photos of 1,200 participants: up to 80% right per condition",
    phantoms="cutis.phantoms.facial:render",
)
