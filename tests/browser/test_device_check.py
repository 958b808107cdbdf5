import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect
from voice_page import until
from voice_support import KEY, TOKEN, Device, Stage, VoicePage, voice_stage

from navai_core.hub import open_views
from navai_core.hub.runtime import FILES

pytestmark = pytest.mark.browser
NOT_LOADED = ["Failed to load resource"]
"""What Chromium writes of each answer that is an error."""
DELAYS = ("server_delay", "provider_delay")
"""What a slow machine may be warned of, which is server and provider here, too."""
"""What Chromium writes where a page wants to sound too early."""
LONG = ((0.5, 7.5),)
"""A voice as long as the check listens."""


@dataclass
class DeviceCheck:
    """The panel in a page."""

    kiosk: VoicePage

    @property
    def panel(self) -> Locator:
        return self.kiosk.page.locator("navai-device-check")

    @property
    def question(self) -> Locator:
        return self.panel.locator(".answers")

    @property
    def meter(self) -> Locator:
        return self.panel.locator("meter")

    async def results(self) -> dict[str, dict[str, str]]:
        """What each check found, by its name."""
        found: list[dict[str, Any]] = await self.panel.evaluate("check => check._results")
        return {each["name"]: each["result"] for each in found}

    async def outcomes(self, *names: str) -> dict[str, str]:
        results = await self.results()
        return {name: results[name]["outcome"] for name in names or results}

    async def wrong(self) -> dict[str, str]:
        """The outcomes that are not ok, without the delays; how many there are is what it sums up."""
        wrong = {name: outcome for name, outcome in (await self.outcomes()).items() if outcome not in {"ok", "skipped"}}
        counts = [list(wrong.values()).count(outcome) for outcome in ("problem", "warning")]
        assert [int(number) for number in re.findall(r"\d+", await self.summary())] == (counts if wrong else [])
        return {name: outcome for name, outcome in wrong.items() if name not in DELAYS}

    async def conclude(self, *, heard: bool = True) -> None:
        """Answer its question, and wait until it has looked at everything."""
        await self.panel.locator(".yes" if heard else ".no").click()
        await self.panel.locator(".copy").wait_for()

    async def row(self, title: str) -> str:
        """What a person reads about a check."""
        named = self.kiosk.page.locator("strong").get_by_text(title, exact=True)
        return await self.panel.locator("li", has=named).inner_text()

    async def summary(self) -> str:
        return await self.panel.locator(".progress").inner_text()

    async def report(self) -> str:
        """What is in the clipboard after the report was copied."""
        await self.panel.locator(".copy").click()
        await expect(self.panel.locator(".progress")).to_have_text("Copied")
        found: str = await self.kiosk.page.evaluate("navigator.clipboard.readText()")
        return found

    async def close(self) -> None:
        await self.kiosk.page.keyboard.press("Escape")
        await self.panel.wait_for(state="detached")


async def open_check(kiosk: VoicePage) -> DeviceCheck:
    await kiosk.press("device-check")
    check = DeviceCheck(kiosk)
    await expect(check.panel.locator("dialog")).to_be_visible()
    return check


async def focused(kiosk: VoicePage) -> str:
    """The classes of what has the focus in the element."""
    found: str = await kiosk.page.evaluate(
        "() => document.querySelector('navai-voice').shadowRoot.activeElement?.className ?? ''"
    )
    return found


async def test_a_device_that_lacks_nothing_is_told_so_and_everything_is_released(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=LONG) as stage:
        kiosk = await stage.open()
        await kiosk.page.evaluate(
            """() => {
              window.tones = 0;
              const { start } = AudioScheduledSourceNode.prototype;
              AudioScheduledSourceNode.prototype.start = function (...given) {
                window.tones += 1;
                return start.apply(this, given);
              };
            }"""
        )
        check = await open_check(kiosk)
        await kiosk.picture("device-check-running")
        await expect(check.question).to_be_visible()
        await until(lambda: kiosk.page.evaluate("window.tones === 2"), "two tones")
        assert await focused(kiosk) == ""
        assert await check.panel.evaluate("check => check.shadowRoot.activeElement.className") == "small yes"
        await check.panel.locator(".play").click()
        await until(lambda: kiosk.page.evaluate("window.tones === 4"), "two more")
        await check.conclude()
        await kiosk.picture("device-check-good")
        assert await check.wrong() == {}
        assert "skipped" not in (await check.outcomes()).values()
        assert "OK" in await check.row("Voice connection")
        # It made a silent call with a single client secret, and hung up.
        (call,) = stage.calls
        assert call.detector.peak < 0.001
        await until(lambda: call.ended, "the end of the call")
        await check.close()
        assert "device-check" in await focused(kiosk)
        await kiosk.let_go()


