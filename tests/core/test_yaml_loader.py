"""The YAML loader: tags, places, bounds, and that no message quotes what the file holds."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from navai_core.config.source import Typed
from navai_core.config.yaml.document import MAX_FILE_BYTES, quotable
from navai_core.config.yaml.loader import Loaded, read_yaml
from navai_core.config.yaml.reread import Reread
from navai_core.exceptions import ConfigError, Problem

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(text: str | bytes, name: str = "navai.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        return path

    return put


def load_yaml(path: Path, **options: Any) -> Loaded:
    loaded = read_yaml(path, **options)
    if loaded.problems:
        raise ConfigError(loaded.problems)
    return loaded


def data_of(path: Path, **options: Any) -> Any:
    return load_yaml(path, **{"environ": {}, **options}).data


def problems_of(path: Path, **options: Any) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load_yaml(path, **{"environ": {}, **options})
    return caught.value.problems


def codes(path: Path, **options: Any) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in problems_of(path, **options)]


def test_plain_yaml_is_what_safe_yaml_makes_of_it(write: Write) -> None:
    text = """
        text: kitchen
        number: 1.5
        list: [1, null, true, 2026-01-02, !!binary aGk=]
        nested: {name: "é"}
        quoted: !!str 12
        block: |
          two
          lines
    """
    data = data_of(write(text))
    assert data == yaml.safe_load(dedent(text))
    assert type(data) is dict


def test_an_equals_sign_is_text(write: Write) -> None:
    assert data_of(write("a: =\n=: b\n")) == {"a": "=", "=": "b"}


def test_a_key_that_yaml_reads_as_true_stays_true(write: Write) -> None:
    assert data_of(write("yes: 1\n2: two\n2026-01-01: day\n")) == {True: 1, 2: "two", dt.date(2026, 1, 1): "day"}


def test_a_byte_order_mark_is_no_content(write: Write) -> None:
    assert data_of(write(b"\xef\xbb\xbfa: 1\n")) == {"a": 1}


def test_places_point_at_the_key_the_item_or_the_nearest_ancestor(write: Write) -> None:
    path = write("navai:\n  profiles:\n    kitchen:\n      voice: x\n  users:\n    - name: a\n    - b\n")
    loaded = load_yaml(path, environ={})
    main = str(path)
    assert loaded.locate([]) == (main, 1)
    assert loaded.locate(["navai"]) == (main, 1)
    assert loaded.locate(["navai", "profiles", "kitchen", "voice"]) == (main, 4)
    assert loaded.locate(["navai", "profiles", "kitchen", "missing", "deeper"]) == (main, 3)
    assert loaded.locate(("navai", "users", 1)) == (main, 7)
    assert loaded.locate(("navai", "users", 9)) == (main, 5)
    assert Loaded({}, {}).locate(["a"]) is None
    assert "x" not in repr(Loaded("x", {}))


def test_an_included_file_has_its_own_places(write: Write, tmp_path: Path) -> None:
    write("\nkitchen: !include deep/kitchen.yaml\nhall:\n  voice: v\n", "profiles/all.yaml")
    write("voice: marin\nitems: !include ../../items.yaml\n", "profiles/deep/kitchen.yaml")
    write("- 1\n- 2\n", "items.yaml")
    loaded = load_yaml(write("navai:\n  profiles: !include profiles/all.yaml\n"), environ={})
    assert loaded.data == {
        "navai": {"profiles": {"kitchen": {"voice": "marin", "items": [1, 2]}, "hall": {"voice": "v"}}}
    }
    assert loaded.locate(["navai", "profiles"]) == (str(tmp_path / "navai.yaml"), 2)
    assert loaded.locate(["navai", "profiles", "hall"]) == (str(tmp_path / "profiles/all.yaml"), 3)
    assert loaded.locate(["navai", "profiles", "kitchen"]) == (str(tmp_path / "profiles/all.yaml"), 2)
    deep = (str(tmp_path / "profiles/deep/kitchen.yaml"), 1)
    assert loaded.locate(["navai", "profiles", "kitchen", "voice"]) == deep
    assert loaded.locate(["navai", "profiles", "kitchen", "items", 1]) == (str(tmp_path / "items.yaml"), 2)


def test_paths_are_shown_as_they_were_given(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write("a: !include sub/b.yaml\n", "conf/navai.yaml")
    write("b: !secret nope\n", "conf/sub/b.yaml")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (problem,) = problems_of(Path("../conf/navai.yaml"))
    assert str(problem) == ("../conf/sub/b.yaml:1: a.b: There is no secret `nope`. Add it to ../conf/secrets.yaml.")


def test_secrets_come_from_the_nearest_file_up_to_the_main_files_folder(write: Write, tmp_path: Path) -> None:
    write("outer: wrong\n", "../secrets.yaml")
    write("key: main\nshared: main\n", "secrets.yaml")
    write("shared: near\npin: 1234\n", "sub/secrets.yaml")
    write("[!secret key, !secret shared, !secret pin]", "sub/b.yaml")
    path = write("a: !secret shared\nb: !include sub/b.yaml\nc: !secret ' key '\n")
    assert data_of(path) == {"a": "main", "b": ["main", "near", 1234], "c": "main"}
    assert codes(write("a: !secret outer\nb: !secret other\n")) == [("secret_missing", 1), ("secret_missing", 2)]
    (tmp_path.parent / "secrets.yaml").unlink()


def test_the_resolver_is_asked_first(write: Write) -> None:
    write("key: file\nother: file\n", "secrets.yaml")
    resolver = {"key": "resolver"}.get
    assert data_of(write("[!secret key, !secret other]"), secrets=resolver) == ["resolver", "file"]


def test_a_missing_file_of_secrets_is_named(write: Write, tmp_path: Path) -> None:
    (problem,) = problems_of(write("a:\n  b: !secret openai_api_key\n"))
    assert problem.path == ("a", "b")
    assert problem.message == f"There is no secret `openai_api_key`. Add it to {tmp_path / 'secrets.yaml'}."
    write("# nothing yet\n", "secrets.yaml")
    assert codes(tmp_path / "navai.yaml") == [("secret_missing", 2)]


def test_a_key_pasted_where_its_name_belongs_is_not_shown(write: Write) -> None:
    key = "sk-proj-abcDEF0123456789abcDEF0123456789"
    path = write(f"a: !secret {key}\nb: !env_var {key}\nc: !{key} x\nd: *{key}\n".replace("d: *", "d: !secret "))
    problems = problems_of(path)
    assert len(problems) == 4
    assert key not in str(ConfigError(problems))
    assert key not in str(problems_of(write(f"a: *{key}\n")))
    assert key not in str(problems_of(write(f"{{{key}: 1, {key}: 2}}\n")))


@pytest.mark.parametrize("name", ["openai_api_key", "hallway-token", "pin.2", "key12", "Key_1", "home_2025a"])
def test_only_what_can_be_a_name_is_quoted(name: str) -> None:
    shown = quotable(name, "?")
    assert shown == ("?" if name == "home_2025a" else f"`{name}`")


@pytest.mark.parametrize("name", ["sk-abc", "ek_abc", "a" * 41, "0123456789abcdef", "", "a b", "<<"])
def test_what_can_be_a_key_is_not_quoted(name: str) -> None:
    assert quotable(name, "?") == "?"


def test_trouble_in_secrets_is_reported_once_and_hides_nothing(write: Write, tmp_path: Path) -> None:
    path = write("a: !secret one\nb: !secret two\nc: !env_var NOPE\n")
    write("one: [\n", "secrets.yaml")
    assert [(p.code, p.file) for p in problems_of(path)] == [
        ("invalid_yaml", str(tmp_path / "secrets.yaml")),
        ("env_var_missing", str(path)),
    ]
    write("- one\n", "secrets.yaml")
    assert codes(path) == [("invalid_secrets", 1), ("env_var_missing", 3)]
    write("one: !secret two\ntwo: 2\n", "secrets.yaml")
    assert codes(path) == [("unsupported_tag", 1), ("env_var_missing", 3)]
    write("one:\ntwo: !env_var TWO\n", "secrets.yaml")
    assert codes(path, environ={"TWO": "2", "NOPE": "y"}) == [("secret_empty", 1)]


def test_environment_variables_and_their_defaults(write: Write) -> None:
    path = write("[!env_var HOST, !env_var PORT 80, !env_var WORDS two  words, !env_var EMPTY x]")
    environ = {"HOST": "h", "EMPTY": ""}
    assert data_of(path, environ=environ) == ["h", "80", "two words", ""]
    path = write("- !env_var HOST\n- !env_var\n- !env_var [a]\n- !secret {a: b}\n- !include []\n")
    (host, empty, *others) = problems_of(path)
    assert host.message == "There is no environment variable `HOST`. Set it, or write a default after the name."
    assert (
        empty.message == "There is no environment variable with that name. Set it, or write a default after the name."
    )
    assert [(p.code, p.line) for p in others] == [("invalid_tag", 3), ("invalid_tag", 4), ("invalid_tag", 5)]


def test_what_cannot_be_included(write: Write, tmp_path: Path) -> None:
    write("x: !include navai.yaml\n", "cycle.yaml")
    write("x: [\n", "broken.yaml")
    write("\n", "empty.yaml")
    write("a: 1\n", "../outside.yaml")
    path = write(
        """\
        a: !include missing.yaml
        b: !include cycle.yaml
        c: !include broken.yaml
        d: !include broken.yaml
        e: !include ../outside.yaml
        f: !include .
        g: !include "a\\0b"
        h: !include /etc/passwd
        i: !include_dir_named profiles
        j: !include navai.yaml
        k: !include empty.yaml
        """
    )
    found = [(problem.path, problem.code, Path(problem.file or "").name, problem.line) for problem in problems_of(path)]
    assert found == [
        (("a",), "file_not_found", "navai.yaml", 1),
        (("b", "x"), "include_cycle", "cycle.yaml", 1),
        (("c",), "invalid_yaml", "broken.yaml", 2),
        (("e",), "include_outside", "navai.yaml", 5),
        (("f",), "not_a_file", "navai.yaml", 6),
        (("g",), "file_unreadable", "navai.yaml", 7),
        (("h",), "include_outside", "navai.yaml", 8),
        (("i",), "unsupported_tag", "navai.yaml", 9),
        (("j",), "include_cycle", "navai.yaml", 10),
    ]
    (tmp_path.parent / "outside.yaml").unlink()


def test_an_absolute_path_below_the_folder_and_a_file_used_twice(write: Write, tmp_path: Path) -> None:
    write("", "empty.yaml")
    part = write("x: 1\n", "part.yaml")
    path = write(f"a: !include {part}\nb: !include part.yaml\nc: !include empty.yaml\n")
    loaded = load_yaml(path, environ={})
    assert loaded.data == {"a": {"x": 1}, "b": {"x": 1}, "c": {}}
    assert loaded.locate(["a", "x"]) == loaded.locate(["b", "x"]) == (str(part), 1)


def test_files_mounted_as_links_work(write: Write, tmp_path: Path) -> None:
    write("a: !include part.yaml\n", "..data/navai.yaml")
    write("b: !secret c\n", "..data/part.yaml")
    write("c: 3\n", "..data/secrets.yaml")
    for name in ("navai.yaml", "part.yaml", "secrets.yaml"):
        (tmp_path / name).symlink_to(Path("..data") / name)
    assert data_of(tmp_path / "navai.yaml") == {"a": {"b": 3}}


@pytest.mark.parametrize("tag", ["!input x", "!!python/object:os.system x", "!!set {a, b}", "!lambda [x]", "!!omap []"])
def test_only_plain_data_is_built(write: Write, tag: str) -> None:
    assert codes(write(f"a: {tag}\n")) == [("unknown_tag", 1)]


def test_duplicate_keys_name_both_lines(write: Write) -> None:
    path = write("navai:\n  voice: a\n  model: b\n  voice: c\n  model: d\n")
    assert [problem.message for problem in problems_of(path)] == [
        "`voice` is already in line 2. Remove one of them.",
        "`model` is already in line 3. Remove one of them.",
    ]


def test_keys_that_are_the_same_to_yaml_only(write: Write) -> None:
    (problem,) = problems_of(write("profiles:\n  yes: 1\n  on: 2\n"))
    assert problem.message == "To YAML, `on` is the same as the key in line 2. Put both in quotes."


def test_the_name_of_a_secret_that_yaml_does_not_read_as_a_string(write: Write) -> None:
    write("on: hidden\n0123: hidden\n", "secrets.yaml")
    problems = problems_of(write("a: !secret on\nb: !secret 0123\nc: !secret off\n"))
    assert [problem.line for problem in problems] == [1, 2, 3]
    cure = "YAML does not read the name of this secret as a string. Put it in quotes in secrets.yaml."
    assert [problem.message == cure for problem in problems] == [True, True, False]


def test_words_are_found_again_in_files_that_another_loader_has_read(write: Write, tmp_path: Path) -> None:
    outside = write("- on\n", "../outside.yaml")
    write("- !secret pin\n- No\n- *nobody\n", "broken.yaml")
    people = write("- anna\n- No\n", "people.yaml")
    voices = write("on: &on {users: !include people.yaml, <<: {tone: 12:30}}\noff: *on\n", "voices.yaml")
    main = write(
        """\
        other: {users: [yes, 1]}
        navai:
          profiles: !include voices.yaml
          displays:
            <<: [{0123: &a [*a, 5]}]
            hall: {users: [2024-13-45, 7], pin: !secret pin, ? [a] : b, 3: !include missing.yaml}
            desk: {users: !include broken.yaml, token: !include secrets.yaml, area: !include ../outside.yaml}
        """
    )
    write("1234\n", "secrets.yaml")
    reread = Reread([main, main], tmp_path)
    found = {
        ("navai", "profiles", True): ("on", voices, 1),
        ("navai", "profiles", False): ("off", voices, 2),
        ("navai", "displays", 83): ("0123", main, 5),
        ("navai", "displays", "hall", 3): ("3", main, 6),
        ("navai", "displays", 1): None,
        ("navai", "displays", "hall"): None,
    }
    for path, expected in found.items():
        assert reread.typed(path, True) == (expected and Typed(expected[0], str(expected[1]), expected[2])), path
    values = {
        ("navai", "profiles", True, "users", 1): ("No", people, 2),
        ("navai", "profiles", True, "tone"): ("12:30", voices, 1),
        ("navai", "displays", "hall", "users", 1): ("7", main, 6),
        ("navai", "displays", 83, 1): ("5", main, 5),
        ("navai", "displays", "hall", "pin"): None,
        ("navai", "displays", "desk", "users", 0): None,
        ("navai", "displays", "desk", "token"): None,
    }
    for path, expected in values.items():
        assert reread.typed(path, False) == (expected and Typed(expected[0], str(expected[1]), expected[2])), path
    outside.unlink()


def test_only_so_many_files_are_read_again(write: Write, tmp_path: Path) -> None:
    write("a: on\n", "a.yaml")
    many = "".join(f"- !include f{n}.yaml\n" for n in range(300))
    for n in range(300):
        (tmp_path / f"f{n}.yaml").write_text(f"k{n}: on\n")
    reread = Reread([write(many)], tmp_path)
    known = [n for n in range(300) if reread.typed((f"k{n}",), False)]
    assert known == [*range(199)]


@pytest.mark.parametrize("key", ["[a]", "{a: b}", "!secret a", "!!set {a}", "!include b"])
def test_a_key_is_plain_text(write: Write, key: str) -> None:
    assert codes(write(f"? {key}\n: 1\n")) == [("invalid_key", 1)]


def test_anchors_aliases_and_merges(write: Write) -> None:
    path = write(
        """\
        base: &base {voice: marin, tone: warm}
        other: &other {tone: brisk, accent: none}
        one: {<<: *base, tone: brief}
        two: {<<: [*other, *base], x: *base}
        """
    )
    expected = yaml.safe_load(path.read_text())
    loaded = load_yaml(path, environ={})
    assert loaded.data == expected
    assert loaded.locate(["one", "voice"]) == (str(path), 1)
    assert loaded.locate(["two", "accent"]) == (str(path), 2)
    assert codes(write("a: {<<: 1}\nb: {<<: [[], 2]}\n")) == [("invalid_merge", 1), ("invalid_merge", 2)]
    assert codes(write("a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n")) == [("duplicate_key", 4)]


@pytest.mark.parametrize("text", ["&a [*a]", "&a {x: *a}", "&a {<<: *a}", "&a [*a, *a]", "&a {<<: [*a, *a]}"])
def test_what_contains_itself_is_too_deep(write: Write, text: str) -> None:
    assert codes(write(text)) == [("too_deep", 1)]


def test_a_billion_laughs_are_not_laughed(write: Write) -> None:
    lines = ["a0: &a0 [ha]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]
    assert codes(write("\n".join(lines))) == [("too_many_values", 1)]
    merges = ["a0: &a0 {ha: 1}", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12))]
    assert [code for code, _ in codes(write("\n".join(merges)))] == ["too_many_values"]
    write("[" + "!include b.yaml, " * 30 + "]", "a.yaml")
    write("[" + "!include c.yaml, " * 60 + "]", "b.yaml")
    write("[" + "1, " * 100 + "]", "c.yaml")
    assert [code for code, _ in codes(write("!include a.yaml"))] == ["too_many_values"]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 3000, "- " * 200 + "x", "? " * 500])
def test_absurd_nesting_is_refused(write: Write, text: str) -> None:
    assert codes(write(text)) == [("too_deep", 1)]


def test_reasonable_nesting_is_not(write: Write) -> None:
    assert data_of(write("[" * 60 + "1" + "]" * 60))


def test_links_that_make_endless_paths_end(write: Write, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(".")
    assert len(codes(write("!include loop/navai.yaml"))) == 1


def test_a_flood_of_problems_is_bounded(write: Write) -> None:
    problems = problems_of(write("".join(f"- !secret a{n}\n" for n in range(500))))
    assert len(problems) == 100
    write("".join(f"s{n}: !secret x\n" for n in range(500)), "secrets.yaml")
    assert len(problems_of(write("a: !secret x\nb: 1\n"))) == 100


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\n\tb: 2\n", 2, "tab"),
        ("a: b: c\n", 1, "colon"),
        ("a: 1\nb\nc: 2\n", 3, "colon"),
        ("a: @home\n", 1, "quotes"),
        ("a: *home\n", 1, "quotes"),
        ("a: &x 1\nb: &x 2\n", 2, "twice"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: 'x\nb: 2\n", 3, "not closed"),
        ("a: [x\nb: 2\n", 2, "not valid YAML"),
        ("a:\n    b: 1\n  c: 2\n", 3, "indentation"),
        ("a: !e!x 1\n", 1, "tags"),
        ("a: 1\nb: \a\n", 2, "control character"),
        ('a: 1\nb: "\\UFFFFFFFF"\n', 1, "escape"),
        ('a: 1\nb: "\\q"\n', 2, "not valid YAML"),
        ("%YAML 9.9\n---\na: 1\n", 1, "not valid YAML"),
    ],
)
def test_syntax_errors_name_the_line_and_the_cure_and_quote_nothing(
    write: Write, text: str, line: int, word: str
) -> None:
    (problem,) = problems_of(write(text))
    assert (problem.code, problem.line) == ("invalid_yaml", line)
    assert word in problem.message


@pytest.mark.parametrize(
    "text",
    ["2024-13-45", "!!int kitchen", "!!bool maybe", "!!float x", "!!timestamp x", "!!binary é", "0b_", "!!null x"],
)
def test_what_only_looks_like_a_value(write: Write, text: str) -> None:
    path = write(f"a: {text}\n")
    if text == "!!null x":
        assert data_of(path) == {"a": None}
        return
    (problem,) = problems_of(path)
    assert problem.code == "invalid_scalar"
    assert "quotes" in problem.message
    assert "kitchen" not in problem.message


def test_the_same_bad_value_is_bad_each_time(write: Write) -> None:
    assert codes(write("a: &a 2024-13-45\nb: *a\n? 2024-13-45\n: 1\n")) == [
        ("invalid_scalar", 3),
        ("invalid_scalar", 1),
    ]


def test_half_a_character_is_refused(write: Write) -> None:
    assert codes(write('a: "\\ud800"\n')) == [("invalid_text", 1)]


def test_files_that_are_none(write: Write, tmp_path: Path) -> None:
    for text in ("", "\n# only this\n", "---\n..."):
        path = write(text)
        assert text == "---\n..." or codes(path) == [("file_empty", 1)]
    assert codes(tmp_path / "missing.yaml") == [("file_not_found", None)]
    assert codes(tmp_path) == [("not_a_file", None)]
    assert codes(write(b"a: 1\nb: \xff\n")) == [("not_utf8", 2)]
    assert codes(write("a: 1\n".encode("utf-16"))) == [("not_utf8", 1)]
    assert codes(write(b"#" * (MAX_FILE_BYTES + 1))) == [("file_too_large", None)]
    os.mkfifo(tmp_path / "pipe")
    assert codes(tmp_path / "pipe") == [("not_a_file", None)]
    (problem,) = problems_of(tmp_path / ("x" * 300))
    assert problem.code == "file_unreadable"


def test_only_one_top_level_key_is_read_when_asked(write: Write) -> None:
    path = write("automation: !include_dir_list x\nnavai: {a: 1, b: {c: 2}}\nscript: !include s.yaml\n")
    loaded = load_yaml(path, environ={}, only="navai")
    assert loaded.data == {"automation": None, "navai": {"a": 1, "b": {"c": 2}}, "script": None}
    assert loaded.locate(["script"]) == (str(path), 3)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.dates()
    | st.binary(max_size=10)
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.integers(2, 99)
plain = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(data=plain)
@relaxed
def test_plain_data_survives_the_round_trip(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "navai.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    assert load_yaml(path, environ={}).data == data
    # Written like this, PyYAML itself loses a line break such as U+0085.
    text = yaml.safe_dump(data, allow_unicode=True)
    path.write_bytes(text.encode())
    assert load_yaml(path, environ={}).data == yaml.safe_load(text)


pieces = st.sampled_from(
    [
        *"\n[]{}'\"\\#>@=~|1aé\t\x00\x85",
        *(": ", "- ", "  ", "\n  ", ", ", "&a ", "*a ", "<<", "? ", "---\n", "...\n", "%YAML 1.1\n"),
        *("!secret ", "!env_var ", "!include ", "!include navai.yaml", "!!int ", "!!timestamp ", "!!binary "),
        *("!!set ", "! ", "!<x> ", "2024-99-99", "0x", "1:99", "yes", "\\x0", "\\U"),
    ]
)


@given(text=st.lists(pieces, max_size=40).map("".join) | st.text(max_size=60))
@relaxed
def test_no_text_raises_anything_but_a_config_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "navai.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        loaded = load_yaml(path, environ={})
    except ConfigError:
        return
    assert loaded.locate([]) is not None
