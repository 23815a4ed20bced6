"""Which of 14 skin diseases does a dermoscopic photo show?"""

from __future__ import annotations

from cutis.core.labels import Categorical, Label
from cutis.task import Network, Task


def _disease(name: str, title: str, icd10: str) -> Label:
    return Label(name, title, {"icd10": icd10})


# Source of the codes: WHO, ICD-10 version 2019.
LABELS = Categorical(
    (
        _disease("lichen_planus", "Lichen planus", "L43"),
        _disease("rosacea", "Rosacea", "L71"),
        _disease("viral_warts", "Viral warts", "B07"),
        _disease("acne_vulgaris", "Acne vulgaris", "L70.0"),
        _disease("keloid_hypertrophic_scar", "Keloid and hypertrophic scar", "L91.0"),
        _disease("eczema_dermatitis", "Eczema and dermatitis", "L30.9"),
        _disease("dermatofibroma", "Dermatofibroma", "D23"),
        _disease("seborrheic_dermatitis", "Seborrheic dermatitis", "L21"),
        _disease("seborrheic_keratosis", "Seborrheic keratosis", "L82"),
        _disease("melanocytic_nevus", "Melanocytic nevus", "D22"),
        _disease("hemangioma", "Hemangioma", "D18.0"),
        _disease("psoriasis", "Psoriasis", "L40"),
        _disease("port_wine_stain", "Port wine stain", "Q82.5"),
        _disease("basal_cell_carcinoma", "Basal cell carcinoma", "C44"),
    )
)

# The classes of HAM10000 (Tschandl et al. 2018, Sci Data 5:180161), in its own short names.
HAM10000 = (
    _disease("akiec", "Actinic keratosis or Bowen's disease", "L57.0"),
    _disease("bcc", "Basal cell carcinoma", "C44"),
    _disease("bkl", "Benign keratosis", "L82"),
    _disease("df", "Dermatofibroma", "D23"),
    _disease("mel", "Melanoma", "C43"),
    _disease("nv", "Melanocytic nevus", "D22"),
    _disease("vasc", "Vascular lesion", "D18.0"),
)

TASK = Task(
    name="dermoscopy",
    title="Dermoscopic diagnosis",
    labels=LABELS,
    target="diagnosis",
    modality="dermoscopic",
    network=Network("cutis.models.classifier:build", backbone="efficientnet_b4", size=380, auxiliary=7),
    source="EfficientNet-B4 with seven auxiliary classifiers on 14 diseases: accuracy .948, AUC .985",
    phantoms="cutis.phantoms.dermoscopy:render",
    known=HAM10000,
)
