"""Telephones of drivers: their PIN and what they opened, what they propose for a card, who was silent too long."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import meloko.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString
MOMENT = meloko.db.Moment(timezone=True)


def one_of(*words: str, name: str) -> sa.Enum:
    """Store one of some words."""
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "driver_pin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("pin_hash", STRING(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_driver_pin_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_pin")),
        sa.UniqueConstraint("user_id", name=op.f("uq_driver_pin_user_id")),
    )
    op.create_table(
        "phone_pass",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("round_number", sa.Integer(), nullable=False),
        sa.Column("driver_id", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_phone_pass_tries_few")),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_phone_pass_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["user.id"], name=op.f("fk_phone_pass_driver_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_pass")),
        sa.UniqueConstraint(
            "delivery_day_id", "round_number", "driver_id",
            name=op.f("uq_phone_pass_delivery_day_id_round_number_driver_id"),
        ),
    )
    op.create_index(op.f("ix_phone_pass_driver_id"), "phone_pass", ["driver_id"])
    op.create_table(
        "phone_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pass_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", STRING(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("reads_until", MOMENT, nullable=False),
        sa.Column("sends_until", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["pass_id"], ["phone_pass.id"], name=op.f("fk_phone_session_pass_id_phone_pass"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_phone_session_token_hash")),
    )
    op.create_index(op.f("ix_phone_session_pass_id"), "phone_session", ["pass_id"])
    op.create_table(
        "card_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act_uuid", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("topic", one_of("notes", "phone", "address", name="proposaltopic_known"), nullable=False),
        sa.Column("words", STRING(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column(
            "state",
            one_of("waiting", "accepted", "declined", "withdrawn", name="proposalstate_known"),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state IN ('accepted', 'declined')) = (decided_by IS NOT NULL)",
            name=op.f("ck_card_proposal_decided_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_card_proposal_customer_id_customer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["user.id"], name=op.f("fk_card_proposal_decided_by_user")),
        sa.ForeignKeyConstraint(["proposed_by"], ["user.id"], name=op.f("fk_card_proposal_proposed_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_proposal")),
        sa.UniqueConstraint("act_uuid", name=op.f("uq_card_proposal_act_uuid")),
    )
    op.create_index(op.f("ix_card_proposal_customer_id"), "card_proposal", ["customer_id"])
    op.create_table(
        "round_alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("round_number", sa.Integer(), nullable=False),
        sa.Column("kind", one_of("silent", "late", name="alarmkind_known"), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("called_by", sa.Integer(), nullable=True),
        sa.Column("called_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["called_by"], ["user.id"], name=op.f("fk_round_alarm_called_by_user")),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_round_alarm_delivery_day_id_delivery_day")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_alarm")),
    )
    op.create_index(
        "uq_round_alarm_open",
        "round_alarm",
        ["delivery_day_id", "round_number", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("round_alarm")
    op.drop_table("card_proposal")
    op.drop_table("phone_session")
    op.drop_table("phone_pass")
    op.drop_table("driver_pin")
