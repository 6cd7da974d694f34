"""All that is kept about a customer, as one file: JSON for machines, pages and tables for people.

Every table that leads to a customer is named here, given or not, with the reason: a test finds the one that is
forgotten.
"""

import csv
import datetime as dt
import enum
import html
import io
import json
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlmodel import Session

from meloko.accounts.services import audit, organisation
from meloko.clock import local, now
from meloko.customers.models import Customer
from meloko.db import Table
from meloko.languages import say
from meloko.wording import day_words

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Given:
    """One table of the export: its title, the columns that lead to her, and those that are nobody's business."""

    title: str
    # column -> the table whose rows of hers it names
    by: Mapping[str, str]
    hidden: frozenset[str] = field(default_factory=frozenset)


# In this order: each stands below the tables that lead to it.
GIVEN: dict[str, Given] = {
    "customer": Given("Vos coordonnées", {"id": "customer"}, frozenset({"name_key"})),
    "user": Given(
        "Votre accès au site",
        {"id": "user"},
        frozenset({"password_hash", "totp_sealed", "totp_since", "totp_step"}),
    ),
    "contact_person": Given("Les personnes à prévenir", {"customer_id": "customer"}),
    "contact_change": Given(
        "Les changements de coordonnées",
        {"customer_id": "customer"},
        frozenset({"old_hmac", "new_hmac", "undo_hash", "tries"}),
    ),
    "card_proposal": Given("Ce qu’un livreur a proposé pour votre fiche", {"customer_id": "customer"}),
    "erasure_request": Given("Vos demandes d’effacement", {"customer_id": "customer"}),
    "may_order_for": Given(
        "Pour qui vous commandez, et qui commande pour vous", {"customer_id": "customer", "recipient_id": "customer"}
    ),
    "order": Given("Vos commandes", {"customer_id": "customer", "recipient_id": "customer", "payer_id": "customer"}),
    "order_line": Given("Ce que vous avez commandé", {"order_id": "order"}),
    "order_missing": Given("Ce qui a manqué", {"order_id": "order"}),
    "act": Given("Ce que le livreur a noté de vos commandes", {"order_id": "order"}, frozenset({"said_by"})),
    "drop_outcome": Given("Ce que vos livraisons sont devenues", {"order_id": "order"}),
    "order_decision": Given(
        "Ce qui a été décidé de commandes non livrées", {"order_id": "order"}, frozenset({"decided_by"})
    ),
    "withdrawal": Given("Vos rétractations", {"order_id": "order"}),
    "round_exception": Given("Vos commandes restées hors tournée", {"order_id": "order"}),
    "standing_order": Given("Vos commandes régulières", {"customer_id": "customer", "recipient_id": "customer"}),
    "standing_order_line": Given(
        "Ce que contiennent vos commandes régulières", {"standing_order_id": "standing_order"}
    ),
    "absence": Given("Vos absences", {"standing_order_id": "standing_order"}),
    "standing_run": Given("Ce que vos commandes régulières ont donné", {"standing_order_id": "standing_order"}),
    "basket": Given("Ce que vous étiez en train de choisir", {"user_id": "user"}, frozenset({"token_hash", "key"})),
    "basket_bag": Given("Pour qui vous étiez en train de choisir", {"basket_id": "basket"}),
    "basket_line": Given("Les produits que vous étiez en train de choisir", {"basket_id": "basket"}),
    "stop": Given("Nos passages à votre porte", {"customer_id": "customer"}, frozenset({"leg_classes"})),
    "stop_report": Given("Les heures de nos passages", {"stop_id": "stop"}),
    "sign_in": Given("Vos appareils connectés", {"user_id": "user"}, frozenset({"token_hash"})),
    "sign_in_code": Given(
        "Les codes que vous avez demandés", {"user_id": "user"}, frozenset({"code_hmac", "link_hash", "browser_hash"})
    ),
    "code_sheet": Given("Vos feuilles de codes", {"user_id": "user"}),
    "sheet_code": Given("Les codes de vos feuilles", {"sheet_id": "code_sheet"}, frozenset({"code_hmac"})),
}
NOT_GIVEN: dict[str, str] = {
    "notice": "Given with what reached her address before messages named her: read apart, below.",
    "driver_pin": "Staff only: a customer drives no round.",
    "phone_pass": "Staff only: a customer drives no round.",
    "phone_session": "Staff only: a customer drives no round.",
    "round_shaping": "Names who of us changed a round.",
    "round_alarm": "Says of whom nothing was heard: a driver.",
    "access_note": "Door codes and keys are written, never shown back: asked on the telephone, by a person.",
    "drop": "Only the link between an order and a stop, both given.",
    "pick_up": "What is taken on board at a farm: no customer's stop has any.",
    "submission": "Only the fingerprint that keeps one press from being two orders.",
    "paper_form_wish": "A stranger's letter until it has left; it names nobody's file but who sent it.",
    "drop_outcome": "Only what the acts of the driver, given, made of the order.",
    "paper_edition": "Which papers were printed and by whom of us.",
    "day_print": "Which papers were printed and by whom of us.",
    "access_sheet": "Who of us held the sheet of door codes.",
    "half_sign_in": "Staff only: a customer has no password.",
    "invitation": "Staff only: a customer has no password.",
    "recovery_code": "Staff only: a customer has no second factor.",
    "road_closure": "Written by staff about roads.",
    "till": "Staff only: what a driver brought home.",
    "vehicle": "Names the person who drives.",
    "round": "Names the person who drives.",
}


