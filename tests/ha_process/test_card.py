"""The card in a real dashboard, against a simulator that talks: how it comes there, and all that it does then."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from axe import violations
from card_page import CardPage, microphone
from ha_browser import HaBrowser
from ha_socket import CommandError
from house_support import HALL, House, block, configuration
from overflow import overflowing
from playwright.async_api import Locator, Page, Route, expect
from talking import Talking
from voice_page import PageWithVoice, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOM: Final = "talk-room"
"""The dashboard's address."""
LAMP: Final = "light.reading_lamp"
TEMPLATES: Final = "- light:\n    - {name: Reading lamp, unique_id: reading_lamp, turn_on: [], turn_off: []}\n"
RELEASE: Final = tuple(int(part) for part in version("homeassistant").split(".")[:2])
PREFIX: Final = "intent__" if RELEASE >= (2026, 9) else ""
"""Newer releases put the integration before the name of a tool."""
STORY: Final = (
    "Once upon a time a small fox lived at the edge of a garden. Every evening it came to the kitchen window and "
    "listened to the family, until one night it knocked, and asked for a little soup and a story of its own."
)
SCENARIO: Final = {
    "greeting": "Good evening.",
    "turns": [
        {"heard": "Tell me a story.", "say": STORY},
        {
            "heard": "Turn on the reading lamp.",
            "call": {"name": f"{PREFIX}HassTurnOn", "arguments": {"name": "Reading lamp"}},
            "then": "The lamp is on.",
        },
    ],
}
GREETING: Final = "Welcome home, soup is ready."
AUTOMATIONS: Final = {
    "greet": {"action": "navai.start_conversation", "data": {"display": "hall", "start_message": GREETING}},
    "hush": {"action": "navai.stop_conversation", "data": {"display": "hall"}},
}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talking]:
    """The provider of this module's house."""
    talking = Talking(tmp_path_factory.mktemp("talking"), SCENARIO)
    with talking.process:
        yield talking


IMPATIENT: Final = """() => {
  const after = window.setTimeout;
  window.setTimeout = (action, ms, ...more) => after(action, ms === 5_000 ? 200 : ms, ...more);
}"""
"""The pauses of the ringing are short."""


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def _furnished(house: House, simulated: Talking) -> None:
    """A lamp, captions of both sides, automations, and an empty dashboard."""
    # Three cards on each of many pages ask for more than the profile's default in a minute.
    plenty = {"limits": {"secrets_per_minute": 10_000}}
    ours = block(simulated.base_url, defaults={"transcription": "gpt-transcribe", **plenty})
    house.running.config.configure(configuration(ours))
    house.running.config.write("template.yaml", TEMPLATES)
    await house.running.call_action("navai", "reload")
    await house.running.call_action("template", "reload")
    for name, action in AUTOMATIONS.items():
        triggers = [{"trigger": "event", "event_type": f"test_{name}"}]
        await house.running.automate(name, alias=name, triggers=triggers, actions=[action])
    await house.call(
        "lovelace/dashboards/create", url_path=ROOM, title="Room", require_admin=False, show_in_sidebar=True
    )
    await furnish(house)


async def furnish(house: House, *cards: dict[str, Any]) -> None:
    """Let the dashboard have these cards."""
    view = {"title": "Home", "type": "sections", "sections": [{"type": "grid", "cards": list(cards)}]}
    other = {"title": "Other", "path": "other", "type": "sections", "sections": []}
    await house.call("lovelace/config/save", url_path=ROOM, config={"views": [view, other]})


async def cards(house: House) -> list[dict[str, Any]]:
    """The cards of the dashboard, as they were saved."""
    saved = await house.call("lovelace/config", url_path=ROOM)
    return [card for section in saved["views"][0]["sections"] for card in section.get("cards", [])]


def card(**options: Any) -> dict[str, Any]:
    return {"type": "custom:navai-card", "layout": "full", **options}


@asynccontextmanager
async def room(house: House, folder: Path, *bursts: tuple[float, float], **more: Any) -> AsyncIterator[CardPage]:
    """The dashboard in a browser whose microphone hears these bursts. Nothing of ours is wrong in its console."""
    arguments = microphone(folder, *(bursts or ((1.0, 1.0),)))
    async with HaBrowser(house.running, microphone=True, arguments=arguments, **more) as browser:
        yield await CardPage.open(browser, f"/{ROOM}/0")
        assert not [problem for problem in browser.problems if "navai" in problem.lower()]


