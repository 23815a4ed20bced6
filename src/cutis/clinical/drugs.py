"""Drugs that are known for severe skin reactions: how well known, from which study, and under which names.

The table `drugs.csv` beside this file holds them. It is no list of all drugs, and a drug that is not in it
may be dangerous all the same.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files

# Levels of notoriety for SJS/TEN with ALDEN's points; Sassolas et al. 2010.
NOTORIETY_POINTS = {"high_risk": 3, "lower_risk": 2, "surveillance": 1, "not_suspected": -1}
NOTORIETY = {
    "high_risk": "high risk of SJS/TEN in case-control studies",
    "lower_risk": "definite, lower risk of SJS/TEN in case-control studies",
    "surveillance": "suspected of SJS/TEN, under surveillance",
    "not_suspected": "no raised risk of SJS/TEN in case-control studies",
}
SOURCES = {
    "roujeau1995": "Roujeau et al. 1995, N Engl J Med 333:1600",
    "mockenhaupt2008": "EuroSCAR; Mockenhaupt et al. 2008, J Invest Dermatol 128:35",
    "sassolas2010": "ALDEN; Sassolas et al. 2010, Clin Pharmacol Ther 88:60",
    "mockenhaupt2011": "Mockenhaupt 2011, Expert Rev Clin Immunol 7:803",
    "kardaun2013": "RegiSCAR; Kardaun et al. 2013, Br J Dermatol 169:1071",
    "sidoroff2007": "EuroSCAR, AGEP; Sidoroff et al. 2007, Br J Dermatol 157:989",
    "soria2020": "Soria et al. 2020, J Am Acad Dermatol 82:606",
    "frey2019": "Frey et al. 2019, Drug Saf 42:55",
    "borrelli2018": "Borrelli et al. 2018, Epilepsia 59:2318",
    "levi2009": "Levi et al. 2009, Pediatrics 123:e297",
    "adwan2017": "Adwan 2017, Curr Rheumatol Rep 19:3",
    "shiohara2007": "Shiohara et al. 2007, Br J Dermatol 156:1083",
    "dihs2022": "review of HLA and DIHS, Allergy Asthma Clin Immunol 2022, doi:10.1186/s13223-022-00707-w",
    "cpic_carbamazepine": "CPIC, carbamazepine; Phillips et al. 2018, Clin Pharmacol Ther 103:574",
    "cpic_phenytoin": "CPIC, phenytoin; Karnes et al. 2021, Clin Pharmacol Ther 109:302",
    "cpic_allopurinol": "CPIC, allopurinol; Hershfield et al. 2013, Clin Pharmacol Ther 93:153",
    "cpic_abacavir": "CPIC, abacavir; Martin et al. 2012, Clin Pharmacol Ther 91:734",
    "zhang2013": "Zhang et al. 2013, N Engl J Med 369:1620",
    "konvinse2019": "Konvinse et al. 2019, J Allergy Clin Immunol 144:183",
    "kim2010": "Kim et al. 2010, Pharmacogenomics 11:879",
}
_MOST_SUGGESTIONS = 3
_SALTS = frozenset(
    (
        "sodium",
        "potassium",
        "calcium",
        "hydrochloride",
        "hcl",
        "chlorhydrate",
        "maleate",
        "sodique",
        "mesylate",
    )
)
_DOSE = re.compile(r"\b\d[\d.,/]*\s*(mg|g|mcg|ug|ml|%)?(?![\w])")


@dataclass(frozen=True)
class Drug:
    """One row of the table.

    Attributes:
        inn: international nonproprietary name.
        atc: code of the Anatomical Therapeutic Chemical classification.
        group: class of drugs.
        sjs_ten: a name in `NOTORIETY_POINTS`; empty where the sources of the table do not grade it.
        dress: ``associated``, ``suspected`` or empty.
        agep: ``associated`` or empty.
        hla: alleles that raise the risk, with the reaction and the source; empty where the table has none.
        names: synonyms, brands and names in other languages.
        sources: names in `SOURCES`.
        note: what else must be known; may be empty.
    """

    inn: str
    atc: str
    group: str
    sjs_ten: str
    dress: str
    agep: str
    hla: str
    names: tuple[str, ...]
    sources: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Found:
    """What the table says to a name.

    Attributes:
        asked: the name as it was given.
        drug: the row, or None.
        suggestions: names in the table that look alike; never taken without asking.
    """

    asked: str
    drug: Drug | None
    suggestions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """One sentence for people."""
        if self.drug is None:
            hint = f" Did you mean {' or '.join(self.suggestions)}?" if self.suggestions else ""
            return f"{self.asked}: not in the table: this says nothing about its safety.{hint}"
        said = [NOTORIETY[self.drug.sjs_ten]] if self.drug.sjs_ten else []
        for reaction, level in (("DRESS", self.drug.dress), ("AGEP", self.drug.agep)):
            if level:
                said.append(f"{reaction}: {level}")
        name = self.drug.inn if self.asked == self.drug.inn else f"{self.asked} ({self.drug.inn})"
        return f"{name}: {'; '.join(said) or 'in the table, but not graded'}."


@cache
def table() -> tuple[Drug, ...]:
    """All rows of the shipped table."""
    text = (files("cutis.clinical") / "drugs.csv").read_text(encoding="utf-8")
    return tuple(_drug(row) for row in csv.DictReader(text.splitlines()))


def _drug(row: dict[str, str]) -> Drug:
    names = [name for column in ("fr", "ja", "zh", "names") for name in row[column].split("|") if name]
    plain = {
        column: row[column] for column in ("inn", "atc", "group", "sjs_ten", "dress", "agep", "hla", "note")
    }
    return Drug(**plain, names=tuple(names), sources=tuple(row["sources"].split("|")))


def cited(drug: Drug) -> tuple[str, ...]:
    """The sources of a row in full."""
    return tuple(SOURCES[source] for source in drug.sources)


@lru_cache(maxsize=1024)
def find(name: str) -> Found:
    """Look a drug up by any of its names; case, accents, salts and doses do not matter.

    A name that only looks alike is suggested, never taken: drugs with similar names are different drugs.
    """
    known = _index()
    folded = fold(name)
    row = known.get(folded) or known.get(fold(_without_salt(name)))
    if row is not None:
        return Found(name, row)
    close = get_close_matches(folded, known, n=2 * _MOST_SUGGESTIONS, cutoff=0.75)
    inns = dict.fromkeys(known[match].inn for match in close)
    return Found(name, None, tuple(inns)[:_MOST_SUGGESTIONS])


@cache
def _index() -> dict[str, Drug]:
    return {fold(name): drug for drug in table() for name in (drug.inn, *drug.names)}


def fold(name: str) -> str:
    """A name as it is compared: without case, accents on Latin letters, spaces and hyphens."""
    plain = unicodedata.normalize("NFKD", name)
    # Marks of Latin letters only: those of kana make another letter.
    bare = "".join(letter for letter in plain if not 0x300 <= ord(letter) <= 0x36F)
    joined = re.sub(r"[\s\-\u2010-\u2015/+.,'’・]+", "", unicodedata.normalize("NFC", bare))
    return joined.casefold()


def _without_salt(name: str) -> str:
    words = _DOSE.sub(" ", name.casefold()).split()
    return " ".join(word for word in words if word not in _SALTS) or name
