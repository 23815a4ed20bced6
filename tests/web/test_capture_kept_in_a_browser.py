# ruff: noqa: F401, F811 (fixtures of another part, by their names)
"""What a phone keeps until the server has it, whatever the server answers and whoever taps twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from cutis.web.database import ConsentText

from .test_capture_in_a_browser import (
    PHONE,
    WAIT,
    Served,
    _begin,
    _eventually,
    _page,
    _shoot,
    _sign,
    phone,
    served,
    skins,
)

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

_QUEUE = "const { all, flush, fresh, keep, send } = await import('/static/capture/queue.js');"
_PHOTO = """const brush = document.createElement('canvas').getContext('2d');
  brush.fillStyle = `hsl(${Math.random()}turn 50% 50%)`;
  brush.fillRect(0, 0, 300, 150);
  const photo = await new Promise((resolve) => brush.canvas.toBlob(resolve, 'image/jpeg'));
  const entry = fresh(document.querySelector('#queue').dataset.owner, 'start', 'spot', photo);"""
_KEPT = f"""(async () => {{ {_QUEUE}
  return (await all()).map((one) => [one.state, one.photo instanceof Blob]); }})()"""
_NO_NETWORK = "1 photo is saved on this phone and not sent yet"


def _take(page: Any) -> None:
    page.get_by_role("link", name="Take the photos").click()
    _shoot(page)


def _new_text(served: Served) -> None:
    """The study publishes a new version of its consent."""
    study = served.access.study
    with served.platform.database.writing() as session:
        number = session.scalar(select(func.max(ConsentText.number)).where(ConsentText.study_id == study))
        session.add(
            ConsentText(
                study_id=study,
                number=(number or 0) + 1,
                language="en",
                text="We also compare photos of hands.",
                made_by=served.access.user,
            )
        )


def test_tapping_twice_keeps_a_photo_once(phone: Any, served: Served) -> None:
    participant = served.participant()
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    page.route("**/take-part/photos", lambda route: route.abort())
    _begin(page, served.link(participant))
    _take(page)
    page.evaluate("for (const _ of [1, 2, 3]) document.querySelector('.keep').click()")
    page.locator("#finder .view strong", has_text="Left hand").wait_for()
    page.get_by_text(_NO_NETWORK).wait_for()
    assert page.evaluate(_KEPT) == [["waiting", True]]
    page.unroute("**/take-part/photos")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.get_by_text("1 photo sent").wait_for()
    assert len(served.photos(participant)) == 1
    context.close()


def test_a_kept_entry_without_its_photo_leaves_and_those_behind_it_are_sent(
    browser: Any, served: Served
) -> None:
    participant = served.participant()
    context = browser.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    _begin(page, served.link(participant))
    page.evaluate(f"""(async () => {{ {_QUEUE} {_PHOTO}
      await keep({{ ...entry, key: '0'.repeat(32), photo: null }});
      await keep(entry); }})()""")
    page.goto(f"{served.address}/take-part")
    _eventually(lambda: len(served.photos(participant)) == 1)
    page.get_by_text("1 photo sent").wait_for()
    expect(page.locator("#queue .waiting")).to_be_hidden()
    context.close()


def test_photos_taken_before_a_new_consent_text_wait_until_it_is_signed(phone: Any, served: Served) -> None:
    participant = served.participant()
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    _begin(page, served.link(participant))
    _take(page)
    page.route("**/take-part/photos", lambda route: route.abort())
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text(_NO_NETWORK).wait_for()
    _new_text(served)
    page.unroute("**/take-part/photos")
    page.get_by_role("button", name="Send now").click()
    page.get_by_text("Photos are sent once you have read and signed it.").wait_for()
    assert page.evaluate(_KEPT) == [["waiting", True]]
    assert served.photos(participant) == []
    page.locator("#queue").get_by_role("link", name="Read the consent").click()
    page.wait_for_url("**/take-part/consent")  # with its script, without which no stroke is drawn
    _sign(page)
    _eventually(lambda: len(served.photos(participant)) == 1)
    page.get_by_text("1 photo sent").wait_for()
    expect(page.locator("#queue .sign")).to_be_hidden()
    context.close()


def test_pixels_are_deleted_only_on_the_servers_own_word_on_the_photo(browser: Any, served: Served) -> None:
    context = browser.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    _begin(page, served.link(served.participant()))
    answer: dict[str, Any] = {}
    page.route("**/take-part/photos", lambda route: route.fulfill(**answer))
    script = f"""(async () => {{ {_QUEUE} {_PHOTO}
      await keep(entry);
      const told = await send(entry, '');
      const kept = (await all()).find((one) => one.key === entry.key);
      return [told, kept.state, kept.photo instanceof Blob]; }})()"""

    def sent(status: int, kind: str = "application/json", body: str = '{"detail": "No."}') -> Any:
        answer.update(status=status, content_type=kind, body=body)
        return page.evaluate(script)

    for status in (400, 404, 408, 413, 418, 429, 500, 503):
        assert sent(status) == ["later", "waiting", True], status
    assert sent(422, "text/html", "<p>The form arrived damaged.</p>") == ["later", "waiting", True]
    assert sent(428) == ["unsigned", "waiting", True]
    for status in (409, 422):
        assert sent(status) == ["refused", "refused", False], status
    context.close()


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_phone_is_not_called_finished_while_it_still_takes_part(
    status: int, browser: Any, served: Served
) -> None:
    context = browser.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    _begin(page, served.link(served.participant()))
    page.route("**/take-part/photos", lambda route: route.abort())
    page.evaluate(f"(async () => {{ {_QUEUE} {_PHOTO} await keep(entry); }})()")
    page.route("**/take-part/finish", lambda route: route.fulfill(status=status, body=""))
    page.get_by_role("button", name="Finish on this phone").click()
    page.get_by_role("button", name="Delete them and finish").click()
    page.get_by_text("Everything is still on this phone.").wait_for()
    assert page.url == f"{served.address}/take-part"
    assert page.evaluate(_KEPT) == [["waiting", True]]
    page.unroute("**/take-part/finish")
    page.get_by_role("button", name="Finish on this phone").click()
    page.get_by_text("They would be lost.").wait_for()
    page.get_by_role("button", name="Delete them and finish").click()
    page.get_by_text("Nothing of you is on this phone any more").wait_for()
    context.close()


def test_a_phone_that_the_server_has_closed_already_is_finished(browser: Any, served: Served) -> None:
    context = browser.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    _begin(page, served.link(served.participant()))
    context.clear_cookies()
    page.get_by_role("button", name="Finish on this phone").click()
    page.get_by_text("Nothing of you is on this phone any more").wait_for()
    context.close()


def test_a_failing_server_is_asked_ever_more_rarely_and_nothing_is_written_anew(
    phone: Any, served: Served
) -> None:
    participant = served.participant()
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    _begin(page, served.link(participant))
    _take(page)
    asked: list[str] = []

    def fail(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, body="")

    page.route("**/take-part/state", fail)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("That did not work. It is tried again by itself.").wait_for()
    page.locator("#views .state", has_text="Saved on this phone").wait_for()
    page.wait_for_timeout(1000)
    page.evaluate("""window.written = 0;
      const seen = new MutationObserver((all) => (window.written += all.length));
      const whole = { subtree: true, childList: true, characterData: true, attributes: true };
      for (const id of ['queue', 'views']) seen.observe(document.getElementById(id), whole);""")
    asked.clear()
    page.wait_for_timeout(12_000)
    assert 1 <= len(asked) <= 5, "after 1, 2, 4 and 8 seconds, or a little less"
    assert page.evaluate("window.written") == 0
    page.unroute("**/take-part/state")
    page.evaluate("dispatchEvent(new Event('online'))")
    _eventually(lambda: len(served.photos(participant)) == 1)
    page.get_by_text("1 photo sent").wait_for()
    context.close()


def test_a_phone_too_full_to_keep_a_page_shows_the_new_one(browser: Any, served: Served) -> None:
    context = browser.new_context(viewport=PHONE)
    page = _page(context)
    _begin(page, served.link(served.participant()))
    _eventually(lambda: page.evaluate("caches.match('/take-part').then(Boolean)"))
    _eventually(lambda: page.evaluate("navigator.serviceWorker.controller !== null"))
    (worker,) = context.service_workers
    worker.evaluate("() => { Cache.prototype.put = () => Promise.reject(new DOMException('full')); }")
    _new_text(served)
    page.goto(f"{served.address}/take-part")
    page.get_by_role("heading", name="The consent has a new text").wait_for(timeout=10_000)
    context.close()


def test_a_camera_that_is_allowed_later_shows_its_picture_alone(phone: Any, served: Served) -> None:
    context = phone.new_context(viewport=PHONE, service_workers="block")
    context.add_init_script("""const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wanted) =>
        window.allowed ? ask(wanted) : Promise.reject(new DOMException('no', 'NotAllowedError'));""")
    page = _page(context)
    _begin(page, served.link(served.participant()))
    page.get_by_role("link", name="Take the photos").click()
    page.get_by_text("The camera is not allowed here.").wait_for()
    page.evaluate("window.allowed = true")
    page.get_by_role("button", name="Skip").click()
    page.locator(".shutter:not(:disabled)").wait_for()
    expect(page.get_by_text("The camera is not allowed here.")).to_be_hidden()
    expect(page.locator("#finder")).not_to_have_class("without")
    expect(page.locator("#finder .advice")).not_to_have_text("Choose a photo that you took before.")
    context.close()
