import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navai_core.exceptions import InvalidInputError
from navai_core.sessions.prices import Modalities, TokenUsage, cost_of
from navai_core.sessions.usage import MAX_SECONDS, MAX_TOKENS, DayUsage, UsageBook, read_usage

TODAY = date(2026, 11, 23)
MOST = 10**15

WIRE: dict[str, Any] = {
    "total_tokens": 4500,
    "input_tokens": 3500,
    "output_tokens": 1000,
    "input_token_details": {
        "text_tokens": 1000,
        "audio_tokens": 2000,
        "image_tokens": 500,
        "cached_tokens": 2000,
        "cached_tokens_details": {"text_tokens": 400, "audio_tokens": 1500, "image_tokens": 100},
    },
    "output_token_details": {"text_tokens": 300, "audio_tokens": 700},
}
USAGE = TokenUsage(
    total_tokens=4500,
    input_tokens=3500,
    output_tokens=1000,
    cached_tokens=2000,
    input_details=Modalities(text=1000, audio=2000, image=500),
    cached_details=Modalities(text=400, audio=1500, image=100),
    output_details=Modalities(text=300, audio=700),
)
COST = 0.07321
"""Of `USAGE`, with gpt-realtime-2.1; test_prices shows how."""


def with_value(path: str, value: object) -> dict[str, Any]:
    """The usage above with one value changed."""
    wire = deepcopy(WIRE)
    *groups, key = path.split(".")[1:]
    group = wire
    for name in groups:
        group = group[name]
    group[key] = value
    return wire


COUNTS = [
    "usage.total_tokens",
    "usage.input_tokens",
    "usage.output_tokens",
    "usage.input_token_details.text_tokens",
    "usage.input_token_details.audio_tokens",
    "usage.input_token_details.image_tokens",
    "usage.input_token_details.cached_tokens",
    "usage.input_token_details.cached_tokens_details.text_tokens",
    "usage.input_token_details.cached_tokens_details.audio_tokens",
    "usage.input_token_details.cached_tokens_details.image_tokens",
    "usage.output_token_details.text_tokens",
    "usage.output_token_details.audio_tokens",
    "usage.output_token_details.image_tokens",
]
GROUPS = [
    "usage.input_token_details",
    "usage.input_token_details.cached_tokens_details",
    "usage.output_token_details",
]


def test_a_usage_is_read_as_the_provider_sends_it() -> None:
    assert read_usage(WIRE) == USAGE


@pytest.mark.parametrize("path", ["usage", "usage.input_token_details", "usage.output_token_details"])
def test_what_the_provider_adds_is_passed_over(path: str) -> None:
    assert read_usage(with_value(f"{path}.new_tokens_details", {"video_tokens": "many"})) == USAGE


@pytest.mark.parametrize(
    ("wire", "usage"),
    [
        (
            {"input_tokens": 30, "output_tokens": 12},
            TokenUsage(total_tokens=42, input_tokens=30, output_tokens=12),
        ),
        (
            {
                "total_tokens": None,
                "input_tokens": 30,
                "output_tokens": 12,
                "input_token_details": None,
                "output_token_details": {"text_tokens": None, "audio_tokens": 12},
            },
            TokenUsage(total_tokens=42, input_tokens=30, output_tokens=12, output_details=Modalities(audio=12)),
        ),
        (
            {
                "input_tokens": 30,
                "output_tokens": 0,
                "input_token_details": {"text_tokens": 30, "cached_tokens": 20, "cached_tokens_details": None},
            },
            TokenUsage(
                total_tokens=30,
                input_tokens=30,
                output_tokens=0,
                cached_tokens=20,
                input_details=Modalities(text=30),
            ),
        ),
        (
            {
                "input_tokens": 30,
                "output_tokens": 0,
                "input_token_details": {"text_tokens": 30, "cached_tokens_details": {"text_tokens": 7}},
            },
            TokenUsage(
                total_tokens=30,
                input_tokens=30,
                output_tokens=0,
                cached_tokens=7,
                input_details=Modalities(text=30),
                cached_details=Modalities(text=7),
            ),
        ),
    ],
)
def test_details_may_be_left_out_or_null(wire: object, usage: TokenUsage) -> None:
    assert read_usage(wire) == usage


WRONG = [-1, True, False, 1.0, nan, inf, "12345", "", [], {}, MAX_TOKENS + 1, 10**400, "sk-core-0123456789"]


