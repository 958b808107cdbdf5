"""The kiosk page and what it loads, as HTTP answers."""

import gzip
import json
import os
import re
from pathlib import Path

import aiohttp
import pytest
from hub_support import ANNA, bearer

from navai_core.hub.server import Running
from navai_core.hub.start_page import start_page
from navai_core.simulator import Simulator
from navai_core.web.pages import WebFile, kiosk_headers, kiosk_page, load_web_files, manifest_body

ROOT = Path(__file__).parents[2]


async def tag_of(running: Running, http: aiohttp.ClientSession) -> str:
    async with http.get(f"{running.url}/navai/health") as response:
        modules: str = (await response.json())["modules"]
        return modules


async def test_the_page_is_strict_and_has_no_secret(
    running: Running, simulator: Simulator, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{running.url}/navai/kiosk/kitchen") as response:
        page = await response.text()
    assert (response.status, response.content_type, response.charset) == (200, "text/html", "utf-8")
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {simulator.base_url.removesuffix('/v1')}"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "microphone=(self)" in response.headers["Permissions-Policy"]
    assert re.findall(r"<script(?![^>]* src=)|<style| on\w+=|style=", page) == []


async def test_the_servers_own_address_says_where_to_go(running: Running, http: aiohttp.ClientSession) -> None:
    async with http.get(running.url) as response:
        page = await response.text()
    assert (response.status, response.content_type, response.charset) == (200, "text/html", "utf-8")
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    links = re.findall(r'href="([^"]+)"', page)
    assert links[:3] == ["/navai/kiosk/kitchen", "/navai/kiosk/warm", "/navai/openapi.json"]
    assert links[3].startswith("https://github.com/")
    for address in links[:3]:
        async with http.get(running.url + address) as response:
            assert response.status == 200
    assert re.findall(r"<script|<style|token=", page) == []
    async with http.get(running.url, headers={"Accept-Language": "es-MX,es;q=0.9"}) as response:
        assert '<html lang="es">' in await response.text()
    # Only this machine sees the names of the profiles.
    async with http.get(running.url, headers={"X-Forwarded-For": "203.0.113.9"}) as response:
        page = await response.text()
    assert "kitchen" not in page
    assert "<code>/navai/kiosk/</code> + the name of a profile" in page


def test_a_strange_name_in_a_link_stays_text() -> None:
    assert "<script>" not in start_page(["<script>"], "")


async def test_a_profile_that_does_not_exist_has_the_same_page(running: Running, http: aiohttp.ClientSession) -> None:
    pages = []
    for profile in ("kitchen", "nosuch"):
        async with http.get(f"{running.url}/navai/kiosk/{profile}") as response:
            pages.append((response.status, (await response.text()).replace(profile, "")))
    assert pages[0] == pages[1]


async def test_whatever_stands_in_the_address_stays_text(running: Running, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{running.url}/navai/kiosk/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E") as response:
        page = await response.text()
    assert response.status == 200
    assert "<script>alert" not in page
    assert 'data-profile="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page
    assert "/navai/kiosk/%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E/manifest.webmanifest" in page


async def test_the_page_loads_what_there_is(running: Running, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{running.url}/navai/kiosk/kitchen") as response:
        page = await response.text()
    loaded = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert any(address.endswith("/voice/session.js") for address in loaded)
    kinds = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
    kinds |= {".webmanifest": "application/manifest+json"}
    for address in loaded:
        async with http.get(running.url + address) as response:
            assert (response.status, response.content_type) == (200, kinds[Path(address).suffix]), address
            assert await response.read()


async def test_a_module_is_kept_for_ever_below_its_tag_only(running: Running, http: aiohttp.ClientSession) -> None:
    bodies = {}
    for tag in (await tag_of(running, http), "0.0.1-before"):
        async with http.get(f"{running.url}/navai/www/{tag}/voice/session.js") as response:
            bodies[response.headers["Cache-Control"]] = await response.read()
            assert (response.status, response.charset) == (200, "utf-8")
    kept, asked_again = bodies
    assert "immutable" in kept
    assert asked_again == "no-cache"
    assert bodies[kept] == bodies[asked_again] == (ROOT / "navai_core/www/voice/session.js").read_bytes()


@pytest.mark.parametrize("name", ["nosuch.js", "..%2Fpages.py", "%2e%2e%2fconst.py", "tsconfig.json", ""])
async def test_nothing_else_is_served(running: Running, http: aiohttp.ClientSession, name: str) -> None:
    async with http.get(f"{running.url}/navai/www/{await tag_of(running, http)}/{name}") as response:
        assert response.status == 404
        assert (await response.json())["code"] == "not_found"


async def test_the_manifest_belongs_to_the_page(running: Running, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{running.url}/navai/kiosk/kitchen/manifest.webmanifest") as response:
        manifest = await response.json(content_type="application/manifest+json")
    assert (manifest["id"], manifest["start_url"]) == ("/navai/kiosk/kitchen", "/navai/kiosk/kitchen")
    assert manifest["start_url"].startswith(manifest["scope"])
    for icon in manifest["icons"]:
        async with http.get(running.url + icon["src"]) as response:
            image = await response.read()
        width, height = int.from_bytes(image[16:20]), int.from_bytes(image[20:24])
        assert icon["sizes"] == f"{width}x{height}"


async def test_a_page_of_another_origin_may_not_read_it(running: Running, http: aiohttp.ClientSession) -> None:
    headers = {"Origin": "https://elsewhere.example", **bearer(ANNA)}
    async with http.get(f"{running.url}/navai/kiosk/kitchen", headers=headers) as response:
        assert "Access-Control-Allow-Origin" not in response.headers


def test_another_file_makes_another_tag(tmp_path: Path) -> None:
    (tmp_path / "navai-kiosk.js").write_text("let one;")
    (tmp_path / "notes.txt").write_text("not served")
    first = load_web_files(tmp_path)
    assert list(first.files) == ["navai-kiosk.js"]
    assert load_web_files(tmp_path).tag == first.tag
    (tmp_path / "navai-kiosk.js").write_text("let two;")
    assert load_web_files(tmp_path).tag != first.tag


def test_home_assistants_page_is_the_same_with_its_own_addresses(tmp_path: Path) -> None:
    for folder in ("card", "check", "voice"):
        (tmp_path / folder).mkdir()
    (tmp_path / "navai-kiosk.js").write_text("")
    (tmp_path / "navai-card.js").write_text("")
    (tmp_path / "card/editor.js").write_text("")
    (tmp_path / "check/device-check.js").write_text("")
    (tmp_path / "voice/session.js").write_text("")
    (tmp_path / "navai-trouble.js").write_text("")
    files = load_web_files(tmp_path)
    page = kiosk_page(files, prefix="/api/navai", profile="kitchen")
    assert 'data-prefix="/api/navai"' in page
    assert re.findall(r'modulepreload" href="[^"]*/www/[^/]+/([\w./-]+)"', page) == ["voice/session.js"]
    # An ordinary script, before the modules: it says why they do not run.
    assert re.findall(r'<script src="[^"]*/www/[^/]+/([\w./-]+)"', page) == ["navai-trouble.js"]
    assert page.index("navai-trouble.js") < page.index("navai-kiosk.js")
    manifest = json.loads(manifest_body(files, prefix="/api/navai", profile="kitchen", name="House"))
    assert (manifest["name"], manifest["scope"]) == ("House", "/api/navai/kiosk/")


def test_the_provider_is_the_only_other_origin() -> None:
    headers = kiosk_headers("https://my-resource.openai.azure.com/openai/v1")
    assert "connect-src 'self' https://my-resource.openai.azure.com;" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("br, gzip", "gzip"), ("gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("br", None), ("", None), ("deflate, br", None)],
)
async def test_a_module_is_compressed_for_who_takes_that(
    running: Running, http: aiohttp.ClientSession, accepted: str, encoding: str | None
) -> None:
    address = f"{running.url}/navai/www/any/navai-kiosk.js"
    async with aiohttp.ClientSession(auto_decompress=False) as plain:
        response = await plain.get(address, headers={"Accept-Encoding": accepted})
        body = await response.read()
    assert response.headers.get("Content-Encoding") == encoding
    assert response.headers["Vary"] == "Accept-Encoding"
    assert b"customElements" in (gzip.decompress(body) if encoding else body)


def test_what_gzip_makes_hardly_shorter_is_sent_as_it_is() -> None:
    assert WebFile(os.urandom(1000), "image/png").packed is None
    assert WebFile(b"navai " * 1000, "text/javascript").packed is not None
