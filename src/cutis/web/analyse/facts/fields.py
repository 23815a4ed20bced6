"""What is asked of a patient beside the picture, in the words of the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cutis.clinical.units import QUANTITIES
from cutis.web.words import later

TASKS = ("drug_reaction",)  # beside whose answers these facts are asked
ROWS, MOST_DRUGS = 2, 12  # empty rows of the form; drugs of a patient


@dataclass(frozen=True)
class Asked:
    """One fact.

    Attributes:
        name: as in `cutis.clinical.facts.Facts` or `Exposure`.
        kind: ``number``, ``truth``, ``date``, ``several``, ``one``, ``text`` or ``amount``.
        title: a phrase, translated where it is shown.
        unit: of a number, in words.
        choices: of ``several`` and ``one``, with their titles.
        hint: what else must be known to answer.
    """

    name: str
    kind: str
    title: str
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""

    @property
    def units(self) -> tuple[str, ...]:
        """In which an amount may be measured."""
        return tuple(QUANTITIES[self.name].units) if self.kind == "amount" else ()


@dataclass(frozen=True)
class Group:
    """Facts that are asked together."""

    title: str
    asked: tuple[Asked, ...]
    hint: str = ""


SITES = {
    "mouth": later("mouth"),
    "lips": later("lips"),
    "eyes": later("eyes"),
    "nose": later("nose"),
    "throat": later("throat"),
    "airways": later("airways"),
    "genitals": later("genitals"),
    "urethra": later("urethra"),
    "anus": later("anus"),
}
ORGANS = {
    "liver": later("liver"),
    "kidney": later("kidney"),
    "lung": later("lung"),
    "muscle_or_heart": later("muscle or heart"),
    "pancreas": later("pancreas"),
    "other": later("another organ"),
}
EARLIER = {
    "never_taken": later("never taken before, as far as is known"),
    "tolerated": later("taken before without any reaction"),
    "sjs_ten_same_drug": later("SJS/TEN after the same drug"),
    "sjs_ten_similar_drug": later("SJS/TEN after a similar drug"),
    "other_same_drug": later("another reaction to the same drug"),
    "other_similar_drug": later("another reaction to a similar drug"),
}
_SURFACE = later("per cent of the body surface")
_OPEN = later("Leave open what was not looked for: it is not known then, and never counts as absent.")

GROUPS = (
    Group(
        later("Patient and course"),
        (
            Asked("age", "number", later("Age"), later("years")),
            Asked("malignancy", "truth", later("Cancer or malignant disease of the blood")),
            Asked("dialysis", "truth", later("Dialysis before admission")),
            Asked("examined", "date", later("Day of the examination")),
            Asked("days_since_rash", "number", later("Time since the rash began"), later("days")),
        ),
    ),
    Group(
        later("Signs"),
        (
            Asked("temperature", "number", later("Highest temperature"), later("degrees C")),
            Asked("heart_rate", "number", later("Heart rate"), later("beats per minute")),
            Asked("mucosal_sites", "several", later("Mucous membranes involved"), choices=SITES),
            Asked("skin_pain", "truth", later("Skin hurts or burns")),
            Asked("blisters", "truth", later("Blisters or erosions of the skin")),
            Asked("nikolsky", "truth", later("Epidermis can be rubbed off (Nikolsky sign)")),
            Asked("detached_percent", "number", later("Detached or detachable skin"), _SURFACE),
            Asked("rash_percent", "number", later("Rash, detached skin included"), _SURFACE),
            Asked("purpura", "truth", later("Purpuric or dusky lesions, not on the legs only")),
            Asked("facial_swelling", "truth", later("Face swollen")),
            Asked("pustules", "truth", later("Many small sterile pustules")),
            Asked("infiltration", "truth", later("Thickened, infiltrated lesions")),
            Asked("scaling", "truth", later("Scaling")),
            Asked("lymph_nodes", "truth", later("Lymph nodes enlarged at two sites or more")),
            Asked(
                "organs",
                "several",
                later("Inner organs involved"),
                choices=ORGANS,
                hint=later("With no other explanation."),
            ),
        ),
        _OPEN,
    ),
    Group(
        later("Laboratory"),
        (
            Asked("urea", "amount", later("Urea, or urea nitrogen (BUN)")),
            Asked("bicarbonate", "amount", later("Bicarbonate")),
            Asked("glucose", "amount", later("Glucose")),
            Asked("alt", "amount", later("ALT")),
            Asked("alt_upper", "amount", later("Upper limit of ALT in this laboratory")),
            Asked("eosinophils", "amount", later("Eosinophils")),
            Asked(
                "eosinophils_percent",
                "number",
                later("Share of eosinophils"),
                later("per cent of leukocytes"),
            ),
            Asked("leukocytes", "amount", later("Leukocytes")),
            Asked("atypical_lymphocytes", "truth", later("Atypical lymphocytes seen")),
        ),
    ),
    Group(
        later("In hindsight, for RegiSCAR"),
        (
            Asked("biopsy_suggests_dress", "truth", later("Biopsy suggests DRESS")),
            Asked("lasted_15_days", "truth", later("Rash took 15 days or more to resolve")),
            Asked(
                "other_causes_negative", "number", later("Negative tests for other causes"), later("tests")
            ),
            Asked(
                "other_causes_positive", "number", later("Positive tests for other causes"), later("tests")
            ),
        ),
        later(
            "Tests for other causes: antinuclear antibodies, blood culture, hepatitis A, B and C, chlamydia, "
            "mycoplasma."
        ),
    ),
)
DRUG = (
    Asked("name", "text", later("Name of the drug")),
    Asked("start_day", "number", later("Begun, days before the rash"), later("days")),
    Asked(
        "stop_day",
        "number",
        later("Stopped, days before the rash"),
        later("days"),
        hint=later("0 on the day the rash began; below 0 after it."),
    ),
    Asked("ongoing", "truth", later("Still taken")),
    Asked("earlier", "one", later("Earlier intake"), choices=EARLIER),
    Asked("half_life_hours", "number", later("Half-life in this patient"), later("hours")),
    Asked("clearance_impaired", "truth", later("Liver, kidney or another drug slows its clearance")),
    Asked("continued_without_harm", "truth", later("Kept on without harm")),
    Asked("suspected", "truth", later("Suspected")),
)
TITLES = {
    "bun": later("Urea, or urea nitrogen (BUN)"),
    "rash_began": later("First day of the rash"),
    "creatinine": later("Creatinine"),
    "drugs": later("Drugs"),
    **{one.name: one.title for group in GROUPS for one in group.asked},
    **{one.name: one.title for one in DRUG},
}
OF_PATIENT = {one.name: one for group in GROUPS for one in group.asked}
EARLIER_DAYS = ("start_day", "stop_day")  # asked as days before the rash, kept as days from it
