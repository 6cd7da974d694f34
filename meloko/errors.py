"""The refusals of Meloko: errors whose sentence is fit to show to a person."""

from meloko.languages import say


class MelokoError(Exception):
    """Something Meloko itself has to say; `sentence` is complete, in the language being spoken."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SettingsError(MelokoError):
    """A setting is missing or wrong: the start is refused."""


class Refusal(MelokoError):
    """A rule of the house forbids what was asked; nothing was changed."""

    status = 409
    field: str | None = None


class NotFound(Refusal):
    """What was asked for is not there, or not for this person."""

    status = 404

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or say("Cette page n’existe pas, ou n’est pas pour vous."))
