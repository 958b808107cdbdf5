"""Each failure between a tap and an answer, provoked: its message and its cure in both languages, and that it passes.

With NAVAI_TEST_PICTURES it takes a picture of each: English on a wide light screen, Spanish on a phone in the dark.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from secret_watch import WATCH
from voice_page import until
from voice_support import BLOCK, KEY, TOKEN, Device, Stage, VoicePage, voice_stage
from web_modules import exported

pytestmark = pytest.mark.browser

TEXTS: Final = exported("voice/texts.js", "TEXTS")
REFUSED: Final = "Failed to load resource"
LOOKS: Final[Mapping[str, Any]] = {
    "en": {"dark": False, "viewport": (1280, 800)},
    "es": {"dark": True, "viewport": (390, 844)},
}
KITCHEN: Final = BLOCK["profiles"]["kitchen"]
HALL: Final = BLOCK["displays"]["hall"]
OTHER_TOKEN: Final = WATCH.secret("tok_another_Xq7mZt2LxW9")

Step = Callable[[Stage, VoicePage], Awaitable[Any]]


async def _nothing(_: Stage, __: VoicePage) -> None:
    """What is wrong is wrong from the beginning."""


async def _faults_end(stage: Stage, _: VoicePage) -> None:
    stage.simulator.faults.clear()


async def _nobody_near(_: Stage, page: VoicePage) -> None:
    """No secret is ready in advance."""
    await page.session("relax()")


async def _allow(_: Stage, page: VoicePage) -> None:
    await page.page.context.grant_permissions(["microphone"])


async def _give_key(stage: Stage, _: VoicePage) -> None:
    await stage.reload(api_key=KEY)


async def _open_profile(stage: Stage, _: VoicePage) -> None:
    await stage.reload(displays={"hall": {**HALL, "profiles": ["bedtime"]}})


async def _make_profile(stage: Stage, _: VoicePage) -> None:
    profiles = {**BLOCK["profiles"], "garden": {"name": "Garden"}}
    await stage.reload(profiles=profiles, displays={"hall": {**HALL, "profiles": ["garden"]}})


async def _raise_limit(stage: Stage, _: VoicePage) -> None:
    await stage.reload(profiles={**BLOCK["profiles"], "kitchen": {**KITCHEN, "limits": {"secrets_per_minute": 100}}})


@dataclass(frozen=True, kw_only=True)
class Case:
    """A failure, and how to provoke it."""

    code: str
    cure: tuple[str, str]
    """Words of the message, in English and Spanish, that say what to do."""
    name: str = ""
    """Where one code has several causes."""
    faults: tuple[str, ...] = ()
    device: Device | None = None
    block: Mapping[str, Any] = field(default_factory=dict)
    profile: str = "kitchen"
    breaks: Step = _nothing
    expected: str = REFUSED
    """What the browser may say of it on the console."""
    names: tuple[str, ...] = ()
    """What the message names in both languages."""
    provider_code: str | None = None
    """The provider's own code, where it is passed on."""
    talks: bool = False
    """Whether it happens within the conversation: then the microphone waits for the call."""
    repair: Step | None = _faults_end
    """None where a test can't repair it, for example by plugging in a microphone."""

    def __str__(self) -> str:
        return self.name or self.code


FOREVER: Final = "; times=forever"
AGAIN: Final = ("ry again", "nténtalo de nuevo")
ADMINISTRATOR: Final = ("Ask your administrator", "Pide a tu administrador")
MODEL: Final = (BLOCK["defaults"]["model"], "kitchen")

