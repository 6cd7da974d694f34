"""Search that forgives accents, capitals and spelling: how near words are to what a row says."""

from sqlalchemy import ColumnElement, Float, case, func, literal
from sqlmodel import String

from meloko.folding import fold

# Of the trigrams of a word, so many must be found again; below it chance begins ("lait" and "laine" are at 0.6).
LEAST = 0.5
_MOST_WORDS = 6


def likeness(said: ColumnElement[str], words: str) -> ColumnElement[float] | None:
    """Return how near a row is to all words that are looked for: 1 when it holds each, 0 when it has nothing of one.

    None without a word to look for. Spelling is compared by trigrams, as `pg_trgm` does it.
    """
    wanted = fold(words).split()[:_MOST_WORDS]
    if not wanted:
        return None
    key = func.lower(func.unaccent(said), type_=String)
    scores = [
        case(
            (func.strpos(key, word) > 0, literal(1.0)),
            # Two letters have too few trigrams to be misspelt.
            else_=func.word_similarity(word, key, type_=Float) if len(word) > 2 else literal(0.0),
        )
        for word in wanted
    ]
    return scores[0] if len(scores) == 1 else func.least(*scores, type_=Float)
