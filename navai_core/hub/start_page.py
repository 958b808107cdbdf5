"""The page at `/`: where to go from here. It has no secret, and loads nothing."""

import html
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

DOCUMENTATION: Final = "https://github.com/navai-home/navai#readme"
_TEXTS: Final = {
    "en": {
        "running": "The navai server runs here.",
        "kiosk": "The page to talk with (the kiosk page):",
        "name": "the name of a profile",
        "token": "It asks for the token of a display.",
        "api": "For programs:",
        "api_link": "description of the HTTP API",
        "more": "Documentation",
    },
    "es": {
        "running": "El servidor de navai funciona aquí.",
        "kiosk": "La página para hablar (la página de quiosco):",
        "name": "el nombre de un perfil",
        "token": "Pide el token de una pantalla.",
        "api": "Para programas:",
        "api_link": "descripción de la API HTTP",
        "more": "Documentación",
    },
}


def start_page(profiles: Sequence[str], accepted: str) -> str:
    """The page.

    Args:
        profiles: The profiles to link to; empty if the visitor must not know them.
        accepted: The header `Accept-Language`.
    """
    language = "es" if accepted.strip().lower().startswith("es") else "en"
    texts = _TEXTS[language]
    links = "\n".join(
        f'<li><a href="/navai/kiosk/{quote(profile, safe="")}">/navai/kiosk/{html.escape(profile)}</a></li>'
        for profile in profiles
    )
    where = f"<ul>\n{links}\n</ul>" if links else f"<p><code>/navai/kiosk/</code> + {texts['name']}</p>"
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>navai</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
</head>
<body>
<h1>navai</h1>
<p>{texts["running"]}</p>
<p>{texts["kiosk"]}</p>
{where}
<p>{texts["token"]}</p>
<p>{texts["api"]} <a href="/navai/openapi.json">{texts["api_link"]}</a></p>
<p><a href="{DOCUMENTATION}">{texts["more"]}</a></p>
</body>
</html>
"""
