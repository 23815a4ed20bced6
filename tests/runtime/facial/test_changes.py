"""What is said of changes between visits."""

from __future__ import annotations

import numpy as np

from cutis.runtime.facial.changes import over_time_answer
from cutis.runtime.facial.visits import AreaCourse, Course, Timeline, Visit
from cutis.stats.change import judge, repeatability

STEADY = repeatability(10 + np.random.default_rng(1).normal(0, 0.1, (12, 4)))


def course(measure: str, title: str, before: float, after: float) -> Course:
    change = judge(before, after, STEADY)
    return Course(measure, title, "", (before, after), (1, 1), {1: change}, None, STEADY, "a test")


def timeline(*courses: tuple[Course, ...]) -> Timeline:
    names = ("forehead", "nose", "chin")
    areas = tuple(
        AreaCourse(name, (None, None), (None, None), own) for name, own in zip(names, courses, strict=True)
    )
    return Timeline((Visit(0, "1", None, 1), Visit(1, "2", None, 1)), areas, ())


def test_a_condition_is_named_before_measures_that_changed_more() -> None:
    said = over_time_answer(
        timeline(
            (
                course("spot_area", "spot_area", 10, 2),
                course("grade_dermatitis", "Facial dermatitis", 3, 2),
            ),
            (),
            (),
        ),
        (),
    )
    assert said.more[0].startswith("Facial dermatitis on the forehead fell from 3.0 to 2.0")
    assert said.more[1].startswith("Spotted area")


def test_what_went_the_same_way_everywhere_may_be_the_light() -> None:
    darker = (course("roughness", "roughness", 10, 8),)
    mixed = (course("roughness", "roughness", 10, 12),)
    said = over_time_answer(timeline(darker, darker, darker), ())
    assert any("In every area alike: roughness" in note for note in said.notes)
    said = over_time_answer(timeline(darker, darker, mixed), ())
    assert not any("In every area alike" in note for note in said.notes)