async def test_every_finding_can_be_checked_again(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=LONG) as stage:
        kiosk = await stage.open()
        check = await open_check(kiosk)
        await check.conclude(heard=False)
        assert (await check.results())["speaker"]["outcome"] == "problem"
        assert await check.wrong() == {"speaker": "problem"}
        assert (await check.summary()).startswith("Problems: 1. Warnings: ")
        assert (await check.summary()).endswith("See below for what to do.")
        # What somebody has to look after stands first.
        assert "Speaker" in await check.panel.locator("li").first.inner_text()
        assert "volume" in await check.row("Speaker")
        await check.panel.locator(".again").click()
        await check.conclude()
        assert await check.wrong() == {}
        assert len(stage.calls) == 2


@pytest.mark.parametrize(
    ("device", "found", "cure"),
    [
        (
            Device(granted=False),
            {"permission": "problem", "level": "skipped"},
            ("Microphone permission", "Allow it in the browser's address bar"),
        ),
        pytest.param(
            Device(microphone=False),
            {"device": "problem", "level": "skipped"},
            ("Microphones", "Connect one"),
            marks=pytest.mark.evidence,
        ),
        (
            Device(speech=(), room=False),
            {"device": "ok", "level": "problem"},
            ("Microphone level", "No sound"),
        ),
    ],
    ids=["denied", "none", "silent"],
)
async def test_a_microphone_that_gives_no_sound_is_named(
    tmp_path: Path, device: Device, found: dict[str, str], cure: tuple[str, str]
) -> None:
    async with voice_stage(tmp_path, device=device) as stage:
        kiosk = await stage.open()
        if not device.granted:
            # The browser knows only after it has been asked once.
            await kiosk.tap()
            await kiosk.wait_for("failed")
        check = await open_check(kiosk)
        await check.conclude()
        await kiosk.picture(f"device-check-microphone-{'-'.join(found)}")
        assert await check.outcomes(*found) == found
        assert cure[1] in await check.row(cure[0])
        # The rest was checked all the same.
        assert await check.outcomes("server", "connection", "speaker") == dict.fromkeys(
            ("server", "connection", "speaker"), "ok"
        )
        await kiosk.let_go()


