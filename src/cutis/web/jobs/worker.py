"""A worker: it takes up photos, asks the models, and writes down what they say."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cutis.web.analyse.engines import Engines
from cutis.web.analyse.kind import known_of
from cutis.web.analyse.run import analyse
from cutis.web.analyse.scene import Scene
from cutis.web.audit.chain import Audit
from cutis.web.database import Database, Photo
from cutis.web.jobs import claims
from cutis.web.models import registry
from cutis.web.photos.store import Store


@dataclass(frozen=True, eq=False)
class Worker:
    """What a worker holds.

    Attributes:
        folder: of the data.
        name: by which it takes photos up; another one at each start.
    """

    database: Database
    store: Store
    audit: Audit
    engines: Engines
    folder: Path
    name: str = field(default_factory=lambda: f"{os.getpid()}-{secrets.token_hex(6)}")

    @staticmethod
    def of(database: Database, store: Store, audit: Audit, folder: Path) -> Worker:
        """A worker with models of its own."""
        return Worker(database, store, audit, Engines(lambda digest: registry.place(folder, digest)), folder)

    def do(self, photo: str) -> int:
        """Ask all models that wait for a photo.

        Args:
            photo: identity; of one that is gone, or that another worker is at, nothing is done.

        Returns:
            How many analyses were written.
        """
        with self.database.writing() as session:
            taken = claims.take_up(session, photo, self.name)
        if taken is None:
            return 0
        found, rows = taken
        anyway = {one.id for one in rows if one.asked_anyway}
        written = 0

        def keep(outcomes: dict[str, claims.Outcome]) -> None:
            nonlocal written
            with self.database.writing() as session:
                written += claims.write_down(session, self.audit, found, self.name, outcomes)

        scene = self._scene(found)
        analyse(
            self.engines,
            scene,
            found.digest,
            {one.id: one.bundle_digest for one in rows},
            self.folder,
            keep,
            anyway,
        )
        scene.forget()
        return written

    def left_over(self) -> list[str]:
        """Photos for which something waits that nobody is at."""
        with self.database.reading() as session:
            return claims.left_over(session)

    def do_all(self) -> int:
        """Do all that waits, such as what a crash left.

        Returns:
            How many analyses were written.
        """
        written = 0
        while photos := self.left_over():
            done = sum(self.do(photo) for photo in photos)
            if not done and photos == self.left_over():
                break  # they cannot be taken up, and would be found again without end
            written += done
        return written

    def _scene(self, photo: Photo) -> Scene:
        with self.database.reading() as session:
            known = known_of(session, photo)
        return Scene(
            self.store.photo(photo.digest, photo.kind),
            self.store.preview(photo.digest),
            photo.width,
            photo.height,
            known,
        )