@pytest.mark.parametrize("path", COUNTS)
@pytest.mark.parametrize("value", WRONG)
def test_a_count_that_is_wrong_is_left_out_and_the_rest_is_counted(path: str, value: object) -> None:
    usage = read_usage(with_value(path, value))
    # The whole message is fixed, so it cannot quote the value.
    assert usage.problem == f"`{path}` must be a whole number from 0 to 10,000,000."
    assert usage == TokenUsage(total_tokens=4500, input_tokens=3500, output_tokens=1000, problem=usage.problem)
    assert cost_of("gpt-realtime-2.1", usage) is None


@pytest.mark.parametrize("key", ["input_tokens", "output_tokens"])
def test_the_two_totals_must_be_there_or_the_details_and_the_total_count(key: str) -> None:
    wire = deepcopy(WIRE)
    del wire[key]
    for without in (wire, with_value(f"usage.{key}", None)):
        usage = read_usage(without)
        assert usage.problem == f"`usage.{key}` must be a whole number from 0 to 10,000,000."
        assert (usage.total_tokens, usage.input_tokens, usage.output_tokens) == (4500, 3500, 1000)
    assert read_usage({"total_tokens": 7}).total_tokens == 7


@pytest.mark.parametrize("path", GROUPS)
@pytest.mark.parametrize("value", [0, False, "", "text", [], [1], 1.5])
def test_details_that_are_no_object_are_left_out(path: str, value: object) -> None:
    usage = read_usage(with_value(path, value))
    assert (usage.total_tokens, usage.problem) == (4500, f"`{path}` must be an object.")


@pytest.mark.parametrize("raw", [None, [], "usage", 3, nan, True, [WIRE]])
def test_what_is_no_object_counts_nothing_and_has_no_known_cost(raw: object) -> None:
    usage = read_usage(raw)
    assert (usage.total_tokens, usage.problem) == (0, "`usage` must be an object.")
    assert cost_of("gpt-realtime-2.1", usage) is None


def test_the_bound_is_of_a_response_and_belongs_to_it() -> None:
    half = MAX_TOKENS // 2
    assert read_usage({"input_tokens": half, "output_tokens": half}).total_tokens == MAX_TOKENS
    more = read_usage({"input_tokens": half, "output_tokens": half + 1})
    assert (more.total_tokens, more.problem[:20]) == (MAX_TOKENS, "`usage.total_tokens`")


@pytest.mark.parametrize(
    ("path", "value", "total"),
    [
        ("usage.total_tokens", 4499, 4500),
        ("usage.input_tokens", 3499, 4500),
        ("usage.output_tokens", 999, 4500),
        ("usage.input_token_details.text_tokens", 1001, 4500),
        ("usage.input_token_details.cached_tokens", 1999, 4500),
        ("usage.input_token_details.cached_tokens", 3501, 4500),
        ("usage.input_token_details.cached_tokens_details.text_tokens", 401, 4500),
        ("usage.output_token_details.audio_tokens", 701, 4500),
        ("usage.output_token_details.image_tokens", 1, 4500),
        ("usage.output_tokens", 1001, 4501),
    ],
)
def test_what_contradicts_itself_is_counted_and_has_no_known_cost(path: str, value: int, total: int) -> None:
    usage = read_usage(with_value(path, value))
    assert usage.problem.startswith("The usage contradicts itself: it counts more ")
    assert usage.total_tokens == total
    assert cost_of("gpt-realtime-2.1", usage) is None


def test_a_transcript_has_a_usage_of_its_own() -> None:
    details = {"text_tokens": 0, "audio_tokens": 12}
    tokens = {"type": "tokens", "input_tokens": 12, "input_token_details": details, "output_tokens": 8}
    assert read_usage({**tokens, "total_tokens": 20}) == TokenUsage(
        total_tokens=20,
        input_tokens=12,
        output_tokens=8,
        input_details=Modalities(audio=12),
        output_details=Modalities(text=8),
        transcription=True,
    )
    assert read_usage({"type": "duration", "seconds": 1.2}) == TokenUsage(
        total_tokens=0, input_tokens=0, output_tokens=0, seconds=1.2, transcription=True
    )
    assert read_usage({**tokens, "total_tokens": 3}).transcription


@pytest.mark.parametrize("seconds", [None, -0.1, nan, inf, "60", True, 86_400.5, 10**400])
def test_seconds_that_cannot_be_have_no_known_cost(seconds: object) -> None:
    usage = read_usage({"type": "duration", "seconds": seconds})
    assert usage.problem == "`usage.seconds` must be a number from 0 to 86,400."
    assert cost_of("gpt-transcribe", usage) is None


