"""Suggests a known word for a misspelt one."""

from collections.abc import Iterable


def closest(word: object, known: Iterable[str]) -> str | None:
    """The most similar known word, or None if none is similar."""
    # Rarely needed, so the import does not slow down the start.
    from difflib import get_close_matches  # noqa: PLC0415

    return next(iter(get_close_matches(str(word).lower(), list(known), n=1, cutoff=0.6)), None)


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """` — did you mean `marin`?`, or an empty string if no word is similar."""
    found = closest(word, known)
    return f" — did you mean `{found}`?" if found else ""
