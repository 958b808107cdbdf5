from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core.exceptions import InvalidInputError
from navai_core.sessions.prices import Modalities, TokenUsage, cost_of

MILLION = 1_000_000
NONE = Modalities()

# As the provider's pages list them: input, cached, output of text and of audio, then input and cached of images.
PRICES = {
    "gpt-realtime-2.1": (4, 0.40, 24, 32, 0.40, 64, 5, 0.50),
    "gpt-realtime-2": (4, 0.40, 24, 32, 0.40, 64, 5, 0.50),
    "gpt-realtime-1.5": (4, 0.40, 16, 32, 0.40, 64, 5, 0.50),
    "gpt-realtime": (4, 0.40, 16, 32, 0.40, 64, 5, 0.50),
    "gpt-realtime-2.1-mini": (0.60, 0.06, 2.40, 10, 0.30, 20, 0.80, 0.08),
    "gpt-realtime-mini": (0.60, 0.06, 2.40, 10, 0.30, 20, 0.80, 0.08),
}


def usage_of(given: Modalities = NONE, cached: Modalities = NONE, spoken: Modalities = NONE) -> TokenUsage:
    """A complete usage."""
    return TokenUsage(
        total_tokens=given.total + spoken.total,
        input_tokens=given.total,
        output_tokens=spoken.total,
        cached_tokens=cached.total,
        input_details=given,
        cached_details=cached,
        output_details=spoken,
    )


ONE_OF_EACH = [
    usage_of(Modalities(text=MILLION)),
    usage_of(Modalities(text=MILLION), Modalities(text=MILLION)),
    usage_of(spoken=Modalities(text=MILLION)),
    usage_of(Modalities(audio=MILLION)),
    usage_of(Modalities(audio=MILLION), Modalities(audio=MILLION)),
    usage_of(spoken=Modalities(audio=MILLION)),
    usage_of(Modalities(image=MILLION)),
    usage_of(Modalities(image=MILLION), Modalities(image=MILLION)),
]
MIXED = usage_of(
    Modalities(text=1000, audio=2000, image=500),
    Modalities(text=400, audio=1500, image=100),
    Modalities(text=300, audio=700),
)


@pytest.mark.parametrize("model", PRICES)
def test_each_price_is_the_listed_one(model: str) -> None:
    assert [cost_of(model, usage) for usage in ONE_OF_EACH] == pytest.approx(PRICES[model])


@pytest.mark.parametrize(
    ("model", "usage", "dollars"),
    [
        # text 600 x 4 + 400 x 0.40, audio 500 x 32 + 1500 x 0.40, image 400 x 5 + 100 x 0.50, out 300 x 16 + 700 x 64
        ("gpt-realtime", MIXED, 0.07081),
        ("gpt-realtime-1.5", MIXED, 0.07081),
        # the same, but out 300 x 24
        ("gpt-realtime-2", MIXED, 0.07321),
        ("gpt-realtime-2.1", MIXED, 0.07321),
        # 384 + 5450 + 328 + 720 + 14000
        ("gpt-realtime-mini", MIXED, 0.020882),
        ("gpt-realtime-2.1-mini", MIXED, 0.020882),
        # A minute of each side: 600 tokens x 32 heard, 1200 tokens x 64 spoken.
        ("gpt-realtime-2.1", usage_of(Modalities(audio=600), spoken=Modalities(audio=1200)), 0.096),
        ("gpt-realtime", usage_of(), 0.0),
    ],
)
def test_costs_computed_by_hand(model: str, usage: TokenUsage, dollars: float) -> None:
    assert cost_of(model, usage) == pytest.approx(dollars)


def heard(tokens: int, written: int) -> TokenUsage:
    """A transcript that is billed by tokens."""
    return replace(usage_of(Modalities(audio=tokens), spoken=Modalities(text=written)), transcription=True)


def lasted(seconds: float) -> TokenUsage:
    """A transcript that is billed by the length of what was said."""
    return replace(usage_of(), seconds=seconds, transcription=True)