numbers = st.one_of(st.integers(0, 50), st.integers(), st.floats(), st.booleans(), st.none(), st.text(max_size=3))
modalities = st.dictionaries(st.sampled_from(["text_tokens", "audio_tokens", "image_tokens"]), st.integers(0, 9))
any_json = st.recursive(
    numbers, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner), max_leaves=8
)
almost_usages = st.fixed_dictionaries(
    {"input_tokens": st.integers(0, 60), "output_tokens": st.integers(0, 60)},
    optional={
        "total_tokens": st.integers(0, 200) | numbers,
        "input_token_details": st.fixed_dictionaries(
            {},
            optional={
                "text_tokens": st.integers(0, 30) | numbers,
                "audio_tokens": st.integers(0, 30),
                "cached_tokens": st.integers(0, 30),
                "cached_tokens_details": modalities | any_json,
            },
        ),
        "output_token_details": modalities | any_json,
    },
)


@given(almost_usages | any_json)
def test_whatever_a_browser_sends_is_counted_and_never_costs_less_than_nothing(raw: object) -> None:
    usage = read_usage(raw)
    assert 0 <= usage.cached_tokens <= usage.input_tokens <= usage.total_tokens <= MAX_TOKENS
    assert usage.output_tokens <= usage.total_tokens
    cost = cost_of("gpt-realtime", usage)
    assert cost is None or (cost >= 0 and not usage.problem)
    if isinstance(raw, dict) and raw.get("type") != "duration":
        # Whatever else is wrong, a count that is right is not lost.
        counts = [raw.get(key) for key in ("total_tokens", "input_tokens", "output_tokens")]
        right = [each for each in counts if type(each) is int and 0 <= each <= MAX_TOKENS]
        assert usage.total_tokens >= max(right, default=0)


def test_wrong_numbers_are_logged_once_a_day_and_make_the_cost_unknown(
    house: "House", caplog: pytest.LogCaptureFixture
) -> None:
    book = house.book()
    wrong = read_usage(with_value("usage.output_tokens", "sk-core-0123456789"))
    for _ in range(3):
        book.tokens("kitchen", "gpt-realtime-2.1", wrong)
    assert book.of("kitchen") == DayUsage(tokens=13500, cost=None)
    assert [record.getMessage() for record in caplog.records] == [
        f"The token counts of kitchen from the provider are not valid, so its cost today is unknown. {wrong.problem}"
    ]
    house.day += timedelta(days=1)
    book.tokens("kitchen", "gpt-realtime-2.1", wrong)
    book.tokens("office", "gpt-realtime-2.1", USAGE)
    assert len(caplog.records) == 2
    assert book.of("office").cost is not None


class House:
    """A calendar, and how often it was notified of a change."""

    def __init__(self) -> None:
        self.day = TODAY
        self.changes = 0

    def today(self) -> date:
        return self.day

    def changed(self) -> None:
        self.changes += 1

    def book(self) -> UsageBook:
        return UsageBook(self.today, self.changed)


@pytest.fixture
def house() -> House:
    return House()


def fill(book: UsageBook) -> None:
    book.secret("kitchen")
    book.session("kitchen")
    book.time("kitchen", 12.5)
    book.tokens("kitchen", "gpt-realtime-2.1", USAGE)
    book.secret("office")


FULL = DayUsage(secrets=1, sessions=1, seconds=12.5, tokens=4500, cost=pytest.approx(COST))


def test_each_profile_is_counted_by_itself(house: House) -> None:
    book = house.book()
    assert book.of("kitchen") == DayUsage(secrets=0, sessions=0, seconds=0.0, tokens=0, cost=0.0)
    fill(book)
    assert book.of("kitchen") == FULL
    assert book.of("office") == DayUsage(secrets=1)
    assert book.of("nobody") == DayUsage()
    fill(book)
    assert book.of("kitchen") == DayUsage(
        secrets=2, sessions=2, seconds=25.0, tokens=9000, cost=pytest.approx(2 * COST)
    )


