"""The schema of the `navai:` block and of requests, built from the table of options.

Newer Home Assistant versions have another library under the name voluptuous, with the same interface and other texts.
Therefore only its public names are used here, and its texts are never shown.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import voluptuous as vol

from ..exceptions import ConfigError, InvalidInputError, Problem
from ..providers import PROVIDERS
from .hints import unknown_option
from .options import ROOT, Kind, Option
from .source import UNKNOWN_SOURCE, Found, Path, Source
from .validators import groups, names, scalars
from .validators.base import (
    CheckTemplate,
    Context,
    RefusedItemsError,
    RefusedValueError,
    Validator,
    kind_of,
    quoted,
    sentence,
)

_SIMPLE: Final[Mapping[Kind, Callable[[Option], Validator]]] = {
    Kind.TEXT: scalars.text,
    Kind.WORD: scalars.word,
    Kind.LANGUAGE: names.language,
    Kind.LANGUAGE_CODE: names.language_code,
    Kind.LANGUAGES: names.language_codes,
    Kind.KEYWORDS: groups.keywords,
    Kind.SECRET: scalars.text,
    Kind.KEY: scalars.api_key,
    Kind.TOKEN: scalars.token,
    Kind.CHOICE: scalars.choice,
    Kind.INTEGER: scalars.number,
    Kind.NUMBER: scalars.number,
    Kind.FLAG: scalars.flag,
    Kind.DURATION: scalars.duration,
    Kind.URL: scalars.url,
    Kind.TEXTS: groups.texts,
    Kind.OBJECT: groups.mapping,
    Kind.TEXT_BY_NAME: groups.mapping_of_texts,
}
_NUMBERS_AND_FLAGS: Final = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.DURATION, Kind.FLAG})
_LISTS: Final = frozenset({Kind.TEXTS, Kind.NAMES, Kind.LANGUAGES, Kind.KEYWORDS, Kind.TEXTS_OR_GROUP})
_TEXTS: Final = frozenset({Kind.TEXT, Kind.WORD, Kind.LANGUAGE, Kind.LANGUAGE_CODE, Kind.SECRET, Kind.KEY})
_OR_GROUP: Final[Mapping[Kind, Callable[[Option], Validator]]] = {
    Kind.CHOICE_OR_GROUP: scalars.choice,
    Kind.TEXTS_OR_GROUP: groups.texts,
}
_SECRET: Final = frozenset({Kind.SECRET, Kind.KEY, Kind.TOKEN, Kind.TEXT_BY_NAME})
_CONTEXTUAL: Final[Mapping[Kind, Callable[[Option, Context], Validator]]] = {
    Kind.TEMPLATE: scalars.template,
    Kind.VOICE: names.voice,
    Kind.NAME: names.name_of_profile,
    Kind.NAMES: names.names_of_profiles,
}


class _OptionInvalid(vol.Invalid):
    """Carries our own message and code through the library."""

    def __init__(self, message: str, code: str, path: list[Hashable] | None = None, found: Found | None = None) -> None:
        super().__init__(message, path)
        self.sentence = message
        self.stable_code = code
        self.found = found


_OF_A_REQUEST: Final = Context(PROVIDERS["compatible"], is_yaml=False)
"""Any voice is valid here: the minter checks it."""
_REQUESTS: Final[dict[int, tuple[Sequence[Option], Validator, bool]]] = {}


def check_block(
    block: Any,
    *,
    prefix: Sequence[str | int] = ("navai",),
    source: Source = UNKNOWN_SOURCE,
    check_template: CheckTemplate | None = None,
) -> dict[str, Any]:
    """Check the whole `navai:` block.

    Args:
        block: The value of `navai:`.
        prefix: The path of the block itself, for the problems' paths.
        source: The files of the YAML.
        check_template: Of the host, if it has templates.

    Returns:
        The block with every value checked and normalised; no defaults are filled in yet.

    Raises:
        ConfigError: with every mistake, not just the first.
    """
    context = replace(_context_of(block), check_template=check_template)
    return _run(_group(ROOT, context), block, ROOT, tuple(prefix), source)


def check_request(body: Mapping[str, Any], fields: Sequence[Option]) -> dict[str, Any]:
    """Check a request's JSON body against its fields.

    Raises:
        InvalidInputError: names the field and the cure; `data["problems"]` has them all.
    """
    # JavaScript clients send null for a field that they leave out.
    given = {key: value for key, value in body.items() if value is not None}
    known = _REQUESTS.get(id(fields))
    if known is None:
        # Building a schema is slow, so it is kept. The fields are kept too, so that no other object gets their id.
        known = _REQUESTS[id(fields)] = fields, _group(fields, _OF_A_REQUEST), any(field.required for field in fields)
    _, check, required = known
    if not given and not required:
        return {}
    try:
        return _run(check, given, fields, (), UNKNOWN_SOURCE)
    except ConfigError as error:
        problems = [
            {"field": problem.dotted, "code": problem.code, "message": problem.message} for problem in error.problems
        ]
        message = sentence(f"The request is not valid: {error.problems[0]}")
        raise InvalidInputError(message, problems=problems) from None


def _context_of(block: Any) -> Context:
    """The provider and the names of the profiles, read before the check, so that one check finds every mistake."""
    fields = block if isinstance(block, Mapping) else {}
    provider = fields.get("provider")
    profiles = fields.get("profiles")
    return Context(
        PROVIDERS.get(provider, PROVIDERS["openai"]) if isinstance(provider, str) else PROVIDERS["openai"],
        frozenset(name for name in profiles if isinstance(name, str)) if isinstance(profiles, Mapping) else frozenset(),
    )


def _run(check: Validator, data: Any, options: Sequence[Option], prefix: Path, source: Source) -> dict[str, Any]:
    try:
        checked: dict[str, Any] = check(data)
    except vol.MultipleInvalid as error:
        invalids = error.errors
    except vol.Invalid as error:
        invalids = [error]
    else:
        return checked
    problems = [_problem(invalid, data, options, prefix, source) for invalid in invalids]
    # The library's errors hold the wrong values, and our error's traceback would keep them.
    del invalids
    # The schema may find the same mistake twice.
    unique = {(problem.path, problem.message, problem.line): (path, problem) for path, problem in problems}
    raise ConfigError([problem for _, problem in unique.values()], [path for path, _ in unique.values()])


def _validator(option: Option, context: Context) -> Validator:
    if option.kind in _SIMPLE:
        return _translated(_SIMPLE[option.kind](option), option, context)
    if option.kind in _CONTEXTUAL:
        return _translated(_CONTEXTUAL[option.kind](option, context), option, context)
    group = _group(option.options, context, option.tag)
    if option.kind is Kind.NAMED_GROUPS:
        return _named(option, group)
    if option.kind is Kind.GROUPS:
        return _list(group)
    if option.kind in _OR_GROUP:
        plain = _translated(_OR_GROUP[option.kind](option), option, context)
        return lambda value: group(value) if isinstance(value, Mapping) else plain(value)
    return group


def _translated(validator: Validator, option: Option, context: Context) -> Validator:
    def check(value: Any) -> Any:
        if value is None and "none" not in option.choices:
            raise _OptionInvalid("is empty — give it a value, or remove the line", "empty")
        try:
            return validator(value)
        except RefusedItemsError as refused:
            raise vol.MultipleInvalid([_invalid(each, value, option, context) for each in refused.refusals]) from None
        except RefusedValueError as refusal:
            raise _invalid(refusal, value, option, context) from None

    return check


def _invalid(refusal: RefusedValueError, value: Any, option: Option, context: Context) -> "_OptionInvalid":
    """The refusal of a value, with what may be shown of it."""
    if refusal.kind:
        found = Found(
            kind=refusal.kind,
            is_key=refusal.is_key,
            is_hidden=option.kind in _SECRET and not refusal.is_key,
            should_be_text=True,
            can_be_quoted=context.is_yaml and refusal.kind not in {kind_of({}), kind_of([])},
        )
    elif refusal.code != "wrong_type":
        found = Found(shown="" if isinstance(value, str) else quoted(value), is_in_message=True)
    elif option.kind in _NUMBERS_AND_FLAGS:
        found = Found(shown=_as_written(value), kind=kind_of(value))
    else:
        found = Found(kind="" if isinstance(value, str) and option.kind is Kind.VOICE else kind_of(value))
    return _OptionInvalid(refusal.message, refusal.code, list(refusal.at), found)


def _as_written(value: Any) -> str:
    """A wrong value in backquotes. A string that looks like a number or a boolean is shown with its quotes."""
    shown = quoted(value)
    looks = isinstance(value, str) and (value.lower() in {"true", "false"} or value.replace(".", "", 1).isdigit())
    return f'`"{value}"`' if shown and looks else shown


def _group(options: Sequence[Option], context: Context, tag: str = "") -> Validator:
    schema = vol.Schema(
        {
            # An option that only one variant requires is checked below.
            (vol.Required if option.required and not option.variants else vol.Optional)(option.key): _validator(
                option, context
            )
            for option in options
        }
    )

    def check(value: Any) -> Any:
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise _OptionInvalid("must be a section: options, indented below its name", "wrong_type")
        checked = schema(dict(value))
        if tag:
            _check_variant(checked, options, checked[tag])
        return checked

    return check


def _check_variant(checked: Mapping[str, Any], options: Sequence[Option], variant: str) -> None:
    errors: list[vol.Invalid] = []
    for option in options:
        if option.key in checked and option.variants and variant not in option.variants:
            errors.append(_OptionInvalid(f"is not for `{variant}` — remove it", "misplaced_key", [option.key]))
        needed = option.required_by or (option.variants if option.required else ())
        if option.key not in checked and variant in needed:
            errors.append(_OptionInvalid("is missing — add it", "missing_key", [option.key]))
    if errors:
        raise vol.MultipleInvalid(errors)


def _named(option: Option, group: Validator) -> Validator:
    known = {inner.key for inner in option.options}

    def check_name(name: Any) -> None:
        try:
            names.check_name(name)
        except RefusedValueError as refusal:
            is_text = not refusal.kind
            found = Found(
                kind=refusal.kind,
                is_key=True,
                should_be_text=not is_text,
                can_be_quoted=True,
                is_in_message=is_text,
            )
            raise _OptionInvalid(refusal.message, "invalid_name", found=found) from None

    def _is_section_again(name: Any, content: Any) -> bool:
        # The file of `profiles: !include profiles.yaml` must not begin with `profiles:`.
        is_section = name in {option.key, "navai"} and isinstance(content, Mapping) and bool(content)
        return is_section and known.isdisjoint(content)

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _OptionInvalid("must be a map: names, each with its options indented below it", "wrong_type")
        if len(value) == 1 and _is_section_again(*next(iter(value.items()))):
            raise _OptionInvalid("", "unknown_key", [*value], Found(is_key=True, is_in_message=True))
        if option.minimum is not None and len(value) < option.minimum:
            raise _OptionInvalid("must have at least one — add one", "too_short")
        names = [(name, partial(check_name, name)) for name in value]
        contents = [(name, partial(group, content)) for name, content in value.items()]
        checked = _each([*names, *contents])
        return dict(zip(value, checked[len(names) :], strict=True))

    return check


def _list(group: Validator) -> Validator:
    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise _OptionInvalid("must be a list of sections", "wrong_type")
        return _each([(index, partial(group, item)) for index, item in enumerate(value)])

    return check


def _each(checks: Iterable[tuple[Hashable, Callable[[], Any]]]) -> list[Any]:
    """Do all checks, and raise all errors together, each with its own key."""
    results, errors = [], []
    for key, check in checks:
        try:
            results.append(check())
        except vol.Invalid as error:
            error.prepend([key])
            errors.extend(error.errors if isinstance(error, vol.MultipleInvalid) else [error])
    if errors:
        raise vol.MultipleInvalid(errors)
    return results


def _problem(invalid: Any, data: Any, options: Sequence[Option], prefix: Path, source: Source) -> tuple[Path, Problem]:
    """The path of a problem that the library found, and our own message for it."""
    path = tuple(invalid.path)
    if isinstance(invalid, _OptionInvalid):
        raw = (*prefix, *path)
        message = invalid.sentence or source.written_twice(raw)
        return raw, source.problem(raw, message, invalid.stable_code, invalid.found)
    parent = data
    for part in path[:-1]:
        parent = parent[part]
    # An empty section has no options.
    if path and path[-1] not in (parent or {}):
        # The library has its own object for the key.
        raw = (*prefix, *path[:-1], str(path[-1]))
        return raw, source.problem(raw, "is missing — add it", "missing_key")
    raw = (*prefix, *path)
    message = source.written_twice(raw) if prefix else ""
    return raw, source.problem(
        raw,
        message or unknown_option(path, options),
        "unknown_key",
        Found(is_key=True, is_in_message=True),
    )