def what_it_does(found: Mapping[str, Any]) -> str:
    """The activity in a conversation, else the state."""
    return str(found["attributes"]["activity"] or found["state"])


async def sensor(house: House) -> str:
    """What the display in the hall is said to be doing."""
    return what_it_does(await house.state("display:hall:session"))


async def becomes(house: House, state: str) -> None:
    async def is_it() -> bool:
        return await sensor(house) == state

    await until(is_it, f"the sensor to be {state}; it is {await sensor(house)}")


# --- how it comes into a dashboard


async def add_by_hand(page: Page) -> None:
    """Choose the card in the picker, and a profile in its editor, and save it."""
    await page.get_by_role("button", name="Add card").first.click()
    dialog = page.locator("hui-dialog-create-card")
    await dialog.locator("hui-card-picker, [role=tab]").first.wait_for()
    if await (by_card := dialog.get_by_role("tab", name="By card")).count():
        await by_card.click()
    search = dialog.locator("hui-card-picker input").first
    await search.fill("navai")
    await dialog.locator(".card").filter(has_text="navai: talk").first.click()
    editor = page.locator("hui-dialog-edit-card")
    await editor.get_by_text("Voice profile", exact=True).first.wait_for()
    await editor.locator("ha-selector-select").first.click()
    await page.locator("ha-picker-combo-box").get_by_text("Kitchen helper", exact=True).click()
    await editor.get_by_role("button", name="Save").click()
    await editor.locator("hui-card-element-editor").wait_for(state="detached")


async def test_a_person_adds_the_card_in_the_editor_and_talks_with_the_house(
    house: House, simulated: Talking, tmp_path: Path
) -> None:
    await house.running.call_action("light", "turn_off", {"entity_id": LAMP})
    before = simulated.minted()
    arguments = microphone(tmp_path, (1.0, 1.0), (4.0, 1.0))
    async with HaBrowser(house.running, microphone=True, arguments=arguments) as browser:
        page = CardPage(await browser.open(f"/{ROOM}/0?edit=1"))
        await add_by_hand(page.page)
        assert await cards(house) == [card(profile="kitchen", display="ask", captions=True, prefetch=True)]
        # Who only edits gets no client secret.
        assert simulated.minted() == before
        await page.page.goto(f"{house.running.url}/{ROOM}/0")
        await page.page.locator("navai-card form.chooser select").select_option("hall")
        await page.page.locator("navai-card form.chooser button").click()
        await expect(page.voice.locator(".name")).to_have_text("Kitchen helper")
        await expect(page.voice.locator(".state")).to_have_text("Tap to talk")

        await page.meter()
        await page.tap()
        for state in ("listening", "thinking", "speaking"):
            await page.wait_for(state)
        assert (await page.states())[:5] == ["requesting", "connecting", "listening", "thinking", "speaking"]
        assert await page.hear() > 0.05
        assert simulated.calls()[-1]["heard_peak"] > 0.02
        # Somebody speaks into it: it falls silent, and does what it is told.
        await page.said("You", "Turn on the reading lamp.")
        await page.said("Assistant", "The lamp is on.")
        assert (await house.running.state(LAMP))["state"] == "on"
        captions = await page.captions()
        assert [line for line in captions if line[0] == "You"] == [
            ("You", "Tell me a story."),
            ("You", "Turn on the reading lamp."),
        ]
        assert captions[1][0] == "Assistant"
        assert captions[1][1].startswith("Once upon a time")
        assert await page.silent_ms() < 300
        await page.holds(peers=1, tracks=1)
        await page.press("stop")
        await page.let_go()
        assert await page.shown("state") == "Tap to talk"
        assert not [problem for problem in browser.problems if "navai" in problem.lower()]


