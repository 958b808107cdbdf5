"""The conversation of `navai demo`: a family cooks, in the language of the terminal or else of the profile."""

import re
from collections.abc import Mapping
from typing import Final

from ..languages import transcription_hint
from ..simulator import Scenario
from ..simulator.call.script import parse

_ENGLISH: Final = {
    "language": "en",
    "greeting": "Hello. What shall we cook today?",
    "turns": [
        {
            "heard": "What can we cook tonight?",
            "say": "That depends on what you have. Are there eggs and potatoes? Then we make an omelette. "
            "And do interrupt me whenever you like: I fall silent at once.",
        },
        {
            "heard": "We have eggs, potatoes and an onion.",
            "say": "Perfect. Cut the potatoes thin, fry them slowly with the onion, and beat four eggs meanwhile.",
        },
        {
            "heard": "And how long does that take?",
            "say": "Twenty minutes in all. I am only a simulator with a script, though: a real model listens to you.",
        },
    ],
}
_SPANISH: Final = {
    "language": "es",
    "greeting": "Hola. ¿Qué cocinamos hoy?",
    "turns": [
        {
            "heard": "¿Qué podemos cocinar esta noche?",
            "say": "Depende de lo que tengan. ¿Hay huevos y papas? Entonces hacemos una tortilla. "
            "E interrúmpanme cuando quieran: me callo enseguida.",
        },
        {
            "heard": "Tenemos huevos, papas y una cebolla.",
            "say": "Perfecto. Corten las papas finas, fríanlas despacio con la cebolla y batan mientras cuatro huevos.",
        },
        {
            "heard": "¿Y cuánto tarda?",
            "say": "Veinte minutos en total. Pero solo soy un simulador con un guion: un modelo real los escucha.",
        },
    ],
}


def language_of(environ: Mapping[str, str]) -> str:
    """The language of a terminal: `Spanish`, or `English` for all others; empty if its locale has none.

    Args:
        environ: The environment, with LC_ALL, LC_MESSAGES and LANG in this order.
    """
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    language = re.split(r"[_.@-]", locale.lower())[0]
    if language in {"", "c", "posix"}:
        return ""
    return "Spanish" if language == "es" else "English"


def scenario_for(language: str) -> Scenario:
    """The conversation in a profile's language, or else in English."""
    return parse(_SPANISH if transcription_hint(language) == "es" else _ENGLISH)