CASES: Final = (
    Case(
        code="microphone_denied",
        cure=("Allow it in the browser's address bar", "Permítelo en la barra de direcciones"),
        device=Device(granted=False),
        repair=_allow,
    ),
    Case(code="microphone_missing", cure=("Connect one", "Conecta uno"), device=Device(microphone=False), repair=None),
    Case(
        code="microphone_busy",
        cure=("Close it", "Ciérrala"),
        device=Device(more=("--fail-audio-stream-creation",)),
        expected="AudioContext encountered an error",
        repair=None,
    ),
    Case(code="connection_blocked", cure=("Try another network", "Prueba otra red"), faults=(f"no-ice{FOREVER}",)),
    Case(code="secret_expired", cure=AGAIN, faults=(f"on=call; error=expired_client_secret{FOREVER}",)),
    Case(
        code="rate_limited",
        cure=("Try again in", "Inténtalo en"),
        block={"profiles": {**BLOCK["profiles"], "kitchen": {**KITCHEN, "limits": {"secrets_per_minute": 1}}}},
        breaks=_nobody_near,
        repair=_raise_limit,
    ),
    Case(
        code="upstream_rate_limited",
        cure=("Try again in 7 seconds", "Inténtalo en 7 segundos"),
        faults=(f"error=rate_limit_exceeded; retry-after=7{FOREVER}",),
    ),
    Case(
        name="upstream_rate_limited_call",
        code="upstream_rate_limited",
        cure=("Try again in 10 seconds", "Inténtalo en 10 segundos"),
        faults=(f"on=call; error=rate_limit_exceeded{FOREVER}",),
    ),
    Case(
        code="quota_exhausted",
        cure=("add some", "Avisa a tu administrador"),
        faults=(f"error=insufficient_quota{FOREVER}",),
    ),
    Case(
        name="quota_exhausted_talking",
        code="quota_exhausted",
        cure=("add some", "Avisa a tu administrador"),
        faults=(f"response-error=insufficient_quota{FOREVER}",),
        talks=True,
    ),
    Case(code="api_key_missing", cure=ADMINISTRATOR, block={"api_key": None}, repair=_give_key),
    Case(code="api_key_refused", cure=ADMINISTRATOR, faults=(f"error=invalid_api_key{FOREVER}",)),
    Case(code="permission_refused", cure=ADMINISTRATOR, faults=(f"status=403; error=invalid_request{FOREVER}",)),
    Case(
        code="country_not_supported",
        cure=("If you use a VPN", "Si usas una VPN"),
        faults=(f"error=unsupported_country_region_territory{FOREVER}",),
    ),
    Case(code="missing_scope", cure=ADMINISTRATOR, faults=(f"error=missing_scope{FOREVER}",)),
    Case(code="invalid_model", cure=ADMINISTRATOR, faults=(f"error=invalid_model{FOREVER}",)),
    Case(code="deployment_not_found", cure=ADMINISTRATOR, faults=(f"error=DeploymentNotFound{FOREVER}",)),
    Case(code="beta_api_retired", cure=ADMINISTRATOR, faults=(f"error=beta_api_shape_disabled{FOREVER}",)),
    Case(code="upstream_sign_in", cure=ADMINISTRATOR, faults=(f"body=sign-in{FOREVER}",)),
    *(
        Case(
            name=f"{code}_call",
            code=code,
            cure=cure,
            faults=(f"on=call; {fault}{FOREVER}",),
            names=names,
            provider_code=provider_code,
        )
        for code, cure, fault, names, provider_code in (
            ("model_not_found", ADMINISTRATOR, "error=model_not_found", MODEL, "model_not_found"),
            ("invalid_model", ADMINISTRATOR, "error=invalid_model", MODEL, "invalid_model"),
            ("deployment_not_found", ADMINISTRATOR, "error=DeploymentNotFound", MODEL, "deployment_not_found"),
            (
                "country_not_supported",
                ("If you use a VPN", "Si usas una VPN"),
                "error=unsupported_country_region_territory",
                (),
                "unsupported_country_region_territory",
            ),
            (
                "quota_exhausted",
                ("add some", "Avisa a tu administrador"),
                "error=insufficient_quota",
                (),
                "insufficient_quota",
            ),
            ("api_key_refused", ADMINISTRATOR, "error=invalid_api_key", (), "invalid_api_key"),
            ("missing_scope", ADMINISTRATOR, "error=missing_scope", (), "missing_scope"),
            ("beta_api_retired", ADMINISTRATOR, "error=beta_api_shape_disabled", (), "beta_api_shape_disabled"),
            ("network_sign_in", ("sign in there", "inicia sesión"), "body=sign-in", (), None),
        )
    ),
    Case(
        name="model_not_found_call_403",
        code="model_not_found",
        cure=ADMINISTRATOR,
        faults=(f"on=call; status=403; error=model_not_found{FOREVER}",),
        names=MODEL,
        provider_code="model_not_found",
    ),
    Case(
        name="model_not_found_talking",
        code="model_not_found",
        cure=ADMINISTRATOR,
        faults=(f"response-error=model_not_found{FOREVER}",),
        names=MODEL,
        provider_code="model_not_found",
        talks=True,
    ),
    Case(
        code="model_not_found",
        cure=("check the profile", "revise el perfil"),
        faults=(f"error=model_not_found{FOREVER}",),
    ),
    Case(
        code="upstream_refused",
        cure=("check the log", "revise el registro"),
        faults=(f"error=invalid_request{FOREVER}",),
    ),
    Case(code="upstream_unavailable", cure=("in a minute", "en un minuto"), faults=(f"error=server_error{FOREVER}",)),
    Case(
        name="upstream_unavailable_call",
        code="upstream_unavailable",
        cure=("in a minute", "en un minuto"),
        faults=(f"on=call; error=server_error{FOREVER}",),
    ),
    Case(code="upstream_timeout", cure=AGAIN, faults=(f"latency-ms=5000{FOREVER}",), block={"timeout": 1}),
    Case(
        code="upstream_unreachable",
        cure=("Check its internet connection", "Revisa su conexión"),
        faults=(f"drop{FOREVER}",),
    ),
    Case(
        code="upstream_invalid_response",
        cure=("check its address", "revise su dirección"),
        faults=(f"body=not-utf8{FOREVER}",),
    ),
    Case(
        code="provider_unreachable",
        cure=("Check its internet connection", "Revisa su conexión"),
        faults=(f"on=call; drop{FOREVER}",),
    ),
    Case(
        code="provider_refused",
        cure=("Tell your administrator", "Dile este código"),
        faults=(f"on=call; error=invalid_request{FOREVER}",),
        names=("invalid_request_error, req_",),
        provider_code="invalid_request_error",
    ),
    Case(
        name="provider_refused_without_a_word",
        code="provider_refused",
        cure=("Tell your administrator", "Dile este código"),
        faults=(f"on=call; body=empty; status=418{FOREVER}",),
        names=("HTTP 418, req_",),
    ),
    Case(
        code="profile_not_allowed",
        cure=("Ask your administrator", "Pregunta a tu administrador"),
        profile="bedtime",
        repair=_open_profile,
    ),
    Case(code="unknown_profile", cure=ADMINISTRATOR, profile="garden", repair=_make_profile),
)