async def test_the_card_is_suggested_for_the_entities_of_a_display(house: House) -> None:
    ask = """(entity) => customCards.find(({ type }) => type === "navai-card")
        .getEntitySuggestion(document.querySelector("home-assistant").hass, entity)"""
    entities = await house.entities()
    async with HaBrowser(house.running) as browser:
        page = await browser.open(f"/{ROOM}/0")
        # What the picker shows arrives a moment after the card's loader.
        await page.wait_for_function("window.customCards?.some(({ type }) => type === 'navai-card')")
        options = {"layout": "full", "captions": True, "prefetch": True, "display": "hall"}
        suggested = {"config": {"type": "custom:navai-card", **options}}
        assert await page.evaluate(ask, entities["display:hall:session"]) == suggested
        for other in (entities["profile:kitchen:enabled"], LAMP):
            assert await page.evaluate(ask, other) is None


@pytest.mark.newest
@pytest.mark.parametrize("prefetch", [True, False])
async def test_a_card_that_is_seen_has_a_client_secret_ready(
    house: House, simulated: Talking, tmp_path: Path, prefetch: bool
) -> None:
    await furnish(house, card(profile="kitchen", prefetch=prefetch))
    before = simulated.minted()

    async def minted() -> bool:
        return simulated.minted() > before

    async with room(house, tmp_path) as page:
        if prefetch:
            await until(minted, "a client secret")
        else:
            await page.page.mouse.click(5, 5)
            assert not await minted()
        await page.tap()
        await page.wait_for("listening")
        assert simulated.minted() == before + 1


@pytest.mark.newest
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"layout": "round"}, "`layout` must be one of button, tile, full, not `round`."),
        ({"display": 5}, "`display` must be a string, not `5`. Write it in quotation marks."),
        ({"prefetch": "often"}, "`prefetch` must be true or false, not `often`."),
    ],
)
async def test_a_wrong_option_is_told_with_its_cure(house: House, options: dict[str, Any], sentence: str) -> None:
    await furnish(house, card(**options))
    async with HaBrowser(house.running) as browser:
        page = await browser.open(f"/{ROOM}/0?edit=1")
        await expect(page.locator("hui-error-card")).to_be_visible()
        told = await page.locator("hui-error-card").evaluate("(error) => error._config.message ?? error._config.error")
        assert sentence in told


NEWER = "class Newer { static { this.made = true }"


@pytest.mark.newest
@pytest.mark.parametrize(
    ("module", "body", "sentence"),
    [
        ("card/element.js", NEWER, "This browser is too old for navai"),
        ("voice/session.js", None, "navai wasn't loaded completely"),
    ],
)
async def test_a_card_that_cannot_run_says_why(house: House, module: str, body: str | None, sentence: str) -> None:
    async def answer(route: Route) -> None:
        if body is None:
            await route.abort()
        else:
            await route.fulfill(body=body, content_type="text/javascript")

    await furnish(house, card())
    async with HaBrowser(house.running) as browser:
        await browser.context.route(f"**/{module}", answer)
        page = await browser.open(f"/{ROOM}")
        await expect(page.locator("hui-card navai-card")).to_contain_text(sentence)
        assert await page.locator("hui-error-card").count() == 0


# --- a conversation


async def test_an_automation_speaks_at_a_display_first(house: House, tmp_path: Path) -> None:
    await furnish(house, card(display="hall"))
    seen: list[str] = []
    async with room(house, tmp_path, (60.0, 0.1)) as page, house.running.websocket() as socket:
        entity = (await house.entities())["display:hall:session"]
        changes = await socket.subscribe("subscribe_trigger", trigger={"trigger": "state", "entity_id": entity})
        await becomes(house, "idle")
        await page.meter()
        await house.running.request("POST", "/api/events/test_greet", json={})
        await page.said("Assistant", GREETING)
        await page.hear()
        await becomes(house, "listening")
        await house.running.request("POST", "/api/events/test_hush", json={})
        await page.let_go()
        while not seen or seen[-1] != "idle":
            seen.append(what_it_does((await changes.next())["variables"]["trigger"]["to_state"]))
        told = [state for state in await page.states() if state not in {"requesting", "ended"}]
        assert [state for at, state in enumerate(seen[:-1]) if not at or seen[at - 1] != state] == told
        assert {"connecting", "thinking", "speaking", "listening"} <= set(seen)


