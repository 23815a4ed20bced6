"""Is a network for texture worth more than a plain one of equal size, and than local binary patterns?

    python experiments/texture.py KTH-TIPS/manifest.csv --out FOLDER

On KTH-TIPS (810 real grey photos: 10 materials, 9 distances, 9 views each) answers of three methods:

    texture   the network of the task `confocal`
    plain     3 x 3 convolutions, padded, with pooling; as many parameters to 10%, the same head and training
    patterns  histograms of local binary patterns at three radii, and a linear classifier

to two questions: which material (views 1-3, 4-6, 7-9 held out in turn; intervals resample a material's views)
and which distance, as nine grades (two materials held out in turn; intervals resample materials). There is
one sample of each material: how well materials are told apart on another piece, this cannot show.

Answers are kept in FOLDER, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.imaging.read import read_rgb
from cutis.stats.classification import Answers, figures
from cutis.stats.intervals import percentile
from cutis.stats.resampling import bootstrap, number_groups, observed, stacked

METHODS = ("texture", "plain", "patterns")
CROP = 96  # pixels; the smallest photo has 131
BATCH = 32
RADII = ((1, 8), (2, 16), (3, 24))  # and points on the circle
REPLICATES = 2000
Photos = list[NDArray[np.uint8]]


@dataclass(frozen=True)
class Question:
    """What is asked, and what is never on both sides.

    Attributes:
        target: column of the answer.
        ordinal: answers are grades.
        fold: number of the fold that a row is held out in.
        group: what an interval resamples.
        wanted: figures.
    """

    target: str
    ordinal: bool
    fold: Callable[[pl.DataFrame], NDArray[np.int64]]
    group: Callable[[pl.DataFrame], NDArray[Any]]
    wanted: tuple[str, ...]


def by_view(table: pl.DataFrame) -> NDArray[np.int64]:
    return (table["view"].to_numpy() - 1) // 3


def by_material(table: pl.DataFrame) -> NDArray[np.int64]:
    order = np.random.default_rng(0).permutation(10)
    return order[np.unique(table["material"].to_numpy(), return_inverse=True)[1]] // 2


QUESTIONS = {
    "material": Question(
        "material",
        False,
        by_view,
        lambda table: (table["material"] + table["view"].cast(pl.String)).to_numpy(),
        ("accuracy",),
    ),
    "distance": Question(
        "scale",
        True,
        by_material,
        lambda table: table["material"].to_numpy(),
        ("accuracy", "mean_absolute_deviation", "mean_absolute_deviation_normalised", "quadratic_kappa"),
    ),
}


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("manifest", type=Path)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--epochs", type=int, default=8)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    prepare()
    table = pl.read_csv(given.manifest)
    photos = [read_rgb(given.manifest.parent / name)[..., 0] for name in table["image"]]
    given.out.mkdir(parents=True, exist_ok=True)
    for name, question in QUESTIONS.items():
        said = {m: answers(m, name, question, table, photos, given) for m in METHODS}
        report(name, question, table, said)


def prepare() -> None:
    from cutis.training.process import prepare as prepare_process

    prepare_process()
    from cutis.models.torchvision_operators import ensure

    ensure()


def answers(
    method: str, name: str, question: Question, table: pl.DataFrame, photos: Photos, given: Any
) -> NDArray[np.float64]:
    """(rows, labels) probabilities, each row's by what was trained without its fold."""
    labels, truth = np.unique(table[question.target].to_numpy(), return_inverse=True)
    fold = question.fold(table)
    out = np.zeros((len(table), len(labels)))
    for number in range(fold.max() + 1):
        place = given.out / f"{name}-{method}-{number}.npy"
        if not place.exists():
            started = time.process_time()
            learn = patterns if method == "patterns" else network
            held = fold == number
            found = learn(method, photos, truth, ~held, held, question.ordinal, given)
            np.save(place, found)
            spent = time.process_time() - started
            print(f"{name}, {method}, fold {number + 1}: {spent:.0f} s of processor", flush=True)
        out[fold == number] = np.load(place)
    return out


def patterns(
    method: str, photos: Photos, truth: Any, seen: Any, held: Any, ordinal: bool, given: Any
) -> NDArray[np.float64]:
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    place = given.out / "histograms.npy"
    if not place.exists():
        np.save(place, np.stack([histograms(photo) for photo in photos]))
    x = np.load(place)
    linear = LogisticRegressionCV(
        Cs=5, cv=3, max_iter=2000, scoring="neg_log_loss", l1_ratios=(0,), use_legacy_attributes=False
    )
    model = make_pipeline(StandardScaler(), linear).fit(x[seen], truth[seen])
    return np.asarray(model.predict_proba(x[held]))