def test_a_cost_that_is_unknown_once_stays_so_for_the_day(house: House) -> None:
    book = house.book()
    book.tokens("kitchen", "gpt-realtime-2.1", USAGE)
    book.tokens("kitchen", "my-deployment", USAGE)
    assert book.of("kitchen") == DayUsage(tokens=9000, cost=None)
    book.tokens("kitchen", "gpt-realtime-2.1", USAGE)
    book.secret("kitchen")
    assert book.of("kitchen") == DayUsage(secrets=1, tokens=13500, cost=None)
    book.tokens("office", "gpt-realtime-2.1", TokenUsage(total_tokens=5, input_tokens=5, output_tokens=0))
    assert book.of("office") == DayUsage(tokens=5, cost=None)
    house.day += timedelta(days=1)
    assert book.of("kitchen").cost == 0.0


@pytest.mark.parametrize("seconds", [-0.001, nan, inf, -inf, MOST + 1, 10**400, "60", None, True])
def test_a_time_that_cannot_be_is_refused_and_not_counted(house: House, seconds: Any) -> None:
    book = house.book()
    with pytest.raises(InvalidInputError, match=r"^`seconds` must be a number from 0\.$") as caught:
        book.time("kitchen", seconds)
    assert caught.value.data == {"field": "seconds"}
    assert book.of("kitchen") == DayUsage()
    assert house.changes == 0


@pytest.mark.parametrize(
    ("seconds", "counted"), [(0, 0.0), (0.25, 0.25), (86_400, 86_400.0), (86_400.5, 86_400.0), (MOST, 86_400.0)]
)
def test_a_time_is_counted_up_to_a_day(house: House, seconds: float, counted: float) -> None:
    book = house.book()
    book.time("kitchen", seconds)
    assert book.of("kitchen") == DayUsage(seconds=counted)


def test_the_host_is_told_of_each_change_after_it(house: House) -> None:
    seen: list[DayUsage] = []
    book = UsageBook(house.today, lambda: seen.append(book.of("kitchen")))
    fill(book)
    assert [(day.secrets, day.sessions, day.seconds, day.tokens) for day in seen] == [
        (1, 0, 0.0, 0),
        (1, 1, 0.0, 0),
        (1, 1, 12.5, 0),
        (1, 1, 12.5, 4500),
        (1, 1, 12.5, 4500),
    ]
    book.forget(["office"])
    assert seen[5:] == [DayUsage()]


def test_asking_and_restoring_are_no_change(house: House) -> None:
    book = house.book()
    fill(book)
    assert house.changes == 5
    book.of("kitchen")
    book.restore(book.dump())
    book.forget(["kitchen", "office", "cellar"])
    house.day += timedelta(days=1)
    book.of("kitchen")
    book.forget([])
    assert house.changes == 5


def test_nobody_needs_to_be_told(house: House) -> None:
    book = UsageBook(house.today)
    fill(book)
    assert book.of("kitchen") == FULL


def test_profiles_that_are_no_more_are_dropped(house: House) -> None:
    book = house.book()
    fill(book)
    book.forget({"kitchen", "cellar"})
    assert book.of("kitchen") == FULL
    assert book.of("office") == DayUsage()
    assert list(book.dump()["profiles"]) == ["kitchen"]
    assert house.changes == 6


ASK: list[tuple[Callable[[UsageBook], object], dict[str, DayUsage]]] = [
    (lambda book: book.of("kitchen"), {}),
    (lambda book: book.dump(), {}),
    (lambda book: book.forget(["kitchen"]), {}),
    (lambda book: book.restore(None), {}),
    (lambda book: book.secret("kitchen"), {"kitchen": DayUsage(secrets=1)}),
    (lambda book: book.session("kitchen"), {"kitchen": DayUsage(sessions=1)}),
    (lambda book: book.time("kitchen", 3.0), {"kitchen": DayUsage(seconds=3.0)}),
    (
        lambda book: book.tokens("kitchen", "gpt-realtime-2.1", USAGE),
        {"kitchen": DayUsage(tokens=4500, cost=pytest.approx(COST))},
    ),
]


@pytest.mark.parametrize("days", [1, -1, 365])
@pytest.mark.parametrize(("ask", "left"), ASK)
def test_another_day_begins_at_zero(
    house: House, ask: Callable[[UsageBook], object], left: dict[str, DayUsage], days: int
) -> None:
    book = house.book()
    fill(book)
    house.day += timedelta(days=days)
    ask(book)
    dumped = book.dump()
    assert dumped["date"] == house.day.isoformat()
    assert set(dumped["profiles"]) == set(left)
    assert {profile: book.of(profile) for profile in left} == left
    assert book.of("office") == DayUsage()


