# ruff: noqa: F401, F811 (fixtures of another part, by their names)
"""What a phone does where something fails: no network at a form, no photo for a moment, another camera."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .test_capture_in_a_browser import (
    PHONE,
    UNSIGNED,
    WAIT,
    Served,
    _begin,
    _eventually,
    _page,
    _program,
    _shoot,
    _sign,
    needs_runtime,
    phone,
    served,
    skins,
)

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

_WAITING = """import('/static/capture/queue.js').then(({ all }) => all())
  .then((entries) => entries.filter((one) => one.state === 'waiting').length)"""


def test_withdrawing_without_a_network_loses_no_photo_and_is_said(phone: Any, served: Served) -> None:
    participant = served.participant()
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    page.route("**/take-part/photos", lambda route: route.abort())
    _begin(page, served.link(participant))
    page.get_by_role("link", name="Take the photos").click()
    _shoot(page)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("1 photo is saved on this phone and not sent yet").wait_for()
    page.goto(f"{served.address}/take-part/withdraw")
    page.get_by_label("I withdraw").check()
    context.set_offline(True)
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_text("There is no network. Nothing was changed.").wait_for()
    context.set_offline(False)
    assert page.evaluate(_WAITING) == 1
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("heading", name="Receipt").wait_for()
    with page.expect_download() as kept:
        page.get_by_role("button", name="Save the receipt").click()
    words = Path(kept.value.path()).read_text()
    assert participant.pseudonym in words and page.locator("#receipt .mono").inner_text() in words
    assert page.evaluate(_WAITING) == 0
    context.close()


def test_a_page_that_is_not_kept_says_that_there_is_no_network(phone: Any, served: Served) -> None:
    context = phone.new_context(viewport=PHONE)
    page = _page(context)
    _begin(page, served.link(served.participant()))
    _eventually(lambda: page.evaluate("caches.match('/take-part/offline').then(Boolean)"))
    _eventually(lambda: page.evaluate("navigator.serviceWorker.controller !== null"))
    context.set_offline(True)
    told = page.get_by_role("heading", name="There is no network now")

    def says_so() -> bool:  # the worker comes to be without a network a moment after its pages
        page.goto(f"{served.address}/take-part/withdraw")
        return bool(told.count())

    _eventually(says_so)
    page.get_by_role("link", name="Back to what is due").click()
    page.get_by_role("heading", name="What is due now").wait_for()
    context.close()


def test_a_signature_and_answers_wait_on_their_page_for_a_network(browser: Any, served: Served) -> None:
    participant = served.participant(signed=False)
    context = browser.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    _begin(page, served.link(participant))
    page.get_by_role("link", name="Read the consent").click()
    page.wait_for_url("**/take-part/consent")  # with its script
    page.get_by_role("button", name="I agree and sign").click()
    page.get_by_text(UNSIGNED).wait_for()
    context.set_offline(True)
    with pytest.raises(AssertionError):
        _sign_quickly(page)
    page.get_by_text("Your signature stays here").wait_for()
    expect(page.get_by_text(UNSIGNED)).to_be_hidden()
    context.set_offline(False)
    page.get_by_role("button", name="I agree and sign").click()
    page.wait_for_url("**/take-part")
    context.close()


def test_who_presses_before_the_scripts_are_here_is_told_the_same_and_loses_nothing(
    phone: Any, served: Served
) -> None:
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    page.route("**/consent.js*", lambda route: route.abort())
    _begin(page, served.link(served.participant(signed=False)))
    page.goto(f"{served.address}/take-part/consent")
    page.get_by_role("button", name="I agree and sign").click()
    page.get_by_text(UNSIGNED).wait_for()
    page.unroute("**/consent.js*")
    page.reload()  # of the server's answer, with its words and now with the script
    expect(page.get_by_text(UNSIGNED)).to_be_visible()
    _sign(page)
    page.route("**/take-part/photos", lambda route: route.abort())
    page.get_by_role("link", name="Take the photos").click()
    _shoot(page)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("1 photo is saved on this phone and not sent yet").wait_for()
    page.route("**/home.js*", lambda route: route.abort())
    page.goto(f"{served.address}/take-part")
    finish = page.get_by_role("button", name="Finish on this phone")
    expect(finish).to_be_hidden()
    assert page.evaluate(_WAITING) == 1
    page.unroute("**/home.js*")
    page.reload()
    finish.click()
    page.get_by_text("Photos on this phone were not sent yet").wait_for()
    assert page.evaluate(_WAITING) == 1
    context.close()


def test_of_two_cameras_the_other_one_is_taken_by_a_button(browser: Any, served: Served) -> None:
    cameras = "--use-fake-device-for-media-stream=device-count=2"
    two = ["--no-sandbox", "--use-fake-ui-for-media-stream", cameras]
    opened = browser.browser_type.launch(executable_path=_program(), args=two)
    page = _page(opened.new_context(viewport=PHONE, service_workers="block"))
    _begin(page, served.link(served.participant()))
    page.get_by_role("link", name="Take the photos").click()
    page.locator(".shutter:not(:disabled)").wait_for(timeout=WAIT)
    which = "document.querySelector('video').srcObject.getVideoTracks()[0].getSettings().deviceId"
    first = page.evaluate(which)
    page.get_by_role("button", name="Other camera").click()
    _eventually(lambda: page.evaluate(which) != first)
    page.locator(".shutter:not(:disabled)").wait_for(timeout=WAIT)
    _shoot(page)
    opened.close()


@needs_runtime
@pytest.mark.parametrize("missing", ["VideoFrame", "OffscreenCanvas", ""])
def test_advice_comes_with_and_without_frames_that_a_worker_can_read(
    missing: str, phone: Any, served: Served
) -> None:
    context = phone.new_context(viewport=PHONE, service_workers="block")
    if missing:
        context.add_init_script(f"delete window.{missing};")
    page = _page(context)
    _begin(page, served.link(served.participant()))
    page.get_by_role("link", name="Take the photos").click()
    page.get_by_text("Good. Hold still and take the photo.").first.wait_for(timeout=WAIT)
    context.close()


def test_a_view_whose_photo_waits_on_the_phone_says_so_on_the_first_page(phone: Any, served: Served) -> None:
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    page.route("**/take-part/photos", lambda route: route.abort())
    _begin(page, served.link(served.participant()))
    page.get_by_role("link", name="Take the photos").click()
    _shoot(page)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("1 photo is saved on this phone and not sent yet").wait_for()
    page.get_by_role("link", name="Back").click()
    expect(page.locator("[data-view='start/spot']")).to_contain_text("Saved on this phone")
    expect(page.locator("[data-view='start/hand'] .unknown")).to_be_hidden()
    context.close()


def test_a_photo_that_a_busy_server_does_not_take_stays_and_is_sent_again(phone: Any, served: Served) -> None:
    participant = served.participant()
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    busy = [True]
    told = {"status": 503, "content_type": "application/json", "body": '{"title": "", "detail": ""}'}
    page.route("**/take-part/photos", lambda route: route.fulfill(**told) if busy else route.continue_())
    _begin(page, served.link(participant))
    page.get_by_role("link", name="Take the photos").click()
    _shoot(page)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("That did not work. It is tried again by itself.").wait_for()
    busy.clear()
    page.get_by_text("1 photo sent").wait_for(timeout=WAIT)
    assert len(served.photos(participant)) == 1
    context.close()


def test_what_is_said_of_a_spot_is_not_said_of_a_part_of_the_body(phone: Any, served: Served) -> None:
    context = phone.new_context(viewport=PHONE, service_workers="block")
    page = _page(context)
    page.goto(served.link(served.participant()))
    script = """async (findings) => {
      const { Gate } = await import('/static/capture/gate.js');
      const words = { kept: 'kept', good: 'good', unfaulted: 'unfaulted', outline: 'outline' };
      const gate = new Gate({ good: [1], threshold: 0.5, plausible: 0.5, of_a_spot: [1],
        advice: ['dark', 'far'], words });
      const answer = { probabilities: [0.9, 0.1], findings };
      return [gate.verdict(answer, false).live, gate.verdict(answer, true).live];
    }"""
    assert page.evaluate(script, [0.1, 0.9]) == ["far", "outline"]
    assert page.evaluate(script, [0.7, 0.9]) == ["far", "dark"]
    context.close()


def _sign_quickly(page: Any) -> None:
    """Sign where no other page follows."""
    page.set_default_timeout(3000)
    try:
        _sign(page)
    except Exception as error:
        raise AssertionError("no page followed") from error
    finally:
        page.set_default_timeout(WAIT)
