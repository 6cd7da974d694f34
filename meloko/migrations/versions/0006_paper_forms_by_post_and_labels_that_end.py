"""Who wants the paper form by post; how long a producer's labels hold, and how it presents itself."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import meloko.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Go forward."""
    op.add_column("producer", sa.Column("labels_until", sa.Date(), nullable=True))
    op.add_column("producer", sa.Column("about", STRING(), nullable=False, server_default=""))
    op.alter_column("producer", "about", server_default=None)
    op.create_table(
        "paper_form_wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", STRING(), nullable=False),
        sa.Column("phone", STRING(), nullable=False),
        sa.Column("address", STRING(), nullable=False),
        sa.Column("postcode", STRING(), nullable=False),
        sa.Column("commune", STRING(), nullable=False),
        sa.Column("large_print", sa.Boolean(), nullable=False),
        sa.Column("asked_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("sent_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.Column("sent_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "name <> '' AND address <> '' AND commune <> ''", name=op.f("ck_paper_form_wish_enough_for_a_letter")
        ),
        sa.ForeignKeyConstraint(["sent_by"], ["user.id"], name=op.f("fk_paper_form_wish_sent_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_form_wish")),
    )
    op.create_index(
        "ix_paper_form_wish_waiting", "paper_form_wish", ["id"], postgresql_where=sa.text("sent_at IS NULL")
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("paper_form_wish")
    op.drop_column("producer", "about")
    op.drop_column("producer", "labels_until")