@pytest.mark.newest
async def test_a_display_rings_where_the_browser_wants_a_tap(house: House, tmp_path: Path) -> None:
    await furnish(house, card(display="hall"))
    arguments = microphone(tmp_path, (60.0, 0.1), autoplay=False)
    async with HaBrowser(house.running, arguments=arguments) as browser:
        page = await CardPage.open(browser, f"/{ROOM}/0")
        await becomes(house, "idle")
        await house.running.request("POST", "/api/events/test_greet", json={})
        await expect(page.voice.locator(".greeting")).to_have_text(GREETING)
        assert await page.shown("state") == "Tap to answer"


@pytest.mark.newest
@pytest.mark.parametrize("somebody", ["waits", "leaves"])
async def test_a_display_that_nobody_answers_tells_the_house(house: House, tmp_path: Path, somebody: str) -> None:
    await furnish(house, card(display="hall"))
    arguments = microphone(tmp_path, (60.0, 0.1), autoplay=False)
    async with HaBrowser(house.running, arguments=arguments) as browser:
        page = await CardPage.open(browser, f"/{ROOM}/0")
        await becomes(house, "idle")
        before = (await house.state("display:hall:conversation"))["state"]
        if somebody == "waits":
            await page.page.evaluate(IMPATIENT)
        await house.running.request("POST", "/api/events/test_greet", json={})
        if somebody == "leaves":
            await expect(page.voice.locator(".greeting")).to_have_text(GREETING)
            await page.page.get_by_role("tab", name="Other").click()

        async def missed() -> bool:
            found = await house.state("display:hall:conversation")
            told = found["attributes"]
            return found["state"] != before and (told["event_type"], told["profile"]) == ("missed", "kitchen")

        await until(missed, "the house to know that nobody answered")
        if somebody == "waits":
            await expect(page.voice.locator(".state")).to_have_text("Tap to talk")
            await expect(page.voice.locator(".greeting")).to_be_hidden()
        assert await sensor(house) == "idle"


@pytest.mark.newest
async def test_a_display_that_does_not_exist_is_told(house: House, tmp_path: Path) -> None:
    await furnish(house, card(display="cellar"))
    async with room(house, tmp_path) as page:
        assert "There is no display “cellar”" in await page.trouble()


@pytest.mark.newest
async def test_a_profile_that_is_switched_off_is_told(house: House, simulated: Talking, tmp_path: Path) -> None:
    await furnish(house, card(profile="kitchen"))
    switch = (await house.entities())["profile:kitchen:enabled"]
    await house.running.call_action("switch", "turn_off", {"entity_id": switch})
    before = simulated.minted()
    try:
        async with room(house, tmp_path) as page:
            await page.tap()
            assert "You can't use this profile" in await page.trouble()
            await page.let_go()
            assert simulated.minted() == before
    finally:
        await house.running.call_action("switch", "turn_on", {"entity_id": switch})


# --- what dashboards do to it


async def test_a_card_that_is_moved_talks_on_and_one_that_is_removed_ends(house: House, tmp_path: Path) -> None:
    await furnish(house, card(profile="kitchen"))
    async with room(house, tmp_path, (60.0, 0.1)) as page:
        await page.tap()
        await page.wait_for("listening")
        talk = await page.session("id")
        await page.card.evaluate("(card) => { const home = card.parentNode; card.remove(); home.append(card); }")
        await until(page.voice.count, "the card in its new place")
        assert (await page.session("id"), await page.state()) == (talk, "listening")
        await page.holds(peers=1, tracks=1)
        await page.card.evaluate("(card) => card.remove()")
        await page.let_go()


async def test_who_leaves_the_view_ends_the_conversation(house: House, tmp_path: Path) -> None:
    await furnish(house, card(profile="kitchen"))
    async with room(house, tmp_path, (60.0, 0.1)) as page:
        await page.tap()
        await page.wait_for("listening")
        await page.page.get_by_role("tab", name="Other").click()
        await page.let_go()
        await page.page.get_by_role("tab", name="Home").click()
        await page.tap()
        await page.wait_for("listening")


