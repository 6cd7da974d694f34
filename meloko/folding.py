"""Words as people compare them: without accents, capitals or double spaces."""

import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'"})


def fold(words: str) -> str:
    """Return the words in lower case, without accents, with single spaces."""
    decomposed = unicodedata.normalize("NFKD", words.casefold().translate(_LIGATURES))
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(plain.split())