async def open_both(
    stage: Stage, profile: str = "kitchen", expected: str = REFUSED, **more: Any
) -> dict[str, VoicePage]:
    return {
        language: await stage.open(profile, language=language, expected=[expected], **LOOKS[language], **more)
        for language in LOOKS
    }


async def says(page: VoicePage, language: str, code: str, cure: tuple[str, str], **values: Any) -> None:
    """It shows the message of this code, with its cure, and offers to try again."""
    await page.wait_for("failed")
    assert await page.session("failure.code") == code
    named = await page.session("failure.values")
    expected = TEXTS[language][await page.session("failure.text")].format(**values, **named)
    assert await page.shown("trouble") == expected
    assert cure[list(LOOKS).index(language)] in expected
    assert await page.shown("state") == TEXTS[language]["failed"]
    assert await page.page.locator("navai-voice .orb").get_attribute("aria-label") == TEXTS[language]["again"]
    await page.let_go()


async def works(page: VoicePage) -> None:
    """A tap begins a conversation, and nothing of the failure is left."""
    await page.tap()
    await page.wait_for("listening", "thinking", "speaking")
    assert await page.shown("trouble") == ""


@pytest.mark.parametrize(
    ("case", "language"),
    # A third of them, in turns of the languages: a page differs in its words alone, and test_modules.py
    # knows that there are some for each code.
    [
        pytest.param(
            case, language, id=f"{case}-{language}", marks=[pytest.mark.evidence] if number % 2 or first % 3 else []
        )
        for first, case in enumerate(CASES)
        for number, language in enumerate(LOOKS, first)
    ],
)
async def test_each_failure_has_its_message_and_passes(tmp_path: Path, case: Case, language: str) -> None:
    async with voice_stage(tmp_path, device=case.device, block=case.block, faults=case.faults) as stage:
        page = await stage.open(case.profile, language=language, expected=[case.expected], **LOOKS[language])
        if not case.talks:
            await page.open_microphone_at_once()
        await case.breaks(stage, page)
        await page.tap()
        await page.wait_for("failed")
        seconds = await page.session("failure.retryAfter") or 10
        assert 1 <= seconds <= 120
        await says(page, language, case.code, case.cure, seconds=seconds)
        for name in case.names:
            assert name in await page.shown("trouble")
        if case.provider_code:
            assert await page.session("failure.refusal.code") == case.provider_code
        await page.picture(f"failure-{case}-{language}")
        if case.repair is not None:
            await case.repair(stage, page)
            await works(page)


