"""Tiny folders of the shape in which the owners publish each set, with generated images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from cutis.core.manifest import Manifest, read_manifest
from cutis.data.importers import get_importer
from cutis.data.importers._importer import import_set

Publish = Callable[[str], Path]
SEVEN = "MEL,NV,BCC,AKIEC,BKL,DF,VASC"
MONET = ",".join(
    f"MONET_{name}"
    for name in (
        "ulceration_crust",
        "hair",
        "vasculature_vessels",
        "erythema",
        "pigmented",
        "gel_water_drop_fluid_dermoscopy_liquid",
        "skin_markings_pen_ink_purple_pen",
    )
)


def write(folder: Path, tables: dict[str, str], images: list[str]) -> None:
    """Tables as text, and one small image per name, no two alike."""
    for name, text in tables.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for number, name in enumerate(images):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)


def ham10000(folder: Path) -> None:
    header = "lesion_id,image_id,dx,dx_type,age,sex,localization,dataset\n"
    train = (
        "HAM_0000118,ISIC_0027419,bkl,histo,80.0,male,scalp,vidir_modern\n"
        "HAM_0000118,ISIC_0025030,bkl,histo,80.0,male,scalp,vidir_modern\n"
        "HAM_0002730,ISIC_0026769,nv,follow_up,,unknown,unknown,vidir_molemax\n"
        "HAM_0001466,ISIC_0031633,vasc,consensus,0.0,female,lower extremity,rosendahl\n"
    )
    test = "HAMTEST_0000000,ISIC_0034524,nv,follow_up,40.0,female,back,vidir_molemax\n"
    tables = {
        "HAM10000_metadata.tab": (header + train).replace(",", "\t"),
        "ISIC2018_Task3_Test_GroundTruth.tab": (header + test).replace(",", "\t"),
    }
    images = [
        "HAM10000_images_part_1/ISIC_0027419.jpg",
        "HAM10000_images_part_1/ISIC_0025030.jpg",
        "HAM10000_images_part_2/ISIC_0026769.jpg",
        "HAM10000_images_part_2/ISIC_0031633.jpg",
        "ISIC2018_Task3_Test_Images/ISIC_0034524.jpg",
        "HAM10000_segmentations_lesion_tschandl/ISIC_0027419_segmentation.png",
    ]
    write(folder, tables, images)


def isic2018(folder: Path) -> None:
    truth = "ISIC2018_Task3_{0}_GroundTruth/ISIC2018_Task3_{0}_GroundTruth.csv"
    tables = {
        truth.format("Training"): f"image,{SEVEN}\n"
        "ISIC_0024306,0.0,1.0,0.0,0.0,0.0,0.0,0.0\nISIC_0024310,1.0,0.0,0.0,0.0,0.0,0.0,0.0\n",
        truth.format("Validation"): f"image,{SEVEN}\nISIC_0034321,0.0,0.0,0.0,1.0,0.0,0.0,0.0\n",
        truth.format("Test"): f"image,{SEVEN}\nISIC_0034524,0.0,0.0,0.0,0.0,0.0,0.0,1.0\n",
        "ISIC2018_Task3_Training_LesionGroupings.csv": "image,lesion_id,diagnosis_confirm_type\n"
        "ISIC_0024306,HAM_0000550,serial imaging showing no change\n"
        "ISIC_0024310,HAM_0003577,histopathology\n",
    }
    images = [
        "ISIC2018_Task3_Training_Input/ISIC_0024306.jpg",
        "ISIC2018_Task3_Training_Input/ISIC_0024310.jpg",
        "ISIC2018_Task3_Validation_Input/ISIC_0034321.jpg",
        "ISIC2018_Task3_Test_Input/ISIC_0034524.jpg",
    ]
    write(folder, tables, images)


def isic2019(folder: Path) -> None:
    header = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK"
    tables = {
        "ISIC_2019_Training_GroundTruth.csv": f"{header}\n"
        "ISIC_0000000,0.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
        "ISIC_0000017_downsampled,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,0.0\n",
        "ISIC_2019_Training_Metadata.csv": "image,age_approx,anatom_site_general,lesion_id,sex\n"
        "ISIC_0000000,55.0,anterior torso,BCN_0000001,female\n"
        "ISIC_0000017_downsampled,,head/neck,,\n",
        "ISIC_2019_Test_GroundTruth.csv": f"{header},score_weight,validation_weight\n"
        "ISIC_0034321,0.0,0.0,0.0,1.0,0.0,0.0,0.0,0.0,0.0,1.0,0.0\n"
        "ISIC_0073242,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0\n",
        "ISIC_2019_Test_Metadata.csv": "image,age_approx,anatom_site_general,sex\n"
        "ISIC_0034321,30.0,palms/soles,male\nISIC_0073242,75.0,oral/genital,female\n",
    }
    images = [
        "ISIC_2019_Training_Input/ISIC_0000000.jpg",
        "ISIC_2019_Training_Input/ISIC_0000017_downsampled.jpg",
        "ISIC_2019_Test_Input/ISIC_0034321.jpg",
        "ISIC_2019_Test_Input/ISIC_0073242.jpg",
    ]
    write(folder, tables, images)


def isic2020(folder: Path) -> None:
    header = "image_name,patient_id,lesion_id,sex,age_approx,anatom_site_general_challenge,diagnosis"
    tables = {
        "ISIC_2020_Training_GroundTruth_v2.csv": f"{header},benign_malignant,target\n"
        "ISIC_2637011,IP_7279968,IL_7972535,male,45.0,head/neck,unknown,benign,0\n"
        "ISIC_0015719,IP_3075186,IL_4649854,female,45.0,upper extremity,melanoma,malignant,1\n"
        "ISIC_0052212,IP_2842074,IL_9087444,,,lower extremity,nevus,benign,0\n",
        "ISIC_2020_Training_Duplicates.csv": "image_name_1,image_name_2\nISIC_2637011,ISIC_0052212\n",
    }
    write(folder, tables, [f"train/{name}.jpg" for name in ("ISIC_2637011", "ISIC_0015719", "ISIC_0052212")])


def isic_archive(folder: Path) -> None:
    tables = {
        "metadata.csv": "isic_id,attribution,copyright_license,age_approx,anatom_site_general,"
        "concomitant_biopsy,diagnosis_1,diagnosis_2,diagnosis_3,diagnosis_confirm_type,fitzpatrick_skin_type,image_type,lesion_id,"
        "patient_id,sex,mel_thick_mm\n"
        "ISIC_0015719,The University of Queensland,CC-BY,45,upper extremity,False,Benign,"
        "Benign melanocytic proliferations,Nevus,serial imaging showing no change,II,dermoscopic,IL_4649854,"
        "IP_3075186,female,\n"
        "ISIC_0052212,Medical University of Vienna,CC-BY-NC,50,head/neck,True,Malignant,"
        "Malignant melanocytic proliferations (Melanoma),Melanoma Invasive,histopathology,,"
        "clinical: close-up,IL_9087444,,male,0.8\n"
        "ISIC_0068279,Hospital Clinic de Barcelona,CC-0,,,,Indeterminate,,,,,RCM: tile,,,,\n"
        "ISIC_0068280,The University of Queensland,CC-BY,45,,,Benign,,Nevus,,,TBP tile: close-up,"
        "IL_4649854,,,\n",
        "attribution.txt": "The University of Queensland\n",
        "licenses/CC-BY.txt": "CC-BY\n",
    }
    names = ("ISIC_0015719", "ISIC_0052212", "ISIC_0068279", "ISIC_0068280")
    write(folder, tables, [f"{name}.jpg" for name in names])


def milk10k(folder: Path) -> None:
    eleven = "AKIEC,BCC,BEN_OTH,BKL,DF,INF,MAL_OTH,MEL,NV,SCCKA,VASC"
    owner = "MILK,CC-BY-NC"
    score = "0.668982333515848,0.1,0.04,0.7,0.2,0.1,0.4"
    tables = {
        "MILK10k_Training_GroundTruth.csv": f"lesion_id,{eleven}\n"
        "IL_0000652,0.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
        "IL_0003176,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,0.0,0.0,0.0\n",
        "MILK10k_Training_Metadata.csv": "lesion_id,image_type,isic_id,attribution,copyright_license,"
        f"image_manipulation,age_approx,sex,skin_tone_class,site,{MONET}\n"
        f"IL_0000652,clinical: close-up,ISIC_8149219,{owner},altered,60,male,3,head_neck_face,{score}\n"
        f"IL_0000652,dermoscopic,ISIC_4671410,{owner},instrument only,60,male,3,head_neck_face,{score}\n"
        f"IL_0003176,clinical: close-up,ISIC_2022118,{owner},,,female,0,,{score}\n"
        f"IL_0003176,dermoscopic,ISIC_9360142,{owner},,,female,0,,{score}\n",
        "MILK10k_Training_Supplement.csv": "isic_id,diagnosis_full,diagnosis_confirm_type,"
        "invasion_thickness_interval\n"
        "ISIC_8149219,Basal cell carcinoma,histopathology,\n"
        "ISIC_4671410,Basal cell carcinoma,histopathology,\n"
        "ISIC_2022118,Melanoma Invasive,histopathology,<0.8\n"
        "ISIC_9360142,Melanoma Invasive,histopathology,<0.8\n",
    }
    images = [
        "MILK10k_Training_Input/IL_0000652/ISIC_8149219.jpg",
        "MILK10k_Training_Input/IL_0000652/ISIC_4671410.jpg",
        "MILK10k_Training_Input/IL_0003176/ISIC_2022118.jpg",
        "MILK10k_Training_Input/IL_0003176/ISIC_9360142.jpg",
    ]
    write(folder, tables, images)


def fitzpatrick17k(folder: Path) -> None:
    header = (
        "md5hash,fitzpatrick_scale,fitzpatrick_centaur,label,nine_partition_label,three_partition_label,qc"
    )
    tables = {
        "fitzpatrick17k.csv": f"{header},url,url_alphanum\n"
        "5e82a45bc5d78bd24ae9202d194423f8,3,3,drug induced pigmentary changes,inflammatory,non-neoplastic,,"
        "https://example.org/a.jpg,httpsexampleorgajpg.jpg\n"
        "9bc21ae9502b720f604907ff56dbc4c7,-1,2,kaposi sarcoma,malignant dermal,malignant,1 Diagnostic,"
        "https://example.org/b.jpg,httpsexampleorgbjpg.jpg\n",
    }
    hashes = ("5e82a45bc5d78bd24ae9202d194423f8", "9bc21ae9502b720f604907ff56dbc4c7")
    write(folder, tables, [f"finalfitz17k/{name}.jpg" for name in hashes])


def ddi(folder: Path) -> None:
    tables = {
        "ddi_metadata.csv": ",DDI_ID,DDI_file,skin_tone,malignant,disease\n"
        "0,1,000001.png,56,True,melanoma-in-situ\n"
        "8,10,000010.png,34,True,basal-cell-carcinoma-superficial\n"
        "41,42,000042.png,12,False,melanocytic-nevi\n",
    }
    write(folder, tables, ["000001.png", "000010.png", "000042.png"])


def pad_ufes_20(folder: Path) -> None:
    header = (
        "patient_id,lesion_id,smoke,drink,background_father,background_mother,age,pesticide,gender,"
        "skin_cancer_history,cancer_history,has_piped_water,has_sewage_system,fitspatrick,region,diameter_1,"
        "diameter_2,diagnostic,itch,grew,hurt,changed,bleed,elevation,img_id,biopsed\n"
    )
    tables = {
        "metadata.csv": header + "PAT_1516,1765,,,,,8,,,,,,,,ARM,,,NEV,False,False,False,False,False,False,"
        "PAT_1516_1765_530.png,False\n"
        "PAT_46,881,False,False,POMERANIA,POMERANIA,55,False,FEMALE,True,True,True,True,3.0,NECK,6.0,5.0,BCC,"
        "True,UNK,False,True,True,True,PAT_46_881_939.png,True\n",
    }
    images = ["images/imgs_part_1/PAT_1516_1765_530.png", "images/imgs_part_3/PAT_46_881_939.png"]
    write(folder, tables, images)


def scin(folder: Path) -> None:
    graded = "dermatologist_gradable_for_skin_condition_{}"
    estimated = "dermatologist_fitzpatrick_skin_type_label_{}"
    labels = {
        "case_id": ["-1001", "-1002", "-1003", "-1004"],
        graded.format(1): ["DEFAULT_YES_IMAGE_QUALITY_SUFFICIENT"] * 2
        + ["NO_IMAGE_QUALITY_INSUFFICIENT", None],
        graded.format(2): [None, "YES_IMAGE_QUALITY_SUFFICIENT_NO_DISCERNIBLE_PATHOLOGY", None, None],
        "dermatologist_skin_condition_on_label_name": ["['Eczema', 'Psoriasis']", "[]", "[]", "[]"],
        "dermatologist_skin_condition_confidence": ["[4, 2]", "[]", "[]", "[]"],
        "weighted_skin_condition_label": [
            "{'Eczema': 0.67, \"Lichen simplex 'chronicus'\": 0.33}",
            "{'Tinea': 0.5, 'Eczema': 0.5}",
            "{}",
            "{'Acne': 1.0}",
        ],
        estimated.format(1): ["FST2", "FST3", None, "FST1"],
        estimated.format(2): ["FST4", "FST4", None, "FST6"],
        estimated.format(3): ["FST4", None, None, "FST2"],
        "monk_skin_tone_label_india": ["3", "4", None, "2"],
        "monk_skin_tone_label_us": ["3", "5", None, "2"],
    }
    cases = {
        "case_id": ["-1001", "-1002", "-1003", "-1004"],
        "source": ["SCIN"] * 4,
        "release": ["1.0.0"] * 4,
        "year": ["2023"] * 4,
        "age_group": ["AGE_30_TO_39", "AGE_80_OR_ABOVE", "AGE_UNKNOWN", None],
        "sex_at_birth": ["FEMALE", "MALE", "OTHER_OR_UNSPECIFIED", None],
        "fitzpatrick_skin_type": ["FST3", "NONE_SELECTED", None, "FST1"],
        "body_parts_head_or_neck": ["YES", "YES", None, None],
        "body_parts_foot_sole": [None, "YES", None, None],
        "image_1_path": [f"dataset/images/-{number}.png" for number in (11, 21, 31, 41)],
        "image_2_path": ["dataset/images/-12.png", None, None, None],
        "image_3_path": [None] * 4,
        "image_1_shot_type": ["CLOSE_UP", "AT_AN_ANGLE", "AT_DISTANCE", "CLOSE_UP"],
        "image_2_shot_type": ["AT_DISTANCE", None, None, None],
        "image_3_shot_type": [None] * 4,
    }
    tables = {
        "dataset/scin_cases.csv": pl.DataFrame(cases).write_csv(),
        "dataset/scin_labels.csv": pl.DataFrame(labels).write_csv(),
    }
    write(folder, tables, [f"dataset/images/-{number}.png" for number in (11, 12, 21, 31, 41)])


def derm7pt(folder: Path) -> None:
    header = (
        "case_num,diagnosis,seven_point_score,pigment_network,streaks,pigmentation,regression_structures,"
        "dots_and_globules,blue_whitish_veil,vascular_structures,level_of_diagnostic_difficulty,elevation,"
        "location,sex,management,clinic,derm,case_id,notes\n"
    )
    rows = (
        "1,basal cell carcinoma,0,absent,absent,absent,absent,absent,absent,arborizing,medium,nodular,"
        'abdomen,female,excision,NEL/NEL025.JPG,NEL/Nel026.jpg,,"seen twice,\nonce later"\n'
        "2,reed or spitz nevus,3,atypical,regular,absent,absent,irregular,absent,absent,low,flat,"
        "head neck,male,excision,NEL/NEL027.JPG,NEL/Nel028.jpg,,\n"
        "3,melanoma (less than 0.76 mm),5,atypical,irregular,diffuse irregular,blue areas,irregular,present,"
        "absent,high,palpable,back,male,excision,NGL/NGL031.JPG,NGL/Ngl032.jpg,,\n"
    )
    tables = {
        "release_v0/meta/meta.csv": header + rows,
        "release_v0/meta/train_indexes.csv": "indexes\n2\n",
        "release_v0/meta/valid_indexes.csv": "indexes\n0\n",
        "release_v0/meta/test_indexes.csv": "indexes\n1\n",
    }
    images = ["NEL/NEL025.JPG", "NEL/Nel026.jpg", "NEL/NEL027.JPG", "NEL/Nel028.jpg", "NGL/NGL031.JPG"]
    write(folder, tables, [f"release_v0/images/{name}" for name in (*images, "NGL/Ngl032.jpg")])


def _medmnist(path: Path, side: int, labels: dict[str, list[int]]) -> None:
    arrays: dict[str, np.ndarray] = {}
    for part, values in labels.items():
        shape = (len(values), side, side, 3)
        arrays[f"{part}_images"] = np.random.default_rng(len(part)).integers(0, 256, shape, dtype=np.uint8)
        arrays[f"{part}_labels"] = np.array(values, dtype=np.uint8).reshape(-1, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)


def dermamnist(folder: Path) -> None:
    _medmnist(folder / "dermamnist_64.npz", 64, {"train": [5, 4, 0], "val": [5], "test": [6, 3]})


def retinamnist(folder: Path) -> None:
    _medmnist(folder / "retinamnist.npz", 28, {"train": [0, 4], "val": [1], "test": [2, 3]})


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Write the tiny folder of a set; a set without one fails here."""

    def make(name: str) -> Path:
        folder = tmp_path / f"published {name}"
        folder.mkdir()
        globals()[name](folder)
        return folder

    return make


@pytest.fixture
def imported(publish: Publish, tmp_path: Path) -> Callable[[str], Manifest]:
    """Import a tiny set and read the manifest that was written."""

    def run(name: str) -> Manifest:
        importer = get_importer(name)
        out = tmp_path / "manifests" / f"{name}.csv"
        import_set(importer, publish(name), out)
        return read_manifest(out, target=importer.target)

    return run


@pytest.fixture
def by_id(imported: Callable[[str], Manifest]) -> Callable[[str], dict[str, dict[str, object]]]:
    """The rows of an imported tiny set by image id."""
    return lambda name: {row["image_id"]: row for row in imported(name).table.iter_rows(named=True)}
