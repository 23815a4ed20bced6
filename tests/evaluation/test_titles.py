from __future__ import annotations

from cutis.evaluation.titles import label_titles


def test_short_names_that_public_sets_use_have_titles() -> None:
    titles = label_titles(("akiec", "mel", "nv", "scc", "inf"))
    assert titles["akiec"] == "Actinic keratosis or Bowen's disease"  # of a task
    assert titles["inf"] == "Inflammatory or infectious"  # of a set that no task knows
    assert list(titles) == ["akiec", "mel", "nv", "scc", "inf"]


def test_a_task_s_own_labels_have_its_titles() -> None:
    assert label_titles(("melanocytic_nevus", "hemangioma"))["melanocytic_nevus"] == "Melanocytic nevus"


def test_names_of_which_one_is_foreign_are_shown_as_they_are() -> None:
    assert label_titles(("mel", "my_own")) == {"mel": "mel", "my_own": "my own"}