async def test_a_page_that_is_not_secure_points_to_the_guide(tmp_path: Path) -> None:
    device = Device(more=("--host-resolver-rules=MAP tablet.home 127.0.0.1",))
    async with voice_stage(tmp_path, device=device) as stage:
        for language, page in (await open_both(stage, host="tablet.home")).items():
            guide = page.page.locator("navai-voice .guide")
            for tapped in (False, True):
                if tapped:
                    await page.tap()
                    await page.wait_for("failed")
                    assert await page.session("failure.code") == "insecure_context"
                assert await page.shown("state") == TEXTS[language]["insecure"], "a tap is in vain"
                # Whether another address answers is not known here.
                assert await page.shown("trouble") == TEXTS[language]["insecure_context"]
                assert await guide.inner_text() == TEXTS[language]["https_guide"]
                assert (await guide.get_attribute("href") or "").endswith("/docs/https.md")
            await page.let_go()
            await page.picture(f"failure-insecure_context-{language}")


async def test_sound_that_waits_for_a_tap_needs_one(tmp_path: Path) -> None:
    """Somebody starts it from afar, and the browser asks about the microphone while the voice is already there."""
    async with voice_stage(tmp_path, device=Device(speech=(), each_touched=True)) as stage:
        for call, (language, page) in enumerate((await open_both(stage, untouched=True)).items()):
            ask = await page.quietly()
            await until(lambda ask=ask: ask("Boolean(document.querySelector('navai-kiosk')?.session)"), "the page")
            await ask("navaiProbe.makeTheMicrophoneWait()")
            await ask("void document.querySelector('navai-kiosk').session.start({ line: '" + "word " * 100 + "' })")
            refused = "document.querySelector('navai-kiosk').session.needsTap"
            await until(lambda ask=ask, refused=refused: ask(refused), "the browser to refuse to play")
            await ask("navaiProbe.answer()")
            await until(lambda ask=ask: ask("document.querySelector('navai-kiosk').session.talking"), "the microphone")
            # Not a word of the greeting is said to nobody.
            events = stage.calls[call].events
            assert [each for each in events if each["event"]["type"] == "response.create"] == []
            assert await page.shown("sound") == TEXTS[language]["sound"]
            await page.picture(f"failure-autoplay-{language}")
            await page.meter()
            await page.press("sound")
            await page.hear()
            assert await page.shown("sound") == ""
            assert not await page.session("_audio._sound._audio.paused")
            assert await page.whole()