@pytest.mark.parametrize(("ask", "left"), ASK)
def test_each_way_of_asking_notices_the_new_day(
    house: House, ask: Callable[[UsageBook], object], left: dict[str, DayUsage]
) -> None:
    book = house.book()
    fill(book)
    house.day += timedelta(days=1)
    ask(book)
    # Otherwise the counts of the first day would still exist when its date comes back.
    house.day = TODAY
    assert book.of("kitchen") == DayUsage()


def test_what_is_dumped(house: House) -> None:
    book = house.book()
    fill(book)
    book.tokens("office", "my-deployment", USAGE)
    assert book.dump() == {
        "version": 1,
        "date": "2026-11-23",
        "profiles": {
            "kitchen": {"secrets": 1, "sessions": 1, "seconds": 12.5, "tokens": 4500, "cost": pytest.approx(COST)},
            "office": {"secrets": 1, "sessions": 0, "seconds": 0.0, "tokens": 4500, "cost": None},
        },
    }


def test_a_dump_is_a_copy(house: House) -> None:
    book = house.book()
    fill(book)
    dumped = book.dump()
    other = house.book()
    other.restore(dumped)
    dumped["profiles"]["kitchen"]["secrets"] = 9
    del dumped["profiles"]["office"]
    assert book.of("kitchen") == other.of("kitchen") == FULL
    assert book.of("office") == other.of("office") == DayUsage(secrets=1)


def test_counting_goes_on_after_a_restart(house: House) -> None:
    book = house.book()
    fill(book)
    after = house.book()
    after.restore(json.loads(json.dumps(book.dump())))
    fill(after)
    assert after.of("kitchen").tokens == 9000
    assert after.of("office") == DayUsage(secrets=2)


def test_restoring_replaces_what_was_counted(house: House) -> None:
    book = house.book()
    fill(book)
    dumped = book.dump()
    book.secret("office")
    book.secret("cellar")
    book.restore(dumped)
    assert book.dump() == dumped


DUMPED: dict[str, Any] = {
    "version": 1,
    "date": "2026-11-23",
    "profiles": {"kitchen": {"secrets": 1, "sessions": 2, "seconds": 3.5, "tokens": 4, "cost": 0.5}},
}
RESTORED = DayUsage(secrets=1, sessions=2, seconds=3.5, tokens=4, cost=0.5)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "rubbish",
        7,
        {},
        {**DUMPED, "version": 2},
        {**DUMPED, "version": 0},
        {**DUMPED, "version": "1"},
        {**DUMPED, "version": None},
        {**DUMPED, "date": "2026-11-22"},
        {**DUMPED, "date": "2026-11-24"},
        {**DUMPED, "date": 20261123},
        {**DUMPED, "date": None},
        {**DUMPED, "profiles": None},
        {**DUMPED, "profiles": [DUMPED["profiles"]["kitchen"]]},
        {key: value for key, value in DUMPED.items() if key != "version"},
        {key: value for key, value in DUMPED.items() if key != "date"},
        {key: value for key, value in DUMPED.items() if key != "profiles"},
    ],
)
def test_data_of_no_use_is_passed_over(house: House, data: object) -> None:
    book = house.book()
    book.restore(data)
    assert book.dump()["profiles"] == {}
    fill(book)
    book.restore(data)
    assert book.of("kitchen") == FULL


@pytest.mark.parametrize("key", ["secrets", "sessions", "tokens", "seconds", "cost"])
@pytest.mark.parametrize("value", [-1, True, nan, inf, "1", [], {}, MOST + 1, 10**400, -0.5])
def test_a_profile_that_makes_no_sense_begins_at_zero_and_the_others_do_not(
    house: House, key: str, value: object
) -> None:
    book = house.book()
    good = DUMPED["profiles"]["kitchen"]
    book.restore({**DUMPED, "profiles": {"office": {**good, key: value}, "kitchen": good, 5: good}})
    assert set(book.dump()["profiles"]) == {"kitchen"}
    assert book.of("kitchen") == RESTORED


@pytest.mark.parametrize("key", ["secrets", "sessions", "tokens"])
@pytest.mark.parametrize("value", [1.0, None])
def test_counts_are_whole_numbers(house: House, key: str, value: object) -> None:
    book = house.book()
    book.restore({**DUMPED, "profiles": {"kitchen": {**DUMPED["profiles"]["kitchen"], key: value}}})
    assert book.dump()["profiles"] == {}


