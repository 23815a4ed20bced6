"""The access matrix of the documentation, written from the routes: ``python -m cutis.web.people.matrix``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cutis.web.people.access import Declared
from cutis.web.people.roles import OF_EVERY_SITE, TABLE, Permission, Role

_ROLES = (Role.ADMINISTRATOR, Role.INVESTIGATOR, Role.CLINICIAN, Role.READER, Role.PARTICIPANT)
_HEAD = """# Who may do what

Written from the routes by `python -m cutis.web.people.matrix`; a test compares it with them.

A role other than administrator is held in one study and counts in that study only: to everybody else the
study does not exist, and the answer is the one of an address where there is nothing. An administrator who is
to see a study's photos needs an invitation to it like everybody. Each route below is tried by each role in
its own study and in another one, and with identities of another study mixed in, on SQLite and on PostgreSQL.

A participant comes by link, without an account, on a phone that is open for that one participant alone. A
clinician or an investigator who takes photos for a participant has the same pages, while signed in.

A member of a study can be bound to some of its sites. What is of participants of another site is then not
there, by any route. What reaches all of a study is closed then, whatever the role:

{closed}
- send DICOM objects

Photos of other sites are no cases for such a reader either: invite a reader who is bound to none.

"""


def access_matrix(routes: Iterable[Declared]) -> str:
    """The matrix as Markdown: a line for each route, a column for each role."""
    columns = ["not signed in", *(role.value for role in _ROLES)]
    rule = [":--", ":--", *[":-:"] * len(columns)]
    lines = [_row(["route", "needs to", *columns]), _row(rule)]
    for one in sorted(routes, key=lambda one: (one.path.startswith("/api"), one.path, one.method)):
        open_to_all = one.permission is Permission.OPEN
        marks = [open_to_all, *(open_to_all or _may(role, one.permission) for role in _ROLES)]
        lines.append(
            _row(
                [
                    f"`{one.method} {one.path}`",
                    one.permission.value,
                    *("yes" if mark else "" for mark in marks),
                ]
            )
        )
    closed = "\n".join(sorted(f"- {one.value}" for one in OF_EVERY_SITE))
    return _HEAD.replace("{closed}", closed) + "\n".join(lines) + "\n"


def _may(role: Role, permission: Permission) -> bool:
    """A participant is not signed in; every other role is."""
    signed_in = permission is Permission.SIGNED_IN and role is not Role.PARTICIPANT
    return signed_in or permission in TABLE[role]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    from fastapi import FastAPI

    from cutis.web.app import PARTS
    from cutis.web.people.access import declared

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for part in PARTS:
        app.router.routes.extend(part.routes)
    Path("docs/access.md").write_text(access_matrix(declared(app)), encoding="utf-8")