def export(session: Session, customer_id: int) -> bytes:
    """Gather all that is kept about a customer into one ZIP file."""
    customer = session.get_one(Customer, customer_id)
    tables = _rows_of(session, customer)
    tables["notice"] = _messages(session, customer)
    tables["audit_entry"] = _history(session, customer)
    titles = {name: given.title for name, given in GIVEN.items()}
    titles |= {"notice": "Les messages envoyés", "audit_entry": "Ce qui a été fait sur votre fiche"}
    audit(session, customer.user_id, "customer.exported", "customer", customer_id)
    at = now()
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("donnees.json", json.dumps(tables, ensure_ascii=False, indent=1, default=_plain))
        zipped.writestr("lisez-moi.html", _page(organisation(session).name, customer.full_name, titles, tables, at))
        for name, rows in tables.items():
            if rows:
                zipped.writestr(f"tableaux/{name}.csv", _table(rows))
    return package.getvalue()


def _rows_of(session: Session, customer: Customer) -> dict[str, list[Row]]:
    ids: dict[str, list[int]] = {"customer": [customer.id], "user": [customer.user_id] if customer.user_id else []}
    found: dict[str, list[Row]] = {}
    for name, given in GIVEN.items():
        table = Table.metadata.tables[name]
        ways = [table.c[column].in_(ids[parent]) for column, parent in given.by.items()]
        rows = session.connection().execute(select(table).where(or_(*ways)).order_by(table.c.id)).mappings().all()
        ids[name] = [row["id"] for row in rows]
        found[name] = [{key: value for key, value in row.items() if key not in given.hidden} for row in rows]
    return found


def _messages(session: Session, customer: Customer) -> list[Row]:
    table = Table.metadata.tables["notice"]
    reached = [where for where in (customer.email, customer.phone, customer.other_phone) if where]
    columns = [table.c[name] for name in ("created_at", "channel", "recipient", "subject", "body", "state", "sent_at")]
    hers = or_(table.c.customer_id == customer.id, table.c.recipient.in_(reached))
    rows = session.connection().execute(select(*columns).where(hers).order_by(table.c.id))
    return [dict(row) for row in rows.mappings()]


def _history(session: Session, customer: Customer) -> list[Row]:
    table = Table.metadata.tables["audit_entry"]
    about = (table.c.subject == "customer") & (table.c.subject_id == customer.id)
    rows = session.connection().execute(select(table.c.at, table.c.act).where(about).order_by(table.c.id))
    return [dict(row) for row in rows.mappings()]


def _table(rows: Sequence[Row]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows({key: _harmless(_words(value)) for key, value in row.items()} for row in rows)
    # The mark with which spreadsheets know that the accents are UTF-8.
    return "\ufeff" + written.getvalue()


def _harmless(words: str) -> str:
    """Keep a spreadsheet from reckoning what a person has written."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words


def _page(
    house: str, name: str, titles: Mapping[str, str], tables: Mapping[str, Sequence[Row]], at: dt.datetime
) -> str:
    heading = say("Ce que {house} garde sur {name}", house=house, name=name)
    parts = [
        f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{html.escape(heading)}</title>',
        f"<h1>{html.escape(heading)}</h1><p>{html.escape(day_words(local(at).date(), year=True))}</p>",
    ]
    for table, rows in tables.items():
        if not rows:
            continue
        parts.append(f"<h2>{html.escape(titles[table])}</h2><table border='1'><tr>")
        parts += [f"<th>{html.escape(column)}</th>" for column in rows[0]]
        for row in rows:
            parts.append("</tr><tr>")
            parts += [f"<td>{html.escape(_words(value))}</td>" for value in row.values()]
        parts.append("</tr></table>")
    return "".join(parts) + "</html>"


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, dt.datetime):
        return f"{local(value):%d/%m/%Y %H:%M}"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return str(_plain(value))


def _plain(value: object) -> object:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    return value
