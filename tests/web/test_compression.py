import gzip

from flask import Flask
from flask.testing import FlaskClient

from meloko.web.compression import add_compression


def client_of(page: str) -> FlaskClient:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: page)
    add_compression(app)
    return app.test_client()


def test_a_page_travels_compressed_to_a_browser_that_can_read_it() -> None:
    page = "poireaux et carottes, " * 200

    answer = client_of(page).get("/", headers={"Accept-Encoding": "gzip, br"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content_length == len(answer.data) < 300
    assert gzip.decompress(answer.data).decode() == page


def test_a_browser_that_cannot_read_it_gets_it_plain_and_caches_tell_them_apart() -> None:
    page = "poireaux et carottes, " * 200

    answer = client_of(page).get("/")

    assert "Content-Encoding" not in answer.headers
    assert answer.text == page
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_short_answer_stays_as_it_is() -> None:
    assert "Content-Encoding" not in client_of("oui").get("/", headers={"Accept-Encoding": "gzip"}).headers


def test_the_style_travels_compressed_and_its_faces_as_they_are(client: FlaskClient) -> None:
    asked = {"Accept-Encoding": "gzip, deflate, br"}
    style = client.get("/static/css/meloko.css", headers=asked)
    again = client.get("/static/css/meloko.css", headers=asked)
    face = client.get("/static/fonts/MelokoTexte-Regular.woff2", headers=asked, buffered=True)
    plain = client.get("/static/css/meloko.css", buffered=True)

    assert style.headers["Content-Encoding"] == again.headers["Content-Encoding"] == "gzip"
    assert style.data == again.data
    assert style.content_length == len(style.data) < 8_000
    assert gzip.decompress(style.data) == plain.data
    assert "Content-Encoding" not in face.headers
    assert "Content-Encoding" not in plain.headers


def test_a_style_that_did_not_change_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/static/css/meloko.css", headers={"Accept-Encoding": "gzip"})
    mark = {"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}

    again = client.get("/static/css/meloko.css", headers=mark)

    assert again.status_code == 304
    assert again.data == b""