async def test_a_conversation_outlives_a_restart_of_home_assistant(house: House, tmp_path: Path) -> None:
    await furnish(house, card(display="hall"))
    async with room(house, tmp_path, (60.0, 0.1)) as page:
        # Nobody says anything meanwhile: that shall not be what ends it.
        await page.voice.evaluate("(voice) => { voice._session._options.idleMs = 3_600_000; }")
        await page.tap()
        await page.wait_for("listening")
        talk = await page.session("id")
        await house.running.stop()
        assert await page.state() == "listening"
        await house.running.start()
        await until(lambda: connected(page), "the connection")
        assert (await page.session("id"), await page.state()) == (talk, "listening")

        # The display is one again, and can be told.
        async def told() -> bool:
            try:
                await house.call(
                    "call_service", domain="navai", service="stop_conversation", service_data={"display": "hall"}
                )
            except CommandError:
                return False
            return True

        await until(told, "the display")
        await page.let_go()


async def connected(page: CardPage) -> bool:
    return bool(await page.page.evaluate("() => document.querySelector('home-assistant').hass.connection.connected"))


async def test_a_tap_while_home_assistant_restarts_says_so(house: House, tmp_path: Path) -> None:
    await furnish(house, card(profile="kitchen", prefetch=False))
    told = {"en": "Home Assistant is starting", "es": "Home Assistant se está iniciando"}
    async with AsyncExitStack() as open_rooms:
        rooms = {
            language: await open_rooms.enter_async_context(
                room(house, tmp_path, language=language, dark=language == "es")
            )
            for language in told
        }
        await house.running.stop()
        try:
            for language, page in rooms.items():
                await page.tap()
                assert told[language] in await page.trouble()
                await page.let_go()
                if folder := os.environ.get("NAVAI_TEST_PICTURES"):
                    await page.page.screenshot(path=Path(folder) / f"card-home-assistant-starting-{language}.png")
        finally:
            await house.running.start()


# --- several browsers of one display, and a browser that is one by itself


async def pictures(page: Page, name: str) -> None:
    """Take one of a tablet and one of a phone, where the environment's NAVAI_TEST_PICTURES names a folder for them."""
    if folder := os.environ.get("NAVAI_TEST_PICTURES"):
        for width, height in ((1280, 800), (844, 390)):
            await page.set_viewport_size({"width": width, "height": height})
            await page.screenshot(path=Path(folder) / f"card-{name}-{width}x{height}.png", animations="disabled")


@pytest.mark.newest
async def test_a_conversation_moves_to_the_browser_that_was_tapped_last(
    house: House, simulated: Talking, tmp_path: Path
) -> None:
    await furnish(house, card(display="hall"))
    async with room(house, tmp_path, (60.0, 0.1)) as first, room(house, tmp_path, (60.0, 0.1)) as second:
        await first.tap()
        await first.wait_for("listening")
        await second.tap()
        await second.wait_for("listening")
        await first.let_go()
        await expect(first.voice.locator(".notice")).to_have_text("The conversation moved to another screen.")
        await pictures(first.page, "moved")
        assert await second.state() == "listening"
        await second.press("stop")
        await second.let_go()

        # Both at once: one of them talks, and the other says so.
        await asyncio.gather(first.tap(), second.tap())

        async def one_talks() -> bool:
            states = [await page.state() for page in (first, second)]
            return "ended" in states and "listening" in states

        await until(one_talks, "one of the two to win")
        other = first if await first.state() == "ended" else second
        await other.let_go()
        await expect(other.voice.locator(".notice")).to_be_visible()

        async def one_is_paid() -> bool:
            return sum(call["ended"] is None for call in simulated.calls()) == 1

        await until(one_is_paid, "the end of the other call")
        await becomes(house, "listening")


@pytest.mark.newest
async def test_a_browser_is_the_display_that_its_address_names(house: House, tmp_path: Path) -> None:
    await furnish(house, card())
    async with HaBrowser(house.running, arguments=microphone(tmp_path, (1.0, 1.0))) as browser:

        async def is_hall(expected: bool) -> None:
            async def is_it() -> bool:
                attributes = (await house.state("display:hall:session"))["attributes"]
                return bool(attributes["connected"]) is expected

            await until(is_it, f"the display to be connected: {expected}")

        await is_hall(expected=False)
        page = await CardPage.open(browser, f"/{ROOM}/0?navai_display=hall")
        await is_hall(expected=True)
        await page.page.goto(f"{house.running.url}/{ROOM}/0?navai_display=cellar")
        assert "There is no display “cellar”" in await page.trouble()
        await is_hall(expected=False)
        await page.page.goto(f"{house.running.url}/{ROOM}/0?navai_display=Not%20a%20key")
        assert "has an invalid display" in await page.trouble()
        await page.page.goto(f"{house.running.url}/{ROOM}/0?navai_display=hall")
        await is_hall(expected=True)
        # The browser remembers it, until it is told to forget.
        await page.page.goto("about:blank")
        await is_hall(expected=False)
        await page.page.goto(f"{house.running.url}/{ROOM}/0")
        await is_hall(expected=True)
        await page.page.goto(f"{house.running.url}/{ROOM}/0?navai_display=")
        await is_hall(expected=False)
        await page.voice.locator(".orb").wait_for()
        assert "navai_display" not in page.page.url


