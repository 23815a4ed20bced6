"""Pages of a participant's phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from cutis.web.bodies import Form
from cutis.web.capture import consent_routes, links, uploads
from cutis.web.capture.camera import camera_setting
from cutis.web.capture.pages import participant_page
from cutis.web.capture.quality import advise, quality_of
from cutis.web.capture.stand import Stand, next_view, stand_of
from cutis.web.database.row import new_id
from cutis.web.errors import RefusedError, answer
from cutis.web.languages import choice
from cutis.web.people import taking_part
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.form_tokens import form_token
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.studies import consent as consents
from cutis.web.studies.answers import add_answers
from cutis.web.studies.consent import LANGUAGES
from cutis.web.templating import page

router = APIRouter()
router.routes.extend(consent_routes.router.routes)

Anybody = Annotated[Access, needs(Permission.OPEN)]
Taking = Annotated[Access, needs(Permission.TAKE_PART)]
HOME = "/take-part"


@router.get("/c/{link}")
def link_page(request: Request, held: Held, access: Anybody, link: str) -> Response:
    """What a link is for; looking at it does not use it up, since messengers look at links too."""
    held.by_address.count(_address(request))
    try:
        with held.database.reading() as session:
            found = links.find(session, link)
            study = links.study_of(session, found)
            texts = {one.language for one in consents.texts_now(session, study)}
    except RefusedError:
        links.note_refused(held, link)
        raise
    return page(
        request,
        "capture/begin.html",
        study=study,
        link=link,
        tongues=LANGUAGES,
        tongue=wanted if (wanted := choice.language_of(request)) in (texts or LANGUAGES) else "en",
        once=found.once,
        owner=uploads.owner_tag(held, found.participant_id),
    )


@router.post("/c/{link}")
def open_link(request: Request, held: Held, access: Anybody, form: Filled, link: str) -> Response:
    """Open a link on this phone."""
    held.by_address.count(_address(request))
    language = language_of(form)
    made = begin(held, links.open_link(held, link, language))
    # The link's own page, which the phone's cookies never reach, then asks in this language again.
    made.set_cookie(choice.COOKIE, language, httponly=True, samesite="lax", secure=held.settings.encrypted)
    return made


def begin(held: Platform, opened: links.Opened) -> Response:
    """Go on with a phone that was opened: the answer that gives it its cookie."""
    made = RedirectResponse(HOME, 303)
    made.set_cookie(
        taking_part.COOKIE,
        opened.cookie,
        max_age=round(held.settings.phone_days * 86_400),  # a queue outlives the browser
        path=taking_part.PATH,
        httponly=True,
        samesite="strict",
        secure=held.settings.encrypted,
    )
    _speak(held, made, opened.phone.language)
    return made


@router.get(HOME)
def home(request: Request, held: Held, access: Taking) -> Response:
    """What is next, and what waits on this phone."""
    return participant_page(request, held, access, "capture/home.html")


@router.get("/take-part/visits/{visit}/questions/{questionnaire}")
def questions_page(request: Request, held: Held, access: Taking, visit: str, questionnaire: str) -> Response:
    """A questionnaire."""
    return _questions(request, held, access, visit, questionnaire, {})


@router.post("/take-part/visits/{visit}/questions/{questionnaire}")
def answer_questions(
    request: Request, held: Held, access: Taking, form: Filled, visit: str, questionnaire: str
) -> Response:
    """Keep the answers."""
    with held.database.reading() as session:
        stand = stand_of(session, access)
    stand.need_consent()
    given = _given(form)
    try:
        key = form.text("key", most=64)
        add_answers(held, access, access.participant, visit, questionnaire, given, key)
    except RefusedError as error:
        if error.status != 422:
            raise
        return _questions(request, held, access, visit, questionnaire, given, problem=error.words)
    return RedirectResponse(HOME, 303)


@router.get("/take-part/visits/{visit}")
def visit_page(request: Request, held: Held, access: Taking, visit: str) -> Response:
    """The camera, for the views of a visit one after the other."""
    with held.database.reading() as session:
        stand = stand_of(session, access)
        quality = quality_of(held, session, access.study)
    if stand.text is not None:
        return RedirectResponse("/take-part/consent", 303)
    stand.need_consent()
    found = stand.visit(visit)
    return page(
        request,
        "capture/camera.html",
        stand=stand,
        visit=found,
        views=stand.views(found),
        setting=camera_setting(held, stand, found, quality),
        key=new_id(),
        owner=uploads.owner_tag(held, access.participant),
    )


@router.post("/take-part/language")
def choose_language(held: Held, access: Taking, form: Filled) -> Response:
    """Go on in another language, the consent text with it."""
    language = language_of(form)
    links.speak(held, access, language)
    made = RedirectResponse(HOME, 303)
    _speak(held, made, language)
    return made


@router.get("/take-part/state")
def state(request: Request, held: Held, access: Taking) -> Response:
    """For the phone's queue: of whom it is, whether its photos are taken now, and what has arrived."""
    with held.database.reading() as session:
        stand = stand_of(session, access)
    token = form_token(request, held.secret)
    return JSONResponse({**told(held, stand), "unsigned": stand.unsigned, "form_token": token})


