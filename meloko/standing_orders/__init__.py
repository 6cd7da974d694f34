"""Orders that come back by themselves."""
