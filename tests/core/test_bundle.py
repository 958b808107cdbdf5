"""The bundle has everything that Home Assistant needs and nothing else, and the same files make the same bytes."""

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from hassfest.code import parse

from scripts.lib.bundling import NOT_IN_A_HOUSE, ROOT, TARGET, build, members
from scripts.lib.console import TroubleError

BROUGHT_BY_HOME_ASSISTANT = {
    *(
        "aiohttp",
        "homeassistant",
        "jinja2",
        "multidict",
        "probatio",
        "voluptuous",
        "voluptuous_openapi",
        "yaml",
        "yarl",
    ),
}

IGNORED = "__pycache__/\n*.pyc\n# comments count for nothing\nsecrets.yaml\n"


@pytest.fixture(autouse=True)
def _no_time_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("bundle") / "navai.zip")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small checkout."""
    root = tmp_path / "tree"
    write(root / "custom_components/navai/manifest.json", "{}")
    write(root / "custom_components/navai/translations/en.json", "{}")
    write(root / "navai_core/__init__.py", "")
    write(root / "navai_core/hub/__init__.py", "")
    write(root / "LICENSE", "free")
    write(root / "README.md", "")
    write(root / ".gitignore", IGNORED)
    (root / "custom_components/navai/navai_core").symlink_to("../../navai_core")
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True)


def copy_of_the_checkout(folder: Path) -> Path:
    for name in ("custom_components/navai", "navai_core"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    for name in ("LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    return folder


SMALL = ["LICENSE", "manifest.json", "navai_core/__init__.py", "translations/en.json"]


def modules(bundle: Path) -> dict[PurePosixPath, ast.Module]:
    with zipfile.ZipFile(bundle) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
        return {PurePosixPath(name): parse(archive.read(name).decode(), name) for name in names}


def imports(tree: ast.Module) -> Iterator[tuple[int, str, list[str]]]:
    """How far up, from where, and what."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from ((0, alias.name, []) for alias in node.names)


