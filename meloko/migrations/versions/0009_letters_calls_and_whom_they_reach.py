"""Of whose file a message is, what it is about, which round takes it along; what became of a withdrawal."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import meloko.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString
MOMENT = meloko.db.Moment(timezone=True)


def upgrade() -> None:
    """Go forward."""
    op.add_column("notice", sa.Column("customer_id", sa.Integer(), nullable=True))
    op.add_column("notice", sa.Column("topic", STRING(), nullable=False, server_default=""))
    op.add_column("notice", sa.Column("carried_on", sa.Date(), nullable=True))
    op.add_column("notice", sa.Column("carried_to", STRING(), nullable=False, server_default=""))
    op.add_column("notice", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("notice", sa.Column("tried_at", MOMENT, nullable=True))
    op.add_column("notice", sa.Column("done_by", sa.Integer(), nullable=True))
    for column in ("topic", "carried_to", "tries"):
        op.alter_column("notice", column, server_default=None)
    op.create_foreign_key(op.f("fk_notice_customer_id_customer"), "notice", "customer", ["customer_id"], ["id"])
    op.create_foreign_key(op.f("fk_notice_done_by_user"), "notice", "user", ["done_by"], ["id"])
    op.create_check_constraint(op.f("ck_notice_tries_not_negative"), "notice", "tries >= 0")
    op.create_index(op.f("ix_notice_customer_id"), "notice", ["customer_id"])
    op.create_index("ix_notice_waiting", "notice", ["channel"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("ix_notice_topic", "notice", ["topic"], postgresql_where=sa.text("topic <> ''"))
    op.add_column("withdrawal", sa.Column("decided_at", MOMENT, nullable=True))
    op.add_column("withdrawal", sa.Column("decided_by", sa.Integer(), nullable=True))
    op.add_column("withdrawal", sa.Column("note", STRING(), nullable=False, server_default=""))
    op.alter_column("withdrawal", "note", server_default=None)
    op.create_foreign_key(op.f("fk_withdrawal_decided_by_user"), "withdrawal", "user", ["decided_by"], ["id"])
    op.create_check_constraint(
        op.f("ck_withdrawal_decided_by_somebody"), "withdrawal", "state = 'received' OR decided_by IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("ck_withdrawal_refused_with_a_reason"), "withdrawal", "state <> 'refused' OR note <> ''"
    )


def downgrade() -> None:
    """Go back."""
    for column in ("decided_at", "decided_by", "note"):
        op.drop_column("withdrawal", column)
    for column in ("customer_id", "topic", "carried_on", "carried_to", "tries", "tried_at", "done_by"):
        op.drop_column("notice", column)
