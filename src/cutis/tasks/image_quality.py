"""Is this photo good enough to judge the skin by, and if not, why?"""

from __future__ import annotations

from cutis.core.labels import Label, Ordinal
from cutis.data.augment import Augmentation
from cutis.task import Network, Task

LABELS = Ordinal(
    (
        Label("1", "Unusable"),
        Label("2", "Poor"),
        Label("3", "Acceptable"),
        Label("4", "Good"),
    )
)

REASONS = (
    Label("blur", "Blurred"),
    Label("dark", "Too dark"),
    Label("bright", "Too bright"),
    Label("glare", "Glare or uneven light"),
    Label("colour", "Colour cast"),
    Label("distance", "Too far away or too near"),
    Label("framing", "Off-centre or cut off"),
    Label("obstruction", "Something lies in front"),
    Label("noise", "Noisy"),
    Label("compression", "Compressed too strongly"),
    Label("not_skin", "Not skin"),
)

# Turned and mirrored only: any other change would change the quality that is asked about.
TURNED = Augmentation().scaled(0)

TASK = Task(
    name="image_quality",
    title="Image quality",
    labels=LABELS,
    target="quality",
    modality="clinical",
    network=Network(
        "cutis.models.mil:build",
        backbone="mobilenetv2_100",
        size=256,
        augmentation=TURNED,
        sizes=(160, 192, 256),
        smoothing=0.0,
    ),
    source="VGG16 with multiple-instance learning and ordinal regression on four raters per photo: AUC .885",
    phantoms="cutis.phantoms.degradations:render",
    findings=REASONS,
    passing="3",
)