@pytest.mark.parametrize("key", ["secrets", "sessions", "tokens", "seconds", "cost"])
def test_a_missing_cost_is_not_known_and_a_missing_count_makes_no_sense(house: House, key: str) -> None:
    book = house.book()
    profile = {name: value for name, value in DUMPED["profiles"]["kitchen"].items() if name != key}
    book.restore({**DUMPED, "profiles": {"kitchen": profile, "office": None, "cellar": [profile]}})
    expected = DayUsage(secrets=1, sessions=2, seconds=3.5, tokens=4, cost=None) if key == "cost" else DayUsage()
    assert book.of("kitchen") == expected
    assert book.of("office") == book.of("cellar") == DayUsage()


def test_what_is_restored_may_have_whole_seconds_and_cents(house: House) -> None:
    book = house.book()
    book.restore({**DUMPED, "profiles": {"kitchen": {**DUMPED["profiles"]["kitchen"], "seconds": 3, "cost": 0}}})
    assert book.of("kitchen") == DayUsage(secrets=1, sessions=2, seconds=3, tokens=4, cost=0)


def test_sums_stop_growing_before_they_overflow(house: House) -> None:
    book = house.book()
    full = {"secrets": MOST, "sessions": MOST, "seconds": float(MOST), "tokens": MOST, "cost": float(MOST)}
    book.restore({**DUMPED, "profiles": {"kitchen": full}})
    fill(book)
    book.time("kitchen", MAX_SECONDS)
    assert book.of("kitchen") == DayUsage(secrets=MOST, sessions=MOST, seconds=MOST, tokens=MOST, cost=MOST)
    again = house.book()
    again.restore(json.loads(json.dumps(book.dump(), allow_nan=False)))
    assert again.dump() == book.dump()


profiles = st.sampled_from(["kitchen", "office", "cellar"])
events = st.lists(
    st.one_of(
        st.tuples(st.just("secret"), profiles),
        st.tuples(st.just("session"), profiles),
        st.tuples(st.just("time"), profiles, st.floats(0, MAX_SECONDS)),
        st.tuples(
            st.just("tokens"),
            profiles,
            st.sampled_from(["gpt-realtime", "gpt-realtime-mini", "my-deployment"]),
            st.integers(0, 10**6).map(
                lambda audio: TokenUsage(
                    total_tokens=audio, input_tokens=0, output_tokens=audio, output_details=Modalities(audio=audio)
                )
            ),
        ),
    ),
    max_size=30,
)


@given(events)
def test_a_restart_loses_nothing(happened: list[tuple[Any, ...]]) -> None:
    house = House()
    book, after = house.book(), house.book()
    for name, *arguments in happened:
        getattr(book, name)(*arguments)
    after.restore(json.loads(json.dumps(book.dump(), allow_nan=False)))
    assert after.dump() == book.dump()
    assert house.changes == len(happened)


@given(events, events)
def test_a_day_knows_nothing_of_the_day_before(before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]) -> None:
    house = House()
    book = house.book()
    for name, *arguments in before:
        getattr(book, name)(*arguments)
    house.day += timedelta(days=1)
    fresh = house.book()
    for name, *arguments in after:
        getattr(book, name)(*arguments)
        getattr(fresh, name)(*arguments)
    assert book.dump() == fresh.dump()


almost_dumps = st.fixed_dictionaries(
    {
        "version": st.just(1) | numbers,
        "date": st.just("2026-11-23") | numbers,
        "profiles": st.dictionaries(
            st.text(max_size=3),
            any_json
            | st.fixed_dictionaries(
                {
                    "secrets": st.integers(0, 9) | numbers,
                    "sessions": st.integers(0, 9),
                    "seconds": st.floats(0, 9) | numbers,
                    "tokens": st.integers(0, 9) | st.integers(0, 10**18),
                    "cost": st.floats(0, 9) | numbers,
                }
            ),
            max_size=3,
        )
        | any_json,
    }
)


@given(almost_dumps | any_json)
def test_any_saved_data_lets_counting_start(data: object) -> None:
    book = House().book()
    book.restore(data)
    fill(book)
    dumped = json.loads(json.dumps(book.dump(), allow_nan=False))
    assert dumped["profiles"]["kitchen"]["tokens"] >= 4500
    for profile in dumped["profiles"]:
        day = book.of(profile)
        assert all(0 <= each <= MOST for each in (day.secrets, day.sessions, day.seconds, day.tokens, day.cost or 0))