@pytest.mark.parametrize(
    ("model", "usage", "dollars"),
    [
        ("gpt-4o-transcribe", heard(600, 150), 0.0051),  # 600 x 6 + 150 x 10
        ("gpt-4o-mini-transcribe-2025-12-15", heard(600, 150), 0.00255),  # 600 x 3 + 150 x 5
        ("gpt-transcribe", lasted(60), 0.0045),
        ("gpt-realtime-whisper", lasted(30), 0.0085),
        ("whisper-1", lasted(0), 0.0),
        # They are not billed like that, or navai does not know the price.
        ("gpt-transcribe", heard(600, 150), None),
        ("gpt-4o-transcribe", lasted(60), None),
        ("gpt-live-transcribe", lasted(60), None),
        ("", lasted(60), None),
    ],
)
def test_a_transcript_costs_what_its_model_costs(model: str, usage: TokenUsage, dollars: float | None) -> None:
    assert cost_of(model, usage) == (None if dollars is None else pytest.approx(dollars))


def test_numbers_with_a_problem_have_no_known_cost_and_may_contradict_each_other() -> None:
    assert cost_of("gpt-realtime", replace(MIXED, total_tokens=1, problem="It counts more.")) is None
    assert cost_of("gpt-realtime", replace(usage_of(), problem="It counts more.")) is None
    assert cost_of("gpt-transcribe", replace(lasted(0), problem="It has no seconds.")) is None


@pytest.mark.parametrize(
    ("snapshot", "family"),
    [
        ("gpt-realtime-2025-08-28", "gpt-realtime"),
        ("gpt-realtime-mini-2025-12-15", "gpt-realtime-mini"),
        ("gpt-realtime-2-2026-05-01", "gpt-realtime-2"),
        ("gpt-realtime-2.1-mini-2027-02-03", "gpt-realtime-2.1-mini"),
    ],
)
def test_a_dated_snapshot_costs_what_its_family_does(snapshot: str, family: str) -> None:
    cost = cost_of(family, MIXED)
    assert cost is not None
    assert cost_of(snapshot, MIXED) == cost


@pytest.mark.parametrize(
    "model",
    [
        "",
        "gpt-realtime-3",
        "gpt-realtime-2025",
        "gpt-realtime-2025-08",
        "gpt-realtime-2025-08-28-2025-08-28",
        "gpt-realtime-2025-08-28\n",
        "gpt-realtime-٢٠٢٥-٠٨-٢٨",  # digits, but not a provider's
        "gpt-realtime ",
        "GPT-Realtime",
        "2025-08-28",
        "-2025-08-28",
        "gpt-realtime-whisper",
        "grok-voice",
        "my-deployment",
        "my-deployment-2025-08-28",
        "openai/gpt-realtime",
    ],
)
def test_a_model_that_is_not_listed_has_no_known_cost(model: str) -> None:
    assert cost_of(model, MIXED) is None
    assert cost_of(model, usage_of()) is None


@pytest.mark.parametrize(
    "usage",
    [
        TokenUsage(total_tokens=10, input_tokens=0, output_tokens=0),
        TokenUsage(total_tokens=10, input_tokens=10, output_tokens=0),
        TokenUsage(total_tokens=10, input_tokens=0, output_tokens=10),
        replace(MIXED, input_details=Modalities(text=1000, audio=2000, image=499)),
        replace(MIXED, output_details=Modalities(text=300, audio=699)),
        replace(MIXED, cached_details=Modalities(text=400, audio=1500, image=99)),
        replace(MIXED, cached_details=NONE),
        replace(MIXED, total_tokens=MIXED.total_tokens + 1),
        # No model produces images, so there is no price for them.
        replace(MIXED, output_details=Modalities(text=300, audio=600, image=100)),
    ],
)
def test_what_is_left_out_makes_the_cost_unknown(usage: TokenUsage) -> None:
    assert cost_of("gpt-realtime", usage) is None