def told(held: Platform, stand: Stand) -> dict[str, Any]:
    """What has arrived of a participant, and what is due next."""
    following = next_view(stand)
    return {
        "owner": uploads.owner_tag(held, stand.participant.id),
        "kept": [
            {"visit": visit, "view": view, "photos": count} for (visit, view), count in stand.taken.items()
        ],
        "next": {"visit": following[0], "view": following[1]} if following else None,
    }


@router.post("/take-part/photos")
async def send_photo(request: Request, held: Held, access: Taking, form: Filled) -> Response:
    """Take a photo in, exactly once. The phone's queue asks for JSON; a plain form goes on to a page."""
    script = request.headers.get("accept", "") == "application/json"
    try:
        given = uploads.given_of(form)
        async with held.decoding:
            arrived, stand = await run_in_threadpool(uploads.take_photo, held, access, given)
    except RefusedError as error:
        if not script:
            return answer(request, error)
        return JSONResponse({"title": error.title, "detail": error.words}, error.status)
    if not script:
        return RedirectResponse(f"/take-part/visits/{given.visit}", 303)
    return JSONResponse(told(held, stand), 201 if arrived.new else 200)


@router.post("/take-part/advice")
async def advice(held: Held, access: Taking, form: Filled) -> Response:
    """What the quality gate says of a photo, of which nothing is kept: where a phone cannot ask it itself."""
    file, outlined = form.file("photo").file, form.ticked("outlined")

    def ask() -> dict[str, object]:
        with held.database.reading() as session:
            said = advise(held, session, access.study, file, outlined=outlined)
        return {"passed": said.passed, "sentence": said.sentence}

    try:
        async with held.decoding:
            return JSONResponse(await run_in_threadpool(ask))
    except RefusedError as error:
        return JSONResponse({"title": error.title, "detail": error.words}, error.status)


@router.get("/take-part/model/{digest}")
def model(held: Held, access: Taking, digest: str) -> Response:
    """The network of the quality gate; what is under a digest never changes."""
    with held.database.reading() as session:
        quality = quality_of(held, session, access.study)
    if quality is None or quality.digest != digest:
        raise RefusedError(404)
    lasts = {"cache-control": "private, max-age=31536000, immutable"}
    return Response(quality.model, media_type="application/octet-stream", headers=lasts)


@router.post("/take-part/finish")
def finish(held: Held, access: Taking) -> Response:
    """This phone is done with the participant."""
    links.finish(held, access)
    made = RedirectResponse("/take-part/finished", 303)
    for name in (taking_part.COOKIE, choice.PHONE):
        made.delete_cookie(name, path=taking_part.PATH)
    return made


@router.get("/take-part/finished")
def finished(request: Request, access: Anybody) -> Response:
    """Nothing of the participant is on this phone any more."""
    return page(request, "capture/finished.html")


def language_of(form: Form) -> str:
    """The language that was chosen."""
    chosen = form.text("language", most=8, needed=False)
    return chosen if chosen in LANGUAGES else "en"


def _speak(held: Platform, made: Response, language: str) -> None:
    """What the participant reads on this phone; elsewhere a nurse who holds it goes on as before."""
    made.set_cookie(
        choice.PHONE,
        language,
        max_age=round(held.settings.phone_days * 86_400),
        path=taking_part.PATH,
        httponly=True,
        samesite="strict",
        secure=held.settings.encrypted,
    )


def _questions(
    request: Request,
    held: Platform,
    access: Access,
    visit: str,
    questionnaire: str,
    given: Mapping[str, Any],
    problem: str = "",
) -> Response:
    with held.database.reading() as session:
        stand = stand_of(session, access)
    stand.need_consent()
    found = stand.visit(visit)
    asked = next((one for one in stand.questionnaires(found) if one.key == questionnaire), None)
    if asked is None:
        raise RefusedError(404)
    return page(
        request,
        "capture/questions.html",
        status=422 if problem else 200,
        stand=stand,
        visit=found,
        asked=asked,
        given=given,
        key=new_id(),
        problem=problem,
        owner=uploads.owner_tag(held, access.participant),
    )


def _given(form: Form) -> dict[str, Any]:
    """The answers of a form: one value for each question, or a list where several were ticked."""
    given = dict[str, Any]()
    for name in dict.fromkeys(form.data.keys()):
        if name.startswith("q_"):
            values = [one for one in form.data.getlist(name) if isinstance(one, str) and one]
            given[name.removeprefix("q_")] = values if len(values) > 1 else "".join(values)
    return given


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