@pytest.mark.newest
async def test_a_card_asks_once_which_display_a_browser_is(house: House, tmp_path: Path) -> None:
    await furnish(house, *(card(display="ask", layout=layout) for layout in ("full", "tile", "button")))
    async with HaBrowser(house.running, arguments=microphone(tmp_path, (1.0, 1.0))) as browser:
        page = await browser.open(f"/{ROOM}/0")
        chooser = page.locator("navai-card[layout=full] .chooser")
        choice = chooser.get_by_label("Which display is this device?")
        await expect(choice).to_be_enabled()
        # The display `desk` is for somebody else.
        assert await choice.locator("option").all_inner_texts() == ["Hall tablet", "None"]
        for each in await page.locator("navai-card").all():
            assert await violations(each) + await overflowing(each) == []
        await pictures(page, "chooser")
        await chooser.get_by_role("button", name="Save").click()
        await expect(page.locator("navai-voice")).to_have_count(3)
        await becomes(house, "idle")
        assert (await house.state("display:hall:session"))["attributes"]["connected"] is True
        await page.reload()
        await expect(page.locator("navai-voice")).to_have_count(3)
        assert await page.locator(".chooser").count() == 0


@pytest.mark.newest
async def test_late_and_lost_reports_of_a_kiosk_page_leave_no_conversation_behind(house: House, tmp_path: Path) -> None:
    arguments = microphone(tmp_path, (60.0, 0.1))
    held: list[Route] = []
    lost = asyncio.Event()

    async def deliver(route: Route) -> None:
        report = route.request.post_data_json
        if report["state"] == "ended" and lost.is_set():
            await route.abort()
        elif report["state"] == "listening" and not held:
            held.append(route)
        else:
            await route.continue_()

    async with HaBrowser(house.running, microphone=True, arguments=arguments) as browser:
        kiosk = PageWithVoice(await browser.context.new_page())
        await kiosk.page.route("**/session/report", deliver)
        await kiosk.page.goto(f"{house.running.url}/api/navai/kiosk/kitchen#token={HALL}")
        await becomes(house, "idle")
        await kiosk.tap()
        await becomes(house, "connecting")
        await kiosk.wait_for("listening")
        await until(lambda: held, "the report that is late")
        await kiosk.press("stop")
        await becomes(house, "idle")
        async with kiosk.page.expect_response("**/session/report") as late:
            await held[0].continue_()
        assert (await late.value).ok
        assert await sensor(house) == "idle"

        await kiosk.tap()
        await becomes(house, "listening")
        lost.set()
        await kiosk.press("stop")
        await kiosk.let_go()
        assert await sensor(house) == "listening"
        lost.clear()
        await becomes(house, "idle")


# --- who can use it


LARGE_TEXT: Final = "() => document.documentElement.style.setProperty('--ha-font-size-scale', '2')"
"""Text twice as large, as a theme of Home Assistant's has it."""
VIEWS: Final[dict[str, dict[str, Any]]] = {
    "light": {},
    "right-to-left": {"language": "he", "dark": True},
    "large-text": {},
    "large-text-on-a-phone": {"width": 390, "height": 844},
}


