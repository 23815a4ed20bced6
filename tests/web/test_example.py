"""The example: a study that can be looked around in, of rendered photos alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cutis.core.errors import CutisError
from cutis.web.app import open_platform
from cutis.web.database import Analysis, Consent, Participant, Photo, ReaderStudy, User
from cutis.web.example import make_example
from cutis.web.example.study import PHOTOS
from cutis.web.people.passwords import fits
from cutis.web.settings import Settings


@pytest.mark.slow
def test_an_empty_installation_gets_a_study_to_look_around_in(
    tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    held = open_platform(Settings(data_folder=tmp_path))
    steps: list[int] = []
    made = make_example(held, steps.append)
    assert sum(steps) == made.photos == PHOTOS
    with held.database.reading() as session:
        user = session.scalars(select(User)).one()
        assert user.login == made.login
        assert fits(made.password, user.password)
        assert session.scalar(select(func.count(Photo.id))) == PHOTOS
        assert session.scalar(select(func.count(Participant.id))) == 6
        assert session.scalar(select(func.count(Consent.id))) == 5
        assert session.scalars(select(ReaderStudy.state)).all() == ["open"]
        assert set(session.scalars(select(Analysis.state))) == {"waiting"}
    again = make_example(held)
    assert again.photos == 0
    with held.database.reading() as session:
        kept = session.scalars(select(User.password)).one()
    assert fits(again.password, kept)
    assert not fits(made.password, kept)
    held.database.close()


def test_where_people_work_no_example_is_made(tmp_path: Path) -> None:
    held = open_platform(Settings(data_folder=tmp_path))
    with held.database.writing() as session:
        session.add(User(login="example", name="Somebody", password="none"))
    with pytest.raises(CutisError, match="people work here already"):
        make_example(held)
    with held.database.reading() as session:
        assert session.scalars(select(User.password)).all() == ["none"]
    held.database.close()
