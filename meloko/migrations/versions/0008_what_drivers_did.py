"""What drivers did, act by act, and what became of each order."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import meloko.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString
MOMENT = meloko.db.Moment(timezone=True)
KINDS = (
    "delivered", "delivered otherwise", "no answer", "refused", "missing", "taken back", "collected", "arrived", "left",
    "start", "return", "cash", "cheque", "card", "empties", "note", "signalled", "undo",
)
STATES = (
    "placed", "confirmed", "prepared", "loaded", "at_relay", "collected", "delivered", "cancelled", "undelivered",
    "rescheduled", "returned", "given",
)


def one_of(*words: str, name: str) -> sa.Enum:
    """Store one of some words."""
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("round_number", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("place_kind", one_of("relay", "home", "farm", name="stopkind_known"), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("kind", one_of(*KINDS, name="actkind_known"), nullable=False),
        sa.Column(
            "how",
            one_of("neighbour", "at the door", "relay point", "other", name="otherway_known"),
            nullable=True,
        ),
        sa.Column("cents", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("words", STRING(), nullable=False),
        sa.Column("undoes", sa.Uuid(), nullable=True),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("clock_skew_s", sa.Integer(), nullable=False),
        sa.Column("said_by", sa.Integer(), nullable=False),
        sa.Column("source", one_of("phone", "paper", name="actsource_known"), nullable=False),
        sa.CheckConstraint("(place_kind IS NULL) = (place_id IS NULL)", name=op.f("ck_act_place_whole")),
        sa.CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name=op.f("ck_act_undo_of_something")),
        sa.CheckConstraint(
            "kind NOT IN ('delivered', 'delivered otherwise', 'no answer', 'refused', 'missing', 'taken back',"
            " 'collected') OR order_id IS NOT NULL",
            name=op.f("ck_act_outcome_of_an_order"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('cash', 'cheque', 'card') OR (cents IS NOT NULL AND cents > 0)",
            name=op.f("ck_act_money_counted"),
        ),
        sa.CheckConstraint(
            "kind <> 'empties' OR (\"count\" IS NOT NULL AND \"count\" > 0)", name=op.f("ck_act_empties_counted")
        ),
        sa.CheckConstraint("(how IS NULL) = (kind <> 'delivered otherwise')", name=op.f("ck_act_how_said")),
        sa.CheckConstraint(
            "kind IN ('start', 'return', 'undo', 'note') OR place_id IS NOT NULL", name=op.f("ck_act_somewhere")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_act_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_act_round_id_round")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_act_order_id_order")),
        sa.ForeignKeyConstraint(["said_by"], ["user.id"], name=op.f("fk_act_said_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        sa.UniqueConstraint("uuid", name=op.f("uq_act_uuid")),
    )
    op.create_index("ix_act_round", "act", ["delivery_day_id", "round_number"])
    op.create_index(op.f("ix_act_round_id"), "act", ["round_id"])
    op.create_index(op.f("ix_act_order_id"), "act", ["order_id"])
    op.create_table(
        "drop_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("kind", one_of(*KINDS, name="actkind_known"), nullable=False),
        sa.Column("state_before", one_of(*STATES, name="state_before_known"), nullable=False),
        sa.Column("state_after", one_of(*STATES, name="state_after_known"), nullable=True),
        sa.CheckConstraint(
            "kind IN ('delivered', 'delivered otherwise', 'no answer', 'refused', 'missing', 'taken back',"
            " 'collected')",
            name=op.f("ck_drop_outcome_kind_of_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_drop_outcome_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_drop_outcome_order_id_order")),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_drop_outcome_act_id_act")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop_outcome")),
        sa.UniqueConstraint("delivery_day_id", "order_id", name=op.f("uq_drop_outcome_delivery_day_id_order_id")),
    )
    op.create_index(op.f("ix_drop_outcome_order_id"), "drop_outcome", ["order_id"])
    op.create_index(op.f("ix_drop_outcome_act_id"), "drop_outcome", ["act_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("drop_outcome")
    op.drop_table("act")
