"""The prints of a day, the editions of each paper, and the numbered sheets of door codes."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import meloko.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString
MOMENT = meloko.db.Moment(timezone=True)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "day_print",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("asked", "setting", "printed", "failed", name="printstate_known", native_enum=False,
                    create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("public_url", STRING(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.Column("step", STRING(), nullable=False),
        sa.Column("message", STRING(), nullable=False),
        sa.Column("fingerprint", STRING(), nullable=False),
        sa.Column("file", STRING(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("papers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rounds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "(state = 'printed') = (number IS NOT NULL)", name=op.f("ck_day_print_numbered_when_printed")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_day_print_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["user.id"], name=op.f("fk_day_print_asked_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_print")),
        sa.UniqueConstraint("delivery_day_id", "number", name=op.f("uq_day_print_delivery_day_id_number")),
    )
    op.create_index(
        "uq_day_print_running",
        "day_print",
        ["delivery_day_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'setting')"),
    )
    op.create_table(
        "paper_edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("kind", STRING(), nullable=False),
        sa.Column("key", STRING(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("fingerprint", STRING(), nullable=False),
        sa.Column("printed_at", MOMENT, nullable=False),
        sa.Column("printed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("edition > 0", name=op.f("ck_paper_edition_edition_positive")),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_paper_edition_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["printed_by"], ["user.id"], name=op.f("fk_paper_edition_printed_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_edition")),
        sa.UniqueConstraint(
            "delivery_day_id", "kind", "key", "edition", name=op.f("uq_paper_edition_delivery_day_id_kind_key_edition")
        ),
    )
    op.create_table(
        "access_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("printed", "handed out", "returned", "lost", name="accesssheetstate_known", native_enum=False,
                    create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("printed_at", MOMENT, nullable=False),
        sa.Column("printed_by", sa.Integer(), nullable=False),
        sa.Column("handed_to", sa.Integer(), nullable=True),
        sa.Column("handed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'handed out' OR handed_to IS NOT NULL", name=op.f("ck_access_sheet_handed_to_somebody")
        ),
        sa.CheckConstraint(
            "(state IN ('returned', 'lost')) = (ended_at IS NOT NULL)",
            name=op.f("ck_access_sheet_ended_when_back_or_lost"),
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_access_sheet_round_id_round")),
        sa.ForeignKeyConstraint(["printed_by"], ["user.id"], name=op.f("fk_access_sheet_printed_by_user")),
        sa.ForeignKeyConstraint(["handed_to"], ["user.id"], name=op.f("fk_access_sheet_handed_to_user")),
        sa.ForeignKeyConstraint(["ended_by"], ["user.id"], name=op.f("fk_access_sheet_ended_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_sheet")),
    )
    op.create_index(
        "uq_access_sheet_out",
        "access_sheet",
        ["round_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('printed', 'handed out')"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("access_sheet")
    op.drop_table("paper_edition")
    op.drop_table("day_print")
