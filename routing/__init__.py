"""The planner of Meloko: dataclasses in, dataclasses out; no web, no table, no queue, no clock."""
