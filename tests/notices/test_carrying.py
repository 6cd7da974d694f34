"""Letters and calls: what waits for a hand, what was done, and what is taken back."""

import io

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from meloko.accounts.models import Role
from meloko.notices.models import Channel, NoticeState
from meloko.notices.services import Addressee, Topic, post, retract
from tests import questions
from tests.make import Make
from tests.signed_in import SignedIn, plain, sign_in

MESSAGES = "/equipe/messages"


@pytest.fixture
def staff(client: FlaskClient, make: Make) -> SignedIn:
    return sign_in(client, make.user(Role.STAFF))


def say(make: Make, key: str, channel: Channel, where: str, body: str = "À jeudi.", about: Topic | None = None) -> bool:
    to = Addressee(channel, where)
    return make.ask(post, key=key, to=to, subject="Votre commande", body=body, about=about)


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_letters_are_printed_once_and_can_be_put_back(staff: SignedIn, make: Make, engine: Engine) -> None:
    say(make, "a", Channel.LETTER, "Mme Legrand Yvette, 17 rue du Marais, 62400 Essars", "2 × Poireaux\nÀ jeudi.")
    say(make, "b", Channel.EMAIL, "roger@meloko.example")
    letter, mail = questions.notices(engine)

    printed = staff.post(f"{MESSAGES}/lettres.pdf", letter=letter.id)
    again = staff.post(f"{MESSAGES}/lettres.pdf", letter=letter.id)

    assert printed.mimetype == "application/pdf"
    for words in ("Mme Legrand Yvette", "17 rue du Marais", "62400 Essars", "2 × Poireaux", "à poster"):
        assert words in text_of(printed.data), words
    assert again.status_code == 422
    assert "Cochez au moins une lettre" in plain(again.text)
    assert [each.state for each in questions.notices(engine)] == [NoticeState.SENT, NoticeState.WAITING]
    assert "imprimée" in staff.read(MESSAGES)
    assert "roger@" not in staff.read(MESSAGES)
    staff.post(f"{MESSAGES}/{letter.id}/remettre")
    assert questions.notices(engine)[0].state is NoticeState.WAITING
    assert "1 lettre à imprimer" in staff.read(MESSAGES)
    assert staff.post(f"{MESSAGES}/{mail.id}/remettre").status_code == 404
    assert staff.post(f"{MESSAGES}/{mail.id}/appel", answer="told").status_code == 404


def test_a_call_waits_until_somebody_has_answered(staff: SignedIn, make: Make, engine: Engine) -> None:
    say(make, "a", Channel.TELEPHONE, "M. Carlier Roger, 03 53 01 11 22")
    call = f"{MESSAGES}/{questions.notices(engine)[0].id}/appel"

    staff.post(call, answer="no")
    unanswered = staff.read(MESSAGES)
    staff.post(call, answer="told")
    staff.post(call, answer="told")

    assert "1 appel à passer" in unanswered
    assert "1 fois" in unanswered
    [told] = questions.notices(engine)
    assert (told.state, told.tries, told.done_by is not None) == (NoticeState.SENT, 1, True)
    assert "Aucun appel à passer" in staff.read(MESSAGES)


def test_of_several_words_about_one_thing_the_newest_goes_and_what_has_left_stays(
    staff: SignedIn, make: Make, engine: Engine
) -> None:
    first, later = Topic("order:1", first=True), Topic("order:1")
    say(make, "a", Channel.LETTER, "Mme Legrand", "deux", first)
    say(make, "b", Channel.TELEPHONE, "Mme Legrand, 03 53 01 11 22", "trois", later)

    [waiting] = questions.notices(engine)
    assert (waiting.channel, waiting.body) == (Channel.TELEPHONE, "trois")
    staff.post(f"{MESSAGES}/{waiting.id}/appel", answer="told")
    say(make, "c", Channel.LETTER, "Mme Legrand", "quatre", later)
    assert [each.body for each in questions.notices(engine)] == ["trois", "quatre"]
    make.ask(retract, "order:1")
    assert [each.body for each in questions.notices(engine)] == ["trois"]


def test_a_confirmation_by_mail_leaves_as_it_was_said(make: Make, engine: Engine) -> None:
    say(make, "a", Channel.EMAIL, "yvette@meloko.example", "deux", Topic("order:1", first=True))
    say(make, "b", Channel.EMAIL, "yvette@meloko.example", "trois", Topic("order:1"))
    say(make, "c", Channel.EMAIL, "yvette@meloko.example", "quatre", Topic("order:1"))

    assert [each.body for each in questions.notices(engine)] == ["deux", "quatre"]


@pytest.mark.parametrize("letter", ["", "abc", "999999", "1" * 10_000, "🙂", "-1"])
def test_a_letter_that_nobody_knows_is_not_printed(staff: SignedIn, letter: str) -> None:
    answer = staff.post(f"{MESSAGES}/lettres.pdf", letter=letter)

    assert answer.status_code == 422
    assert "Cochez au moins une lettre" in plain(answer.text)