def names_in(tree: ast.Module) -> set[str]:
    """What a module defines or imports, at any depth."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            found.update(alias.asname or alias.name for alias in node.names)
    return found


def unresolved(parsed: dict[PurePosixPath, ast.Module]) -> list[str]:
    """The relative imports that lead nowhere."""

    def module_at(path: PurePosixPath) -> PurePosixPath | None:
        candidates = (path.with_suffix(".py"), path / "__init__.py") if path.name else (path / "__init__.py",)
        return next((candidate for candidate in candidates if candidate in parsed), None)

    wrong = []
    for path, tree in parsed.items():
        for level, source, wanted in imports(tree):
            if not level:
                continue
            if level > len(path.parts):
                wrong.append(f"{path}: {'.' * level}{source} is outside")
                continue
            place = path.parents[level - 1].joinpath(*source.split(".")) if source else path.parents[level - 1]
            module = module_at(place)
            if module is None:
                wrong.append(f"{path}: {'.' * level}{source}")
                continue
            known = names_in(parsed[module])
            wrong += [
                f"{path}: {'.' * level}{source} has no {name}"
                for name in wanted
                if name not in known and not (module.name == "__init__.py" and module_at(place / name))
            ]
    return wrong


def test_it_is_what_hacs_unpacks_into_the_integrations_folder(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert archive.read("LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert {"manifest.json", "__init__.py", "brand/icon.png", "navai_core/__init__.py"} <= set(names)
    assert names == sorted(set(names))
    assert not [name for name in names if ".." in name or name.startswith("/") or "__pycache__" in name]


def test_only_the_part_of_the_core_that_a_house_uses_is_in_it(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        paths = [path for path in map(PurePosixPath, archive.namelist()) if path.parts[0] == "navai_core"]
    inside = {str(each.relative_to("navai_core")) for path in paths for each in (path, *path.parents[:-2])}
    assert not inside & NOT_IN_A_HOUSE
    assert "tools/base.py" in inside
    assert all((ROOT / "navai_core" / name).exists() for name in NOT_IN_A_HOUSE), "a name here is out of date"


def test_every_relative_import_leads_to_a_file_of_the_bundle(bundle: Path) -> None:
    assert unresolved(modules(bundle)) == []


def test_an_import_that_leads_nowhere_would_be_found() -> None:
    texts = {
        "__init__.py": "from . import sub\nfrom .sub import deep\nfrom .sub.deep import VALUE, OTHER",
        "sub/__init__.py": "",
        "sub/deep.py": (
            "VALUE = 1\nfrom .. import sub\nfrom . import gone\nfrom ... import outside\n"
            "def late():\n    from ..missing import anything"
        ),
    }
    assert unresolved({PurePosixPath(name): ast.parse(text) for name, text in texts.items()}) == [
        "__init__.py: .sub.deep has no OTHER",
        "sub/deep.py: . has no gone",
        "sub/deep.py: ... is outside",
        "sub/deep.py: ..missing",
    ]


def test_nothing_is_imported_that_home_assistant_does_not_bring(bundle: Path) -> None:
    absolute = {
        source.split(".")[0] for tree in modules(bundle).values() for level, source, _ in imports(tree) if level == 0
    }
    # Not `navai_core` either: in Home Assistant it is only inside of the integration.
    assert absolute - sys.stdlib_module_names - BROUGHT_BY_HOME_ASSISTANT == set()


def test_the_core_in_it_runs_by_itself_below_another_package(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "house", [n for n in archive.namelist() if n.startswith("navai_core/")])
    program = (
        "import importlib, pkgutil, sys\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "import house.navai_core as core\n"
        "for found in pkgutil.walk_packages(core.__path__, 'house.navai_core.'):\n"
        "    importlib.import_module(found.name)\n"
        "assert 'navai_core' not in sys.modules\n"
        "print(core.VERSION, len([name for name in sys.modules if name.startswith('house.navai_core.')]))\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[1]) > 20


def test_times_and_permissions_of_files_do_not_change_a_byte(tree: Path, tmp_path: Path) -> None:
    first = build(tmp_path / "first.zip", root=tree).read_bytes()
    for path in tree.rglob("*.json"):
        path.chmod(0o755)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert build(tmp_path / "second.zip", root=tree).read_bytes() == first


def test_each_file_is_stored_for_everybody_to_read_with_the_first_time_a_zip_knows(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.create_system for entry in entries} == {3}


@pytest.mark.parametrize(
    ("given", "shown"),
    [("1795000000", (2026, 11, 18, 11, 6, 40)), ("0", (1980, 1, 1, 0, 0, 0)), ("", (1980, 1, 1, 0, 0, 0))],
)
def test_a_release_may_choose_the_time(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, shown: tuple[int, ...]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    with zipfile.ZipFile(build(tmp_path / "navai.zip", root=tree)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {shown}


def test_a_time_that_is_none_is_refused_and_leaves_nothing(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(TroubleError, match="SOURCE_DATE_EPOCH"):
        build(tmp_path / "out" / "navai.zip", root=tree)
    assert not (tmp_path / "out").exists()


def test_with_git_only_what_it_would_track_is_taken(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tree, "init")
    git(tree, "add", "custom_components", "navai_core")
    write(tree / "custom_components/navai/secrets.yaml", "api_key: sk-hidden")
    write(tree / "custom_components/navai/__pycache__/a.cpython-311.pyc", "")
    write(tree / "custom_components/navai/notes.txt", "")
    write(tree / ".git/info/exclude", "notes.txt")
    write(tree / "custom_components/navai/new.py", "")
    (tree / "custom_components/navai/translations/en.json").unlink()
    # As if a hook starts the command.
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert sorted(members(tree)) == ["LICENSE", "manifest.json", "navai_core/__init__.py", "new.py"]


def test_without_git_gitignore_is_obeyed_all_the_same(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree / "custom_components/navai/secrets.yaml", "api_key: sk-hidden")
    write(tree / "custom_components/navai/__pycache__/a.cpython-311.pyc", "")
    write(tree / "navai_core/stale.pyc", "")
    assert sorted(members(tree)) == SMALL
    monkeypatch.setenv("PATH", "")
    assert sorted(members(tree)) == SMALL


def test_a_copy_inside_somebody_elses_repository_is_whole(tree: Path) -> None:
    git(tree.parent, "init")
    write(tree.parent / ".gitignore", "tree/")
    assert sorted(members(tree)) == SMALL


def test_a_checkout_and_an_archive_of_its_sources_make_the_same_bundle(bundle: Path, tmp_path: Path) -> None:
    copy = copy_of_the_checkout(tmp_path / "sources")
    assert build(tmp_path / "navai.zip", root=copy).read_bytes() == bundle.read_bytes()


@pytest.mark.parametrize("gone", ["LICENSE", "navai_core/__init__.py", "custom_components/navai/manifest.json"])
def test_half_a_checkout_is_refused_and_the_last_bundle_stays(tree: Path, tmp_path: Path, gone: str) -> None:
    target = tmp_path / "navai.zip"
    target.write_bytes(b"the last one")
    (tree / gone).unlink()
    with pytest.raises(TroubleError, match=gone.removeprefix("custom_components/navai/")) as trouble:
        build(target, root=tree)
    assert trouble.value.cure
    assert [path.name for path in tmp_path.glob("navai.zip*")] == ["navai.zip"]
    assert target.read_bytes() == b"the last one"


def test_the_command_says_where_how_large_and_the_hash() -> None:
    done = subprocess.run([ROOT / "scripts" / "bundle"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    content = TARGET.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert done.stdout == f"navai: dist/navai.zip: {len(content)} bytes, SHA-256 {digest}\n"


def test_the_command_takes_no_arguments() -> None:
    done = subprocess.run([ROOT / "scripts" / "bundle", "elsewhere.zip"], capture_output=True, text=True, check=False)
    assert (done.returncode, "scripts/bundle" in done.stderr) == (2, True)
