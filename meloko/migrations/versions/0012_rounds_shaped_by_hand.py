"""What people do to rounds by hand, and how it is undone."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import meloko.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString
MOMENT = meloko.db.Moment(timezone=True)


def upgrade() -> None:
    """Go forward."""
    op.add_column("round", sa.Column("departure_fixed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("round", "departure_fixed", server_default=None)
    op.add_column("round", sa.Column("copy_of_id", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_round_copy_of_id_round"), "round", "round", ["copy_of_id"], ["id"], ondelete="SET NULL")
    op.create_table(
        "round_shaping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("sentence", STRING(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_round_shaping_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["by"], ["user.id"], name=op.f("fk_round_shaping_by_user")),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["round_shaping.id"], name=op.f("fk_round_shaping_undoes_id_round_shaping")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_shaping")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_round_shaping_undoes_id")),
    )
    op.create_index(op.f("ix_round_shaping_delivery_day_id"), "round_shaping", ["delivery_day_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("round_shaping")
    op.drop_constraint(op.f("fk_round_copy_of_id_round"), "round", type_="foreignkey")
    op.drop_column("round", "copy_of_id")
    op.drop_column("round", "departure_fixed")