async def test_a_voice_that_is_too_quiet_is_seen_while_it_speaks(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.page.evaluate(
            """() => {
              navigator.mediaDevices.getUserMedia = async () => {
                const context = new AudioContext();
                const whisper = new GainNode(context, { gain: 0.02 });
                const to = context.createMediaStreamDestination();
                whisper.connect(to);
                const tone = new OscillatorNode(context);
                tone.connect(whisper);
                tone.start();
                return to.stream;
              };
            }"""
        )
        check = await open_check(kiosk)
        await expect(check.meter).to_be_visible()
        await until(lambda: check.meter.evaluate("meter => meter.value > 0"), "a level")
        await check.conclude()
        level = (await check.results())["level"]
        assert (level["outcome"], level["value"].partition(" (")[0]) == ("warning", "Too quiet")
        assert "Come closer" in level["cure"]


@pytest.mark.parametrize(
    ("faults", "found", "title", "cure"),
    [
        pytest.param(
            ["no-ice; times=forever"],
            {"secret": "ok", "connection": "problem", "provider_delay": "skipped"},
            "Voice connection",
            "UDP",
            marks=pytest.mark.evidence,
        ),
        (
            ["on=call; status=503; times=forever"],
            {"secret": "ok", "connection": "problem"},
            "Voice connection",
            "has a problem",
        ),
        (
            ["error=insufficient_quota; times=forever"],
            {"server": "ok", "secret": "problem", "connection": "skipped"},
            "Permission to talk",
            "no credit",
        ),
    ],
    ids=["no-ice", "provider-down", "quota"],
)
async def test_what_keeps_a_call_from_coming_about_is_named(
    tmp_path: Path, faults: list[str], found: dict[str, str], title: str, cure: str
) -> None:
    async with voice_stage(tmp_path, faults=faults) as stage:
        kiosk = await stage.open(expected=NOT_LOADED)
        check = await open_check(kiosk)
        await check.conclude()
        assert await check.outcomes(*found) == found
        assert cure in await check.row(title)
        await kiosk.let_go()


@pytest.mark.parametrize(
    ("wrong_s", "outcome", "word"),
    [
        pytest.param(10, "ok", "ahead", marks=pytest.mark.evidence),
        (60, "warning", "ahead"),
        pytest.param(-60, "warning", "behind", marks=pytest.mark.evidence),
        (-3600, "problem", "behind"),
    ],
)
async def test_a_clock_that_is_wrong_is_told_from_the_servers(
    tmp_path: Path, wrong_s: int, outcome: str, word: str
) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.page.evaluate(
            "ms => { const now = Date.now.bind(Date); Date.now = () => now() + ms; }", wrong_s * 1000
        )
        check = await open_check(kiosk)
        await check.panel.locator("li", has_text="Page version").locator(".value").wait_for()
        assert await check.outcomes("clock") == {"clock": outcome}
        row = await check.row("Clock")
        told = re.search(rf"(\d+) seconds {word}", row)
        assert told
        # The server's round trip makes it less exact.
        assert abs(int(told[1]) - abs(wrong_s)) <= 10
        assert ("Set this device's date and time" in row) == (outcome != "ok")


async def test_a_page_of_an_older_version_is_to_be_reloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        newer = replace(FILES, tag="9.9.9-0123456789ab")
        monkeypatch.setattr(open_views, "FILES", newer)
        check = await open_check(kiosk)
        await check.conclude()
        assert await check.outcomes("version", "server") == {"version": "warning", "server": "ok"}
        row = await check.row("Page version")
        assert f"{FILES.tag}, but the server has {newer.tag}" in row
        assert "Reload this page" in row


async def test_it_opens_and_tells_what_it_can_when_the_server_is_gone(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=LONG) as stage:
        kiosk = await stage.open(expected=NOT_LOADED)
        loaded = "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/check/checks.js'))"
        await kiosk.page.wait_for_function(f"() => {loaded}")
        await stage.stop_hub()
        check = await open_check(kiosk)
        await check.conclude()
        await kiosk.picture("device-check-server-gone")
        assert await check.outcomes("server", "server_delay", "clock", "version", "secret", "connection", "level") == {
            "server": "problem",
            "server_delay": "skipped",
            "clock": "skipped",
            "version": "skipped",
            "secret": "problem",
            "connection": "skipped",
            "level": "ok",
        }
        assert "Check that it is running" in await check.row("Server")


async def test_the_server_is_named_when_not_even_the_device_check_can_be_loaded(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open(token=None, expected=NOT_LOADED)
        await kiosk.page.route("**/check/device-check.js", lambda route: route.abort())
        await kiosk.page.locator("input").fill(TOKEN)
        await kiosk.page.keyboard.press("Enter")
        await kiosk.press("device-check")
        await kiosk.wait_for("failed")
        assert "The server doesn't respond" in await kiosk.shown("trouble")


async def test_a_page_that_may_not_sound_or_listen_says_why(tmp_path: Path) -> None:
    # Nobody resolves the name but this browser: to it, the page comes from elsewhere, and not by HTTPS.
    device = Device(more=("--host-resolver-rules=MAP house.example 127.0.0.1",))
    async with voice_stage(tmp_path, device=device) as stage:
        kiosk = await stage.open(host="house.example", expected=NOT_LOADED)
        check = await open_check(kiosk)
        await check.conclude()
        await kiosk.picture("device-check-insecure")
        found = await check.outcomes("secure", "wake_lock", "permission", "device", "level")
        assert found == {
            "secure": "problem",
            "wake_lock": "skipped",
            "permission": "skipped",
            "device": "skipped",
            "level": "skipped",
        }
        assert "Microphone access needs HTTPS." in await check.row("Secure page")
        guide = check.panel.get_by_role("link", name="HTTPS in ten minutes")
        assert (await guide.get_attribute("href") or "").endswith("/docs/https.md")
        # Without a clipboard, it is copied by hand. It has no host name in it.
        await check.panel.locator(".copy").click()
        field = check.panel.locator("textarea")
        report = await field.input_value()
        assert await field.evaluate("field => field.selectionEnd - field.selectionStart") == len(report)
        assert "[problem] secure: Secure page: No" in report
        assert "house.example" not in report
        assert "Copy the selected report" in await check.summary()


@pytest.mark.parametrize("autoplay", [pytest.param(True, marks=pytest.mark.evidence), False])
async def test_whether_sound_needs_a_tap_is_seen_before_the_first_touch(tmp_path: Path, *, autoplay: bool) -> None:
    async with voice_stage(tmp_path, device=Device(autoplay=autoplay)) as stage:
        kiosk = await stage.open(untouched=True)
        ask = await kiosk.quietly()
        await until(lambda: ask("Boolean(document.querySelector('navai-kiosk')?.session)"), "the page")
        # A page of a person's token is told nothing; the commands of a display make it look.
        assert await ask(
            "import(document.querySelector('script[type=module]').src.replace('navai-kiosk', 'voice/autoplay'))"
            ".then(({ lookAtAutoplay }) => (lookAtAutoplay(), true))"
        )
        seen = "import(document.querySelector('script[type=module]').src.replace('navai-kiosk', 'voice/autoplay'))"
        assert await ask(f"{seen}.then((module) => module.soundsUntouched())") is autoplay
        await until(
            lambda: ask("document.querySelector('navai-voice').openDeviceCheck().then(() => true)"), "the device check"
        )
        check = DeviceCheck(kiosk)
        await check.conclude()
        row = await check.row("Sound without a tap")
        if autoplay:
            assert "Allowed" in row
            assert "because" not in row
        else:
            assert "Blocked until you touch the page" in row
            assert "The assistant may have to ring here" in row
        assert await check.outcomes("autoplay") == {"autoplay": "ok" if autoplay else "warning"}
        await kiosk.picture(f"device-check-autoplay-{autoplay}")


async def test_a_report_tells_what_was_found_and_no_secret(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, faults=["on=call; error=expired_client_secret; times=forever"]) as stage:
        kiosk = await stage.open(expected=NOT_LOADED)
        await kiosk.page.context.grant_permissions(["clipboard-read", "clipboard-write", "microphone"])
        await kiosk.page.goto(f"{stage.hub.url}/navai/kiosk/kitchen?tok_in_query=1#tok_in_fragment")
        check = await open_check(kiosk)
        await check.conclude()
        report = await check.report()
        results = await check.results()
        assert [line for line in report.splitlines() if line.startswith("[")] == [
            f"[{each['outcome']}] {name}: {title}: {each['value']}{code}"
            for (name, each), title in zip(results.items(), await titles(kiosk), strict=True)
            for code in [f" ({each['code']})" if each.get("code") else ""]
        ]
        assert "(secret_expired: expired_client_secret, req_" in report
        assert "/navai/kiosk/kitchen\n" in report
        for never in (TOKEN, KEY, "tok_", "sk-", "ek_", "Bearer", "?", "#", "127.0.0.1", "Fake"):
            assert never not in report


async def ask_module(kiosk: VoicePage, name: str, expression: str) -> Any:
    """What an expression about one of the page's own modules comes to."""
    return await kiosk.page.evaluate(
        f"""async () => {{
          const entry = document.querySelector("script[type=module]").src;
          const module = await import(entry.replace("navai-kiosk", "{name}"));
          return {expression};
        }}"""
    )


async def titles(kiosk: VoicePage) -> list[str]:
    """The names of all checks, in order."""
    names = await ask_module(kiosk, "check/checks", "module.CHECKS.map(([name]) => name)")
    texts = await ask_module(kiosk, "check/texts", "module.CHECK_TEXTS.en")
    return [texts[f"check_{name}"] for name in names]


async def test_it_speaks_spanish_on_a_phone_in_the_dark(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, device=Device(speech=(), room=False)) as stage:
        kiosk = await stage.open(language="es-MX", viewport=(390, 844), dark=True)
        check = await open_check(kiosk)
        await expect(check.meter).to_be_visible()
        await kiosk.picture("device-check-es-meter")
        await check.conclude(heard=False)
        await kiosk.picture("device-check-es")
        assert await check.wrong() == {"level": "problem", "speaker": "problem"}
        assert (await check.summary()).startswith("Problemas: 2. Avisos: ")
        assert (await check.summary()).endswith("Abajo se explica qué hacer.")
        assert "Sube el volumen" in await check.row("Altavoz")
        assert await check.panel.locator("dialog").get_attribute("lang") == "es"
        assert await check.panel.locator("h2").inner_text() == "Comprobar este dispositivo"


async def test_a_question_that_nobody_answers_does_not_hold_it_up(tmp_path: Path) -> None:
    async with voice_stage(tmp_path, speech=LONG) as stage:
        kiosk = await stage.open()
        await kiosk.page.clock.install()
        check = await open_check(kiosk)
        await expect(check.question).to_be_visible()
        await kiosk.page.clock.fast_forward(31_000)
        await check.panel.locator(".copy").wait_for()
        assert (await check.results())["speaker"] == {"outcome": "skipped", "value": "No answer"}
        assert await check.wrong() == {}


async def calling(stage: Stage, check: DeviceCheck) -> None:
    await until(lambda: check.panel.locator("li.running", has_text="Voice connection").is_visible(), "the call")

    await check.kiosk.holds(peers=1)


async def listening(stage: Stage, check: DeviceCheck) -> None:
    await expect(check.meter).to_be_visible()
    await check.kiosk.holds(tracks=1)


async def asking(stage: Stage, check: DeviceCheck) -> None:
    await expect(check.question).to_be_visible()


@pytest.mark.parametrize(
    ("moment", "faults"),
    [pytest.param(calling, ["no-ice; times=forever"], marks=pytest.mark.evidence), (listening, []), (asking, [])],
)
async def test_closed_half_way_it_lets_go_of_everything(
    tmp_path: Path, moment: Callable[[Stage, DeviceCheck], Any], faults: Sequence[str]
) -> None:
    speech = [(20, 0)] if moment is listening else [(1, 1.5)]
    async with voice_stage(tmp_path, faults=faults, speech=speech) as stage:
        kiosk = await stage.open()
        check = await open_check(kiosk)
        await moment(stage, check)
        await check.close()
        assert "device-check" in await focused(kiosk)
        await kiosk.let_go()


async def test_a_microphone_that_is_allowed_only_after_it_was_closed_is_not_kept(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.page.evaluate("navaiProbe.makeTheMicrophoneWait()")
        check = await open_check(kiosk)
        row = check.panel.locator("li.running", has_text="Microphone level")
        await row.wait_for()
        await check.close()
        await kiosk.page.evaluate("navaiProbe.answer()")
        await kiosk.let_go()


@pytest.mark.parametrize("language", ["en", pytest.param("es", marks=pytest.mark.evidence)])
async def test_it_is_there_at_any_time_and_asks_before_it_ends_a_conversation(tmp_path: Path, language: str) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open(language=language, viewport=(1280, 800) if language == "en" else (390, 844))
        await kiosk.tap()
        await kiosk.wait_for("listening")
        question = kiosk.page.get_by_role("dialog")
        texts = (await ask_module(kiosk, "voice/texts", "module.TEXTS"))[language]
        check = DeviceCheck(kiosk)

        await kiosk.press("device-check")
        await expect(question).to_contain_text(texts["check_ends"])
        await kiosk.picture(f"check-asks-{language}")
        # The safe answer has the keyboard, and Escape is one, too.
        for answer in ("Enter", "Escape"):
            await expect(question.get_by_role("button", name=texts["keep_talking"])).to_be_focused()
            await kiosk.page.keyboard.press(answer)
            await expect(question).to_have_count(0)
            assert await check.panel.count() == 0
            assert "device-check" in await focused(kiosk)
            assert await kiosk.session("active")
            await kiosk.press("device-check")
        await kiosk.page.keyboard.press("Tab")
        await kiosk.page.keyboard.press("Enter")
        await expect(check.panel.locator("dialog")).to_be_visible()
        assert await kiosk.state() == "ended"
        # Another one is not opened on top of it.
        await kiosk.page.evaluate("document.querySelector('navai-voice').openDeviceCheck()")
        assert await check.panel.count() == 1
        await check.close()


async def test_a_question_whether_to_check_goes_when_the_conversation_ends(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        await kiosk.tap()
        await kiosk.wait_for("listening")
        await kiosk.press("device-check")
        question = kiosk.page.get_by_role("dialog")
        await expect(question).to_be_visible()
        await kiosk.session("stop()")
        await expect(question).to_have_count(0)
        assert await DeviceCheck(kiosk).panel.count() == 0
        # Now nothing is to be ended.
        await open_check(kiosk)


@pytest.mark.parametrize("layout", ["tile", pytest.param("button", marks=pytest.mark.evidence)])
async def test_a_small_card_offers_it_only_after_a_failure(tmp_path: Path, layout: str) -> None:
    async with voice_stage(tmp_path, faults=["error=insufficient_quota; times=forever"]) as stage:
        kiosk = await stage.open(expected=NOT_LOADED)
        voice = kiosk.page.locator("navai-voice")
        await voice.evaluate("(voice, layout) => { voice.setAttribute('layout', layout); voice._draw(); }", layout)
        button = kiosk.page.locator("navai-voice .device-check")
        await expect(button).to_be_hidden()
        await kiosk.tap()
        await kiosk.wait_for("failed")
        await expect(button).to_have_accessible_name("Check this device")
        await button.click()
        await DeviceCheck(kiosk).panel.locator("dialog").wait_for()


async def test_what_it_says_exists_in_both_languages_and_nothing_twice(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        texts = await ask_module(kiosk, "check/texts", "module.CHECK_TEXTS")
        common = await ask_module(kiosk, "voice/texts", "Object.keys(module.TEXTS.en)")
        assert texts["en"].keys() == texts["es"].keys()
        assert not texts["en"].keys() & set(common)
        for key, words in texts["en"].items():
            assert placeholders(words) == placeholders(texts["es"][key]), key
        await titles(kiosk)


@pytest.mark.parametrize(
    ("check", "found", "outcome"),
    [
        ("server_delay", "{ samples: [{ ms: 9 }, { ms: 500 }, { ms: 900 }] }", "ok"),
        ("server_delay", "{ samples: [{ ms: 9 }, { ms: 501 }, { ms: 900 }] }", "warning"),
        ("server_delay", "{}", "skipped"),
        ("provider_delay", "{ roundTripMs: 400 }", "ok"),
        ("provider_delay", "{ roundTripMs: 401 }", "warning"),
        ("provider_delay", "{}", "skipped"),
    ],
)
async def test_a_slow_round_trip_is_warned_of(tmp_path: Path, check: str, found: str, outcome: str) -> None:
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        run = f"module.CHECKS.find(([name]) => name === '{check}')[1]"
        result = await ask_module(kiosk, "check/checks", f"await {run}({{ text: (key) => key, found: {found} }})")
        assert result["outcome"] == outcome
        assert result.get("cure") == (f"{check}_cure" if outcome == "warning" else None)


def placeholders(words: str) -> set[str]:
    return {part.partition("}")[0] for part in words.split("{")[1:]}


async def test_names_of_browsers_tags_and_the_middle_are_found(tmp_path: Path) -> None:
    chrome = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.7339.51 Safari/537.36"
    apple = "Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko)"
    agents = {
        chrome: "Chrome 140",
        f"{chrome} Edg/141.0.1": "Edge 141",
        f"{chrome} Home Assistant/2026.10.1-full (Android 14; Tab)": "Home Assistant 2026.10.1, Chrome 140",
        "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0": "Firefox 144",
        f"{apple} Version/19.1 Mobile/1 Safari/604.1": "Safari 19.1",
        "curl/8": "",
    }
    async with voice_stage(tmp_path) as stage:
        kiosk = await stage.open()
        for agent, name in agents.items():
            assert await ask_module(kiosk, "check/checks", f"module.browserOf('{agent}')") == name
        for url, tag in {"https://a.example/api/navai/www/1-2/x.js?3": "1-2", "https://a.example/x.js": None}.items():
            assert await ask_module(kiosk, "check/server", f"module.tagOf('{url}')") == tag
        samples = "[9, 1, 5, 400, 7].map((ms) => ({ ms }))"
        assert await ask_module(kiosk, "check/server", f"module.median({samples}).ms") == 7