@pytest.mark.newest
@pytest.mark.parametrize("view", VIEWS)
async def test_everybody_can_use_it(house: House, tmp_path: Path, view: str) -> None:
    # One person gets 20 secrets a minute, and all these tests are one person's.
    await furnish(house, *(card(layout=layout, prefetch=False) for layout in ("tile", "button", "full")))
    arguments = microphone(tmp_path, (1.0, 1.0))
    async with HaBrowser(house.running, microphone=True, arguments=arguments, **VIEWS[view]) as browser:
        page = await browser.open(f"/{ROOM}/0")
        cards = page.locator("navai-card")
        await expect(page.locator("navai-voice")).to_have_count(3)
        # It is what it is said to be.
        state = cards.last.locator("navai-voice .state")
        towards = await state.evaluate("state => getComputedStyle(state).direction")
        assert towards == ("rtl" if view == "right-to-left" else "ltr")
        if view.startswith("large-text"):
            size = "state => parseFloat(getComputedStyle(state).fontSize)"
            usual = await state.evaluate(size)
            await page.evaluate(LARGE_TEXT)
            assert await state.evaluate(size) == pytest.approx(2 * usual)

        async def look(name: str, *which: Locator) -> None:
            if folder := os.environ.get("NAVAI_TEST_PICTURES"):
                await page.screenshot(path=Path(folder) / f"card-{view}-{name}.png")
            for each in which:
                found.extend(f"{name}: {fault}" for fault in await violations(each) + await overflowing(each))
                low = await each.locator("ha-card").evaluate("card => card.scrollHeight - card.clientHeight")
                found.extend([f"{name}: {low} px are below"] if low > 1 else [])

        found: list[str] = []
        await look("idle", *await cards.all())
        full = CardPage(page, "navai-card[layout=full]")
        # By keyboard alone.
        await full.voice.locator(".orb").focus()
        await page.keyboard.press("Enter")
        await full.wait_for("speaking")
        await full.voice.locator(".captions li").nth(1).wait_for()
        await look("speaking", cards.last)
        await full.voice.locator(".stop").focus()
        await page.keyboard.press("Space")
        await full.wait_for("ended")
        await full.press("device-check")
        await page.get_by_role("dialog").wait_for()
        await look("device-check", cards.last)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert found == []


# --- how it looks


LOOKS: Final = [
    (1280, 800, "en", False),
    (1280, 800, "es", True),
    (800, 1280, "en", True),
    (390, 844, "es", False),
    (390, 844, "en", True),
]
"""Each size with both languages, or both themes; each language with both themes."""


@pytest.mark.newest
@pytest.mark.parametrize(("width", "height", "language", "dark"), LOOKS)
async def test_it_looks_as_a_part_of_the_house(
    house: House, tmp_path: Path, width: int, height: int, language: str, dark: bool
) -> None:
    await furnish(
        house,
        {"type": "tile", "entity": LAMP},
        card(layout="tile", prefetch=False),
        card(layout="button", prefetch=False),
        {"type": "button", "entity": LAMP, "grid_options": {"columns": 6, "rows": 3}},
        card(profile="kitchen", prefetch=False),
    )
    arguments = microphone(tmp_path, (1.0, 1.0))
    size = {"width": width, "height": height}
    async with HaBrowser(
        house.running, microphone=True, arguments=arguments, language=language, dark=dark, **size
    ) as browser:
        page = await browser.open(f"/{ROOM}/0")
        await expect(page.locator("navai-voice")).to_have_count(3)
        idle = {"en": "Tap to talk", "es": "Toca para hablar"}[language]
        for state in await page.locator("navai-voice .state").all():
            await expect(state).to_have_text(idle)
        # Nothing is cut off, and the tile is as high as Home Assistant's.
        for each in await page.locator("navai-card ha-card").all():
            assert await each.evaluate("(card) => card.scrollWidth <= card.clientWidth")
        tiles = [await page.locator(tile).first.bounding_box() for tile in ("hui-tile-card", "navai-card[layout=tile]")]
        assert all(tiles)
        assert len({tile["height"] for tile in tiles if tile}) == 1
        if folder := os.environ.get("NAVAI_TEST_PICTURES"):
            name = f"card-{width}x{height}-{language}-{'dark' if dark else 'light'}"
            await browser.picture(page, Path(folder) / f"{name}.png")
            full = CardPage(page, "navai-card[layout=full]")
            await full.tap()
            await full.wait_for("speaking")
            await full.voice.locator(".captions li").nth(1).wait_for()
            await page.screenshot(path=Path(folder) / f"{name}-speaking.png")
        assert not [problem for problem in browser.problems if "navai" in problem.lower()]
