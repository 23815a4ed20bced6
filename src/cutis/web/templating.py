"""Pages from templates, in the frame that all pages of the platform share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse

from cutis.pages.environment import environment
from cutis.web import numbers, words
from cutis.web.languages.catalogues import LANGUAGES
from cutis.web.people.access import Access
from cutis.web.people.form_tokens import VISITOR, form_token
from cutis.web.people.roles import Permission, Role
from cutis.web.platform import platform_of

if TYPE_CHECKING:
    from jinja2 import Environment


def web_environment() -> Environment:
    """The templates of the platform; all that people read is marked for translation."""
    made = environment("cutis.web")
    made.add_extension("jinja2.ext.i18n")
    made.install_gettext_callables(words._, words.ngettext, newstyle=True, pgettext=words.pgettext)  # type: ignore[attr-defined]
    made.filters.update(
        day=_day, weekday=_weekday, moment=_moment, machine=datetime.isoformat, number=_number
    )
    made.filters.update(whole_percent=numbers.whole_percent, in_thousand=numbers.in_thousand)
    made.filters.update(of_hundred=numbers.of_hundred)
    made.filters["said"] = _said
    made.globals.update(Permission=Permission, Role=Role, languages=LANGUAGES)
    return made


def _said(name: str) -> str:
    """A name in the language of the request, where the catalogues have it: of a model, a label, a task.

    Unlike ``_()`` it takes no values and makes nothing safe: names may be anybody's.
    """
    return words._(name) if name else ""


def _here(request: Request) -> str:
    """The address of a page, to come back to it in another language; the answer to a form has none."""
    if request.method != "GET":
        return "/"
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _moment(moment: datetime) -> str:
    """A moment as the language writes it, UTC."""
    if words.language() == "en":
        return f"{moment:%Y-%m-%d %H:%M} UTC"
    from babel.dates import format_date, format_time

    day, time = (
        format_date(moment, locale=words.language()),
        format_time(moment, "short", locale=words.language()),
    )
    return f"{day} {time} UTC"


def _day(day: date) -> str:
    """A day as the language writes it."""
    if words.language() == "en":
        return day.isoformat()
    from babel.dates import format_date

    return format_date(day, locale=words.language())


def _weekday(day: date) -> str:
    """A day as one says it to somebody, such as Wednesday 25 November."""
    from babel.dates import format_date

    written = "M月d日EEEE" if words.language() in ("ja", "zh") else "EEEE d MMMM"
    return format_date(day, written, locale=words.language())


def _number(number: float) -> str:
    """A number as the language groups its digits."""
    from babel.numbers import format_decimal

    return format_decimal(number, locale=words.language())


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """A page.

    Args:
        request: that it answers; its templates find ``access``, ``form_token`` and ``missing``.
        template: below ``templates``.
        status: of HTTP.
        headers: of the answer.
        values: of the template's names.
    """
    platform = platform_of(request)
    made: Environment = request.app.state.environment
    access = getattr(request.state, "access", Access())
    values.setdefault("problem", "")
    html = made.get_template(template).render(
        access=access,
        form_token=form_token(request, platform.secret),
        asset=request.app.state.asset,
        missing=platform.missing,
        language=words.language(),
        here=_here(request) if status < 400 else "/",
        **values,
    )
    answer = HTMLResponse(html, status, headers=dict(headers or {}))
    if visitor := getattr(request.state, "visitor", ""):
        answer.set_cookie(
            VISITOR, visitor, httponly=True, samesite="strict", secure=platform.settings.encrypted
        )
    return answer