def histograms(photo: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Shares of the rotation-invariant uniform patterns of Ojala et al. 2002, at every radius."""
    return np.concatenate([_histogram(photo.astype(np.float32), *circle) for circle in RADII])


def _histogram(photo: NDArray[np.float32], radius: int, points: int) -> NDArray[np.float64]:
    middle = photo[radius:-radius, radius:-radius]
    angles = 2 * np.pi * np.arange(points) / points
    brighter = np.stack([_beside(photo, radius, angle) >= middle for angle in angles])
    changes = (brighter != np.roll(brighter, 1, axis=0)).sum(0)
    kind = np.where(changes <= 2, brighter.sum(0), points + 1)
    return np.bincount(kind.ravel(), minlength=points + 2) / kind.size


def _beside(photo: NDArray[np.float32], radius: int, angle: float) -> NDArray[np.float32]:
    """What lies that far from every pixel, in that direction; bilinear."""
    height, width = (side - 2 * radius for side in photo.shape)
    down, right = (round(float(v), 6) + radius for v in (-radius * np.sin(angle), radius * np.cos(angle)))
    top, left = int(down), int(right)
    bottom, far = min(top + 1, 2 * radius), min(left + 1, 2 * radius)
    rows = [photo[at : at + height] for at in (top, bottom)]
    between = rows[0] + np.float32(down - top) * (rows[1] - rows[0])
    columns = [between[:, at : at + width] for at in (left, far)]
    return np.asarray(columns[0] + np.float32(right - left) * (columns[1] - columns[0]))


def network(
    method: str, photos: Photos, truth: Any, seen: Any, held: Any, ordinal: bool, given: Any
) -> NDArray[np.float64]:
    import torch

    from cutis.training.process import bf16_is_fast

    torch.manual_seed(given.seed)
    rng = np.random.default_rng(given.seed)
    model = built(method, int(truth.max()) + 1, ordinal).to(memory_format=torch.channels_last)
    rows = np.flatnonzero(seen)
    steps = given.epochs * (len(rows) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps, pct_start=0.1)
    model.train()
    for chosen in batches(rows, given.epochs, rng):
        x = torch.from_numpy(np.stack([varied(photos[row], rng) for row in chosen]))
        x = x[:, None].expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16_is_fast()):
            logits = model(x)
        loss = torch.nn.functional.cross_entropy(
            logits.float(), torch.from_numpy(truth[chosen]), label_smoothing=0.05
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return whole_photos(model.eval(), [photos[row] for row in np.flatnonzero(held)])


def whole_photos(model: Any, photos: Photos) -> NDArray[np.float64]:
    import torch

    with torch.no_grad():
        x = [torch.from_numpy(standard(photo))[None, None].expand(-1, 3, -1, -1) for photo in photos]
        return np.stack([torch.softmax(model(one), 1)[0].double().numpy() for one in x])


def batches(rows: NDArray[Any], epochs: int, rng: np.random.Generator) -> Iterator[NDArray[Any]]:
    for _ in range(epochs):
        order = rng.permutation(rows)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            yield order[start : start + BATCH]


def varied(photo: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """A crop at the photo's own scale, mirrored and in another light."""
    top, left = (int(rng.integers(side - CROP + 1)) for side in photo.shape)
    crop = standard(photo[top : top + CROP, left : left + CROP])
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    gain, shift = rng.uniform(0.75, 1.25), rng.uniform(-0.4, 0.4)
    return np.ascontiguousarray(crop * gain + shift, dtype=np.float32)


def standard(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray((photo / 255 - 0.5) / 0.25, dtype=np.float32)


def built(method: str, labels: int, ordinal: bool) -> Any:
    from cutis.models.backbones import InputRules
    from cutis.models.classifier import Classifier, ClassifierSettings
    from cutis.models.texture import MEAN, STD, build

    settings = ClassifierSettings("texture", labels, CROP, ordinal=ordinal, dropout=0.0)
    texture = build(settings)
    if method == "texture":
        return texture
    plain = Classifier(plain_backbone(), InputRules(CROP, MEAN, STD, "native"), settings)
    sizes = [sum(p.numel() for p in model.parameters()) for model in (texture, plain)]
    assert abs(sizes[1] / sizes[0] - 1) < 0.1, sizes
    return plain


def plain_backbone() -> Any:
    from torch import nn

    widths = (1, 48, 104, 168, 256)
    layers: list[nn.Module] = []
    for before, width in pairwise(widths):
        layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if width < widths[-1] else []

    class Plain(nn.Module):
        num_features = widths[-1]

        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(*layers)

        def forward_features(self, x: Any) -> Any:
            return self.layers(x.mean(1, keepdim=True))

    return Plain()


def report(name: str, question: Question, table: pl.DataFrame, said: dict[str, NDArray[np.float64]]) -> None:
    """A row per figure and method, then the differences, drawn from the same bootstrap."""
    labels, truth = np.unique(table[question.target].to_numpy(), return_inverse=True)
    index, count = number_groups(question.group(table))
    names = tuple(map(str, labels))
    scored = np.ones(len(names), np.bool_)
    asked = [
        figures(
            Answers(names, truth, p.argmax(1), p, scored, index, count, ordinal=question.ordinal),
            question.wanted,
        ).statistic
        for p in said.values()
    ]
    shape = (len(said), len(question.wanted))
    values = observed(stacked(asked), count).reshape(shape)
    draws = bootstrap(stacked(asked), count, REPLICATES, np.random.default_rng(0)).reshape(*shape, -1)
    print(f"\n{name}: {len(table)} photos, intervals over {count} groups")
    for column, figure in enumerate(question.wanted):
        for row, method in enumerate(said):
            tell(figure, method, values[row, column], draws[row, column])
        for row, method in list(enumerate(said))[1:]:
            tell(
                figure,
                f"texture - {method}",
                values[0, column] - values[row, column],
                draws[0, column] - draws[row, column],
            )


def tell(figure: str, who: str, value: float, draws: NDArray[np.float64]) -> None:
    low, high = percentile(draws)[0]
    print(f"  {figure:36} {who:20} {value:+.3f} ({low:+.3f} to {high:+.3f})")


if __name__ == "__main__":
    main()
