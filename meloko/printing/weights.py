"""Weights as papers say them."""

from meloko.money import divide_half_up


def grams_words(grams: int) -> str:
    """Say a weight: "350 g", "1,2 kg"."""
    if grams < 1_000:
        return f"{grams} g"
    tenths = divide_half_up(grams, 100)
    return f"{tenths // 10},{tenths % 10} kg" if tenths % 10 else f"{tenths // 10} kg"
