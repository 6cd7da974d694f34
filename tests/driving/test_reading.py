import uuid

import pytest

from meloko.driving.models import ActKind
from meloko.driving.reading import NoActs, answer_data, read_acts

GOOD = {"uuid": str(uuid.uuid4()), "kind": "delivered", "said_at": "2026-11-26T10:41:00+01:00", "order_id": 34}


def test_an_act_that_cannot_be_read_does_not_stop_the_others() -> None:
    bad = [
        {**GOOD, "kind": "eaten"},
        {**GOOD, "said_at": "2026-11-26T10:41:00"},
        {**GOOD, "order_id": 10**12},
        {**GOOD, "words": "x" * 501},
        {**GOOD, "photo": "…"},
        {**GOOD, "uuid": "<script>"},
        "nothing",
        None,
    ]

    batch = read_acts({"sent_at": "2026-11-26T10:45:00Z", "acts": [*bad, GOOD]})

    assert [(act.kind, act.order_id) for act in batch.acts] == [(ActKind.DELIVERED, 34)]
    assert [each.uuid for each in batch.unreadable] == [GOOD["uuid"]] * 5 + [""] * 3
    assert answer_data(batch.unreadable)[0] == {
        "uuid": GOOD["uuid"],
        "state": "refused",
        "reason": "unreadable",
        "sentence": "Cet acte n’a pas pu être lu.",
    }


@pytest.mark.parametrize("data", [None, [], "x", {"acts": [GOOD]}, {"sent_at": "now", "acts": []}, {"acts": 3}])
def test_what_is_no_list_of_acts_is_refused(data: object) -> None:
    with pytest.raises(NoActs):
        read_acts(data)
