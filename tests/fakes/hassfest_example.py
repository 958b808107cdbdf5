"""A small, correct integration, as files: the checks of `hassfest` are tested with it."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any, Final

from hassfest.quality import RULES
from hassfest_example_code import MODULES

MANIFEST: Final = {
    "domain": "parrot",
    "name": "Parrot",
    "after_dependencies": ["logbook"],
    "codeowners": ["@somebody", "@an-org/a-team"],
    "config_flow": True,
    "dependencies": ["http"],
    "documentation": "https://example.com/parrot",
    "integration_type": "service",
    "iot_class": "cloud_push",
    "issue_tracker": "https://example.com/parrot/issues",
    "requirements": [],
    "version": "1.2.3",
}

STRINGS: Final[dict[str, Any]] = {
    "config": {
        "abort": {
            "already_configured": "There is one already.",
            "yaml_only": "Write {snippet} into the YAML, as {docs} says.",
        },
        "error": {"deaf": "It does not hear you."},
        "step": {"user": {"title": "Say something", "data": {"word": "Word"}}},
    },
    "device": {"cage": {"name": "Cage"}},
    "device_automation": {"trigger_type": {"spoke": "It spoke", "slept": "It slept"}},
    "entity": {
        "event": {
            "talk": {
                "name": "Talk",
                "state_attributes": {"event_type": {"state": {"began": "Began", "ended": "Ended"}}},
            }
        },
        "sensor": {
            "mood": {
                "name": "Mood of {bird}",
                "state": {"calm": "Calm", "angry": "Angry"},
                "state_attributes": {"since": {"name": "Since"}},
            },
            "words": {"name": "Words today", "unit_of_measurement": "words"},
        },
        "switch": {"talkative": {"name": "Talkative"}},
    },
    "exceptions": {
        "asleep": {"message": "{bird} is asleep until {time}."},
        "gone": {"message": "It has flown away."},
        "mute": {"message": "{bird} says nothing."},
        "other": {"message": "{text}"},
        "shy": {"message": "Ask again in a moment."},
    },
    "issues": {
        "hungry": {"title": "{bird} is hungry", "description": "Give it {food}, which it likes best."},
        "thirsty": {"title": "{bird} is thirsty", "description": "Give it water."},
    },
    "selector": {"tone": {"options": {"low": "Low", "high": "High"}}},
    "services": {
        "list": {"name": "List", "description": "Lists all words that it knows."},
        "reload": {"name": "Reload", "description": "Reads the YAML again."},
        "say": {
            "name": "Say",
            "description": "Lets it say something.",
            "fields": {
                "text": {"name": "Text", "description": "What it says."},
                "tone": {"name": "Tone", "description": "How it says it."},
            },
            "sections": {"more": {"name": "More"}},
        },
    },
    "system_health": {"info": {"awake": "Awake", "words": "Words"}},
}

SERVICES: Final = """
list:
say:
  target:
    device:
      integration: parrot
  fields:
    text:
      required: true
      example: hello
      selector:
        text:
    more:
      collapsed: true
      fields:
        tone:
          selector:
            select:
              translation_key: tone
              options: [low, high]
reload:
"""

ICONS: Final = {
    "entity": {
        "event": {
            "talk": {"default": "mdi:bird", "state_attributes": {"event_type": {"state": {"began": "mdi:play"}}}},
        },
        "sensor": {"mood": {"default": "mdi:emoticon", "state": {"angry": "mdi:emoticon-angry"}}},
        "switch": {"talkative": {"default": "mdi:bird", "state": {"off": "mdi:bird-off"}}},
    },
    "services": {
        "list": {"service": "mdi:format-list-bulleted"},
        "reload": {"service": "mdi:reload"},
        "say": {"service": "mdi:account-voice", "sections": {"more": "mdi:tune"}},
    },
}

QUALITY_SCALE: Final = (
    "rules:\n  discovery:\n    status: exempt\n    comment: It cannot fly here.\n  test-coverage: todo\n"
    "  brands:\n    status: done\n    comment: It is green.\n"
) + "".join(f"  {rule}: done\n" for rule in sorted(RULES - {"brands", "discovery", "test-coverage"}))


def write_example(root: Path) -> Path:
    """Write it into the repository at ``root``, and return its folder."""
    folder = root / "custom_components" / "parrot"
    spanish = json.dumps(STRINGS).replace("Lists all words that it knows.", "Enumera todas las palabras que sabe.")
    for source, translated in (
        ("It does not hear you.", "No te oye."),
        ("{bird} is asleep until {time}.", "{bird} duerme hasta {time}."),
        ("There is one already.", "Ya hay uno."),
        ("Write {snippet} into the YAML, as {docs} says.", "Escribe {snippet} en el YAML, como dice {docs}."),
        ("It has flown away.", "Se ha ido."),
        ("Ask again in a moment.", "Pregunta dentro de un momento."),
        ("Give it {food}, which it likes best.", "Dale {food}, lo que más le gusta."),
        ("Reads the YAML again.", "Vuelve a leer el YAML."),
        ("Lets it say something.", "Le hace decir algo."),
        ("How it says it.", "Cómo lo dice."),
    ):
        assert source in spanish
        spanish = spanish.replace(source, translated)
    files = {
        "manifest.json": json.dumps(MANIFEST),
        "strings.json": json.dumps(STRINGS),
        "translations/en.json": json.dumps(STRINGS),
        "translations/es.json": spanish,
        "icons.json": json.dumps(ICONS),
        "services.yaml": SERVICES,
        "quality_scale.yaml": QUALITY_SCALE,
        "diagnostics.py": "",
        **{f"{name}.py": text for name, text in MODULES.items()},
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for name, width, height in (("icon", 256, 256), ("icon@2x", 512, 512), ("logo", 500, 128), ("logo@2x", 1000, 256)):
        write_image(folder / "brand" / f"{name}.png", width, height)
    for name in ("LICENSE", "README.md"):
        (root / name).write_text("parrot")
    hacs = {"name": "Parrot", "homeassistant": "2026.2.3", "zip_release": True, "filename": "parrot.zip"}
    (root / "hacs.json").write_text(json.dumps(hacs | {"hide_default_branch": True}))
    return folder


def write_image(path: Path, width: int, height: int, *, colours: int = 6) -> None:
    """Write an empty PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    path.parent.mkdir(parents=True, exist_ok=True)
    head = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IEND", b""))
