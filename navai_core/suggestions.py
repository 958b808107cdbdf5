"""Which known word somebody may have meant."""

from collections.abc import Iterable


def closest(word: object, known: Iterable[str]) -> str | None:
    """The known word that somebody may have meant, or None where none is near."""
    # Most houses never need it, so their start does not pay for it.
    from difflib import get_close_matches  # noqa: PLC0415

    return next(iter(get_close_matches(str(word).lower(), list(known), n=1, cutoff=0.6)), None)


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """` — did you mean `marin`?`, or nothing where nothing is near."""
    found = closest(word, known)
    return f" — did you mean `{found}`?" if found else ""
