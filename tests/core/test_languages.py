"""Tags become names for the model, and names become codes for the transcription."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core.language_names import DIALECTS, LANGUAGES, NATIVE, SCRIPTS, TERRITORIES
from navai_core.languages import language_tag, spoken_name, transcription_hint


@pytest.mark.parametrize(
    ("language", "name", "hint"),
    [
        ("es", "Spanish", "es"),
        ("es-MX", "Mexican Spanish", "es"),
        ("es_MX", "Mexican Spanish", "es"),
        (" ES-mx ", "Mexican Spanish", "es"),
        ("es-PE", "Spanish (Peru)", "es"),
        ("es-419", "Latin American Spanish", "es"),
        ("pt-BR", "Brazilian Portuguese", "pt"),
        ("en-GB", "British English", "en"),
        ("nl-BE", "Flemish", "nl"),
        ("zh-Hans", "Simplified Chinese", "zh"),
        ("zh-Hant-TW", "Traditional Chinese (Taiwan)", "zh"),
        ("zh_hans_sg", "Simplified Chinese (Singapore)", "zh"),
        ("sr-Latn-RS", "Serbian (Latin, Serbia)", "sr"),
        ("sr-Latn-ME", "Montenegrin (Latin)", "sr"),
        ("fil", "Filipino", "fil"),
        ("yue-HK", "Cantonese (Hong Kong SAR China)", "yue"),
        ("haw", "Hawaiian", "haw"),
        ("iw", "Hebrew", "he"),
        ("no", "Norwegian", "no"),
        ("en-u-hc-h12", "English", "en"),
        ("fr-CA-x-home", "Canadian French", "fr"),
        # Unknown parts: the whole tag says more than a part of it.
        ("ca-ES-valencia", "ca-ES-valencia", "ca"),
        ("de-1996", "de-1996", "de"),
        ("es-XX", "es-XX", "es"),
        ("en-Shaw", "en-Shaw", "en"),
        # Names win over similar codes.
        ("Thai", "Thai", "th"),
        ("Lao", "Lao", "lo"),
        ("ido", "ido", "io"),
        ("Ewe", "Ewe", "ee"),
        ("Spanish", "Spanish", "es"),
        ("mexican  SPANISH", "mexican  SPANISH", "es"),
        ("Spanish (Peru)", "Spanish (Peru)", "es"),
        ("Español", "Español", "es"),
        ("deutsch", "deutsch", "de"),
        ("Mandarin", "Mandarin", "zh"),
        ("日本語", "日本語", "ja"),
        # Neither.
        (" plain English for children ", "plain English for children", None),
        ("Klingon", "Klingon", None),
        ("xx", "xx", None),
        ("any", "any", None),
        ("es-MX or en-US", "es-MX or en-US", None),
        ("es--MX", "es--MX", None),
        ("es-MX\n", "Mexican Spanish", "es"),
        ("", "", None),
        ("(", "(", None),
    ],
)
def test_languages(language: str, name: str, hint: str | None) -> None:
    assert spoken_name(language) == name
    assert transcription_hint(language) == hint


@given(
    language=st.sampled_from(sorted(LANGUAGES)),
    script=st.sampled_from(["", *SCRIPTS]),
    place=st.sampled_from(["", *TERRITORIES]),
    separator=st.sampled_from("-_"),
)
def test_every_tag_has_a_name_that_leads_back_to_its_code(
    language: str, script: str, place: str, separator: str
) -> None:
    tag = separator.join(part for part in (language, script, place) if part)
    name = spoken_name(tag)
    assert LANGUAGES[language] in name or any(dialect in name for dialect in DIALECTS.values())
    assert transcription_hint(tag) == transcription_hint(name) == language


@given(language=st.text())
def test_any_text_has_an_answer(language: str) -> None:
    assert spoken_name(language).strip() == spoken_name(language)
    assert transcription_hint(language) is None or transcription_hint(language) in LANGUAGES


def test_the_tables() -> None:
    assert len(LANGUAGES) > 180
    assert all(tag.partition("-")[0] in LANGUAGES for tag in DIALECTS)
    assert NATIVE["de"] == "deutsch"
    assert TERRITORIES["PE"] == "Peru"


@pytest.mark.parametrize(
    ("language", "tag"),
    [
        ("es", "es"),
        (" ES_mx ", "es-MX"),
        ("zh_hans_sg", "zh-Hans-SG"),
        ("es-419", "es-419"),
        ("iw", "he"),
        ("de-1996", "de"),
        ("Mexican  Spanish", "es-MX"),
        ("Spanish (Peru)", "es"),
        ("Español", "es"),
        ("plain English for children", None),
        ("", None),
    ],
)
def test_the_tag_of_a_language(language: str, tag: str | None) -> None:
    assert language_tag(language) == tag


@given(st.text(max_size=20))
def test_a_tag_names_its_own_language(language: str) -> None:
    tag = language_tag(language)
    assert tag is None or (language_tag(tag) == tag and transcription_hint(tag) == transcription_hint(language))
