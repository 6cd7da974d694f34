"""Streets by name, and the days on which they are closed."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import meloko.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "road_street",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("road_network_id", sa.Integer(), nullable=False),
        sa.Column("name", STRING(), nullable=False),
        sa.Column("near", STRING(), nullable=False),
        sa.Column("key", STRING(), nullable=False),
        sa.Column("way_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(
            ["road_network_id"],
            ["road_network.id"],
            name=op.f("fk_road_street_road_network_id_road_network"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_street")),
    )
    op.create_index(op.f("ix_road_street_road_network_id"), "road_street", ["road_network_id"], unique=False)
    op.create_table(
        "road_closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", STRING(), nullable=False),
        sa.Column("near", STRING(), nullable=False),
        sa.Column("way_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", STRING(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("written_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_road_closure_days_in_order")),
        sa.CheckConstraint("way_ids <> '{}'", name=op.f("ck_road_closure_some_way")),
        sa.ForeignKeyConstraint(["written_by"], ["user.id"], name=op.f("fk_road_closure_written_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_closure")),
    )
    op.create_index("ix_road_closure_last_day", "road_closure", ["last_day"], unique=False)


def downgrade() -> None:
    op.drop_table("road_closure")
    op.drop_table("road_street")
