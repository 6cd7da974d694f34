"""A field that people do not see: who fills it is a program, and is answered as if all were well."""

from flask import request

FIELD = "site_web"


def caught() -> bool:
    """Tell whether a program has filled what no person can see."""
    return bool(request.form.get(FIELD))