async def test_a_server_that_is_gone_is_told_and_may_come_back(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        pages = await open_both(stage)
        port = await stage.stop_hub()
        for language, page in pages.items():
            await _nobody_near(stage, page)
            await page.tap()
            await says(page, language, "server_gone", ("Check that it is running", "Comprueba que funciona"))
            await page.picture(f"failure-server_gone-{language}")
        await stage.start_hub(port)
        for page in pages.values():
            await works(page)


@pytest.mark.evidence
async def test_a_connection_that_does_not_come_back_is_told(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        pages = await open_both(stage)
        for page in pages.values():
            await works(page)
        port = await stage.stop_hub()
        for call in stage.calls:
            call.end("fault")
        for language, page in pages.items():
            await page.wait_for("connecting", "failed")
            await page.wait_for("failed", patience_s=120)
            await says(page, language, "connection_lost", ("Check the Wi-Fi", "Revisa la Wi-Fi"))
            await page.picture(f"failure-connection_lost-{language}")
        await stage.start_hub(port)
        for page in pages.values():
            await works(page)


async def test_a_question_that_nobody_answers_is_pointed_out_and_then_told(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        for language, page in (await open_both(stage)).items():
            await page.page.clock.install()
            await page.open_microphone_at_once()
            await page.page.evaluate("() => navaiProbe.makeTheMicrophoneWait()")
            await page.tap()
            await until(lambda page=page: page.events("session.created"), "the call")
            await page.page.clock.fast_forward(2_500)
            assert await page.shown("state") == TEXTS[language]["asking"]
            await page.picture(f"asking-{language}")
            await page.page.clock.fast_forward(60_000)
            await says(page, language, "microphone_unanswered", ("Tap again", "Toca de nuevo"))
            await page.picture(f"failure-microphone_unanswered-{language}")
            await page.page.evaluate("() => navaiProbe.answer()")
            await page.let_go()


async def test_a_token_that_is_withdrawn_meanwhile_is_asked_for(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        page = await stage.open(expected=[REFUSED])
        await works(page)
        await stage.reload(displays={"hall": {**HALL, "token": OTHER_TOKEN}})
        stage.calls[0].end("fault")
        await page.page.locator("navai-kiosk form").wait_for()
        await page.page.locator("input").fill(OTHER_TOKEN)
        await page.page.locator("form button").click()
        await works(page)


async def test_a_browser_without_voice_connections_is_told_to_be_too_old(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        for language, page in (await open_both(stage)).items():
            await page.page.add_init_script("delete window.RTCPeerConnection")
            await page.page.reload()
            await page.tap()
            await says(page, language, "browser_too_old", ("Update it", "Actualízalo"))
            await page.picture(f"failure-browser_too_old-{language}")


async def test_a_wrong_token_is_told(tmp_path: Path) -> None:
    async with voice_stage(tmp_path) as stage:
        for language, look in LOOKS.items():
            page = await stage.open(
                token="tok_wrong_Xq7mZt2LxW9", form=True, language=language, expected=[REFUSED], **look
            )
            trouble = page.page.locator("navai-kiosk form [role=alert]")
            await trouble.wait_for()
            assert await trouble.inner_text() == TEXTS[language]["not_signed_in"]
            await page.picture(f"failure-not_signed_in-{language}")
            await page.page.locator("input").fill(TOKEN)
            await page.page.locator("form button").click()
            await works(page)


async def test_wrong_tokens_of_others_do_not_hold_a_page_back(tmp_path: Path) -> None:
    async with (
        voice_stage(tmp_path, block={"hub": {"functions": ["house.py"], "sign_in_failures_per_minute": 1}}) as stage,
        aiohttp.ClientSession() as others,
    ):
        held_back = asyncio.Event()

        async def guess() -> None:
            # Again and again: a new minute allows another guess, which must not be the page's.
            while True:
                headers = {"Authorization": "Bearer tok_wrong_Xq7mZt2LxW9"}
                async with others.get(f"{stage.hub.url}/navai/profiles", headers=headers) as answer:
                    if answer.status == 429:
                        held_back.set()
                await asyncio.sleep(0.05)

        guessing = asyncio.create_task(guess())
        good = await stage.open()
        await held_back.wait()
        await good.page.reload()
        await works(good)
        for language, look in LOOKS.items():
            page = await stage.open(
                token="tok_stale_Xq7mZt2LxW9", form=True, language=language, expected=["status of 429"], **look
            )
            trouble = page.page.locator("navai-kiosk form [role=alert]")
            await trouble.wait_for()
            assert await trouble.inner_text() == TEXTS[language]["too_many_failures"]
            await page.picture(f"failure-too_many_failures-{language}")
            await page.page.locator("input").fill(TOKEN)
            await page.page.locator("form button").click()
            await works(page)
        guessing.cancel()
