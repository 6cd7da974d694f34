"""The fictional organisation: how it is brought in, and how its day is played."""
