"""The browser without a screen sends what a real one would."""

import pytest

from meloko.demo.browser import NoSuchForm, Page

PAGE = """
<form action="/ailleurs"><input name="q" value="rien"></form>
<form method="post" action="/saisie">
  <input type="hidden" name="key" value="a&amp;b">
  <input name="off" value="1" disabled>
  <select name="day"><option value="">choisir</option><option value="7" selected>jeudi</option></select>
  <select name="title"><option value="Mme">Mme</option><option value="M.">M.</option></select>
  <label><input type="radio" name="place" value="home"> À la <b>maison</b></label>
  <label><input type="radio" name="place" value="3" checked> Café de la Place</label>
  <label><input type="checkbox" name="points" value="4" checked> Ferme</label>
  <label><input type="checkbox" name="points" value="5"> Hôtel</label>
  <textarea name="note">mot &amp; suite</textarea>
  <input name="code" value=""><input name="code" value="">
  <button name="act" value="save">Enregistrer</button>
</form>
<p class="field__error"><svg></svg><span>Écrivez un numéro.</span></p>
"""


@pytest.fixture
def page() -> Page:
    return Page("http://127.0.0.1:5000/saisie", 422, PAGE.encode())


def test_a_form_sends_what_it_holds_and_no_button_that_was_not_pressed(page: Page) -> None:
    form = page.form('name="key"')

    assert (form.method, form.action) == ("post", "http://127.0.0.1:5000/saisie")
    assert form.fields == [
        ("key", "a&b"),
        ("day", "7"),
        ("title", "Mme"),
        ("place", "3"),
        ("points", "4"),
        ("note", "mot & suite"),
        ("code", ""),
        ("code", ""),
    ]


def test_what_may_be_chosen_is_read_with_its_words(page: Page) -> None:
    choices = page.form('name="key"').choices

    assert choices["place"] == {"home": "À la maison", "3": "Café de la Place"}
    assert choices["day"] == {"": "choisir", "7": "jeudi"}
    assert choices["points"] == {"4": "Ferme", "5": "Hôtel"}


def test_rows_that_share_a_name_are_written_in_order(page: Page) -> None:
    form = page.form('name="key"')

    form.write("code", ["101", "131"])
    form.fill(place="home")

    assert [value for name, value in form.fields if name == "code"] == ["101", "131"]
    assert [value for name, value in form.fields if name == "place"] == ["home"]


def test_the_sentence_of_a_refusal_is_heard(page: Page) -> None:
    assert page.said() == "Écrivez un numéro."


def test_a_page_without_the_form_is_said_by_name(page: Page) -> None:
    with pytest.raises(NoSuchForm, match="/saisie"):
        page.form("password")
