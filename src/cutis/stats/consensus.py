"""Each rater against what the others decided, and a model in each rater's place.

A rater who had a say in the consensus agrees with it for that reason alone, so each is left out of the
vote that judges them. A model is put in the place of each rater in turn: the same cases, the same vote,
which the model never takes part in. Its mean lead over the raters is then a fair difference.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cutis.core.errors import CutisError
from cutis.stats.agreement import with_intervals
from cutis.stats.classification import Figures
from cutis.stats.confusion import macro
from cutis.stats.intervals import Estimate
from cutis.stats.pairwise import Array, PairFigure, kappa, pair_tables, same, table_sums
from cutis.stats.ratings import Codes, Panel, Ties, category_codes, vote
from cutis.stats.resampling import Weights


def others_majority(asked: Panel, *, ties: Ties = "missing") -> Array:
    """For each rater, the vote of the others on every case.

    Args:
        asked: from `ratings.panel`.
        ties: see `ratings.majority`; "missing" leaves the case out for that rater.

    Returns:
        (cases, raters) category, nan where the others are tied or nobody else rated the case.
    """
    columns = [
        vote(np.delete(asked.codes, rater, axis=1), asked.categories, ties)
        for rater in range(len(asked.names))
    ]
    return np.stack(columns, axis=1)


def leave_one_out(
    asked: Panel, *, model: ArrayLike | None = None, ordinal: bool = False, ties: Ties = "missing"
) -> Figures:
    """Agreement of each rater with the others' vote, as one statistic of the weights of groups.

    For `exact_agreement` and `cohen_kappa` (for grades `quadratic_kappa` besides): `<name>_<rater>` for
    each rater, and `<name>` for their mean. With a model also `<name>_model_for_<rater>`, judged on that
    rater's cases, `<name>_model` for the mean of these, and `<name>_model_lead`, the mean of the model
    less the mean of the raters. All are then over the cases that the model answered.

    Args:
        asked: from `ratings.panel`.
        model: (cases,) 0 .. categories-1, nan where it gives no answer.
        ordinal: the categories are grades.
        ties: how the others' vote treats a tie.

    Raises:
        CutisError: an answer of the model is no category, or there is not one for each case.
    """
    classes = asked.categories
    judged: dict[str, PairFigure] = {"exact_agreement": same, "cohen_kappa": kappa(classes, "nominal")}
    if ordinal:
        judged["quadratic_kappa"] = kappa(classes, "quadratic")
    said = asked.codes
    verdict = np.nan_to_num(others_majority(asked, ties=ties), nan=-1.0).astype(np.intp)
    if model is not None:
        answers = np.broadcast_to(_answers(model, asked)[:, None], said.shape)
        said = np.where(answers >= 0, said, -1)
        verdict = np.where(said >= 0, verdict, -1)
    tables = [_tables(verdict, said, asked)]
    if model is not None:
        tables.append(_tables(verdict, answers, asked))
    each = [asked.groups_where(column) for column in ((verdict >= 0) & (said >= 0)).T]
    names, support = [], []
    for name in judged:
        names += [name, *(f"{name}_{rater}" for rater in asked.names)]
        support += [max(each), *each]
        if model is not None:
            names += [f"{name}_model", *(f"{name}_model_for_{rater}" for rater in asked.names)]
            names.append(f"{name}_model_lead")
            support += [max(each), *each, max(each)]

    def statistic(weights: Weights) -> Array:
        summed = [table_sums(one, weights, classes) for one in tables]
        rows = []
        for kind in judged.values():
            found = [kind(one) for one in summed]  # (raters, replicates), of the raters and of the model
            means = [macro(one)[None] for one in found]
            for mean, one in zip(means, found, strict=True):
                rows += [mean, one]
            rows += [means[1] - means[0]] if len(means) > 1 else []
        return np.concatenate(rows)

    return Figures(tuple(names), tuple(support), statistic)


def leave_one_out_estimates(
    asked: Panel,
    replicates: int,
    rng: np.random.Generator,
    *,
    model: ArrayLike | None = None,
    ordinal: bool = False,
    ties: Ties = "missing",
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """`leave_one_out` with intervals from drawing groups of cases; see `agreement.estimates`."""
    wanted = leave_one_out(asked, model=model, ordinal=ordinal, ties=ties)
    return with_intervals(wanted, asked, replicates, rng, confidence=confidence)


def _answers(model: ArrayLike, asked: Panel) -> NDArray[np.intp]:
    values = np.asarray(model)
    if values.shape != (len(asked.codes),):
        raise CutisError(f"{len(asked.codes)} cases need as many answers; got the shape {values.shape}.")
    return category_codes(values[:, None], asked.categories)[:, 0]


def _tables(verdict: Codes, said: Codes, asked: Panel) -> Any:
    return pair_tables(verdict, said, asked.categories, asked.index, asked.count)
