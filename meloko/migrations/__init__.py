"""Bring a database to the plan of this version."""
