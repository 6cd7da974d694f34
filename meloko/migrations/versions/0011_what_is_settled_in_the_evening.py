"""What is decided in the evening on orders that came back, and what each driver's purse held."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import meloko.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString
MOMENT = meloko.db.Moment(timezone=True)
CENTS = ("due_cents", "cash_noted_cents", "cheque_noted_cents", "card_noted_cents", "empties_noted", "cash_cents",
         "cheque_cents", "card_cents", "empties")  # fmt: skip


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "order_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("rescheduled", "returned", "given", name="decisionkind_known", native_enum=False,
                    create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("to_day_id", sa.Integer(), nullable=True),
        sa.Column("reason", STRING(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(kind = 'rescheduled') = (to_day_id IS NOT NULL)", name=op.f("ck_order_decision_rescheduled_to_a_day")
        ),
        sa.CheckConstraint(
            "kind = 'rescheduled' OR reason <> ''", name=op.f("ck_order_decision_given_up_for_a_reason")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_order_decision_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_decision_order_id_order")),
        sa.ForeignKeyConstraint(
            ["to_day_id"], ["delivery_day.id"], name=op.f("fk_order_decision_to_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["user.id"], name=op.f("fk_order_decision_decided_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_decision")),
        sa.UniqueConstraint("delivery_day_id", "order_id", name=op.f("uq_order_decision_delivery_day_id_order_id")),
    )
    op.create_index(op.f("ix_order_decision_order_id"), "order_decision", ["order_id"])
    op.create_table(
        "till",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("driver_id", sa.Integer(), nullable=True),
        sa.Column("round_numbers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in CENTS),
        sa.Column("reason", STRING(), nullable=False),
        sa.Column("counted_by", sa.Integer(), nullable=False),
        sa.Column("counted_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "cash_cents >= 0 AND cheque_cents >= 0 AND card_cents >= 0 AND empties >= 0",
            name=op.f("ck_till_found_not_negative"),
        ),
        sa.CheckConstraint("due_cents >= 0 AND empties_noted >= 0", name=op.f("ck_till_expected_not_negative")),
        sa.CheckConstraint(
            "reason <> '' OR (cash_cents + cheque_cents + card_cents = due_cents AND empties = empties_noted)",
            name=op.f("ck_till_difference_has_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_till_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["driver_id"], ["user.id"], name=op.f("fk_till_driver_id_user")),
        sa.ForeignKeyConstraint(["counted_by"], ["user.id"], name=op.f("fk_till_counted_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till")),
        sa.UniqueConstraint(
            "delivery_day_id",
            "driver_id",
            name=op.f("uq_till_delivery_day_id_driver_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_till_driver_id"), "till", ["driver_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("till")
    op.drop_table("order_decision")
