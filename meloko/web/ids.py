"""What can be an id at all: the same rule for addresses, queries and forms."""

from werkzeug.routing import BaseConverter

_GREATEST = 2**31 - 1


def is_id(number: int) -> bool:
    """Tell whether a number fits the column of an id."""
    return 1 <= number <= _GREATEST


def an_id(words: str) -> int:
    """Read an id from a query; raises ValueError, which makes Flask keep the default."""
    number = int(words)
    if not is_id(number):
        raise ValueError("no id")
    return number


class IdConverter(BaseConverter):
    """`<id:order_id>` in an address: a number that cannot be an id is simply no address of ours."""

    regex = r"[1-9][0-9]{0,9}"

    def to_python(self, value: str) -> int:
        """Read the id, or say that this address is none."""
        return an_id(value)

    def to_url(self, value: int) -> str:
        """Write the id."""
        return str(value)