def test_without_a_word_of_cached_tokens_all_are_billed_in_full() -> None:
    usage = replace(MIXED, cached_tokens=0, cached_details=NONE)
    # 1000 x 4 + 2000 x 32 + 500 x 5 + 300 x 16 + 700 x 64
    assert cost_of("gpt-realtime", usage) == pytest.approx(0.1201)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"total_tokens": 4499}, "input and output tokens than tokens in total"),
        ({"input_details": Modalities(text=1001, audio=2000, image=500)}, "input tokens by modality"),
        ({"output_details": Modalities(text=300, audio=701)}, "output tokens by modality"),
        ({"cached_tokens": 3501}, "cached tokens than input tokens"),
        ({"cached_tokens": 1999}, "cached tokens by modality"),
        ({"cached_details": Modalities(text=1001)}, "cached text tokens"),
        ({"cached_details": Modalities(audio=2001), "cached_tokens": 2001}, "cached audio tokens"),
        ({"cached_details": Modalities(image=501)}, "cached image tokens"),
        # Ten tokens are not named: at most those ten may be text besides the five.
        (
            {"input_details": Modalities(text=5, audio=3485), "cached_details": Modalities(text=16)},
            "cached text tokens",
        ),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(InvalidInputError, match=f"contradicts itself: it counts more {what}") as caught:
        replace(MIXED, **changes)
    assert caught.value.data == {"field": "usage"}


@pytest.mark.parametrize(
    "changes",
    [
        {"input_details": Modalities(text=5, audio=3485), "cached_details": Modalities(text=15)},
        {"input_details": NONE, "cached_details": Modalities(image=2000)},
        {"input_details": NONE, "cached_details": Modalities(audio=2000)},
        {"cached_details": Modalities(text=1000, audio=1000)},
        {"cached_tokens": 3500},
    ],
)
def test_what_may_be_true_is_taken(changes: dict[str, Any]) -> None:
    replace(MIXED, **changes)


counts = st.integers(0, 10_000)
modalities = st.builds(Modalities, text=counts, audio=counts, image=counts)
models = st.sampled_from(sorted(PRICES))


@st.composite
def whole_usages(draw: st.DrawFn) -> TokenUsage:
    cached, rest = draw(modalities), draw(modalities)
    given = Modalities(text=cached.text + rest.text, audio=cached.audio + rest.audio, image=cached.image + rest.image)
    return usage_of(given, cached, Modalities(text=draw(counts), audio=draw(counts)))


@given(models, modalities, modalities, modalities, counts, counts, counts, counts)
def test_no_usage_costs_less_than_nothing(
    model: str,
    given: Modalities,
    cached: Modalities,
    spoken: Modalities,
    total: int,
    in_total: int,
    out_total: int,
    cached_total: int,
) -> None:
    # Right and wrong sums, so that valid and invalid usages come up.
    for extra in (0, 1):
        try:
            usage = TokenUsage(
                total_tokens=given.total + spoken.total + extra * total,
                input_tokens=given.total + extra * in_total,
                output_tokens=spoken.total + extra * out_total,
                cached_tokens=cached.total + extra * cached_total,
                input_details=given,
                cached_details=cached,
                output_details=spoken,
            )
        except InvalidInputError:
            continue
        cost = cost_of(model, usage)
        assert cost is None or cost >= 0


@given(models, whole_usages())
def test_cached_tokens_only_make_it_cheaper(model: str, usage: TokenUsage) -> None:
    none = cost_of(model, replace(usage, cached_tokens=0, cached_details=NONE))
    some = cost_of(model, usage)
    every = cost_of(model, replace(usage, cached_tokens=usage.input_tokens, cached_details=usage.input_details))
    assert none is not None
    assert some is not None
    assert every is not None
    assert 0 <= every <= some + 1e-12
    assert some <= none + 1e-12
    assert (every < none) == (usage.input_tokens > 0)


@given(models, whole_usages(), st.integers(1, 100))
def test_twice_the_tokens_cost_twice(model: str, usage: TokenUsage, times: int) -> None:
    def many(once: Modalities) -> Modalities:
        return Modalities(text=once.text * times, audio=once.audio * times, image=once.image * times)

    more = usage_of(many(usage.input_details), many(usage.cached_details), many(usage.output_details))
    cost = cost_of(model, usage)
    assert cost is not None
    assert cost_of(model, more) == pytest.approx(cost * times)


@given(models, whole_usages(), st.integers(1, 1000))
def test_one_token_that_is_not_named_makes_it_unknown(model: str, usage: TokenUsage, unnamed: int) -> None:
    total = usage.total_tokens + unnamed
    assert cost_of(model, replace(usage, total_tokens=total)) is None
    assert cost_of(model, replace(usage, total_tokens=total, input_tokens=usage.input_tokens + unnamed)) is None
    assert cost_of(model, replace(usage, total_tokens=total, output_tokens=usage.output_tokens + unnamed)) is None
