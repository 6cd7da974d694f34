"""Codes on paper, second factors, invitations, confirmed details, wishes to be forgotten, legal settings."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import meloko.db
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "card_wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", STRING(), nullable=False),
        sa.Column("phone", STRING(), nullable=False),
        sa.Column("asked_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("answered_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("(email = '') <> (phone = '')", name=op.f("ck_card_wish_email_or_phone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_wish")),
    )
    op.create_table(
        "code_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("made_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("voided_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["user.id"], name=op.f("fk_code_sheet_made_by_user")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_code_sheet_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_sheet")),
    )
    op.create_index(op.f("ix_code_sheet_user_id"), "code_sheet", ["user_id"], unique=False)
    op.create_index(
        "uq_code_sheet_valid", "code_sheet", ["user_id"], unique=True, postgresql_where=sa.text("voided_at IS NULL")
    )
    op.create_table(
        "half_sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", STRING(), nullable=False),
        sa.Column("expires_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_half_sign_in_tries_few")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_half_sign_in_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_half_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_half_sign_in_token_hash")),
    )
    op.create_index(op.f("ix_half_sign_in_user_id"), "half_sign_in", ["user_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", STRING(), nullable=False),
        sa.Column("created_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("used_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_invitation_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_user_id"), "invitation", ["user_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hmac", STRING(), nullable=False),
        sa.Column("used_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_recovery_code_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"], unique=False)
    op.create_table(
        "sheet_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code_hmac", STRING(), nullable=False),
        sa.Column("used_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["code_sheet.id"], name=op.f("fk_sheet_code_sheet_id_code_sheet"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_code")),
        sa.UniqueConstraint("sheet_id", "position", name=op.f("uq_sheet_code_sheet_id_position")),
    )
    op.create_table(
        "contact_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("old_hmac", STRING(), nullable=True),
        sa.Column("new_hmac", STRING(), nullable=True),
        sa.Column("undo_hash", STRING(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("confirmed_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.Column("dropped_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.Column("undone_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_contact_change_tries_few")),
        sa.CheckConstraint(
            "undone_at IS NULL OR confirmed_at IS NOT NULL", name=op.f("ck_contact_change_undone_after_confirmed")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_contact_change_customer_id_customer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_change")),
        sa.UniqueConstraint("undo_hash", name=op.f("uq_contact_change_undo_hash")),
    )
    op.create_index(op.f("ix_contact_change_customer_id"), "contact_change", ["customer_id"], unique=False)
    op.create_table(
        "erasure_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "withdrawn",
                "done",
                "refused",
                name="erasurestate_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("words", STRING(), nullable=False),
        sa.Column("answered_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answer", STRING(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('done', 'refused')) = (answered_by IS NOT NULL)",
            name=op.f("ck_erasure_request_answered_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["user.id"], name=op.f("fk_erasure_request_answered_by_user")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_erasure_request_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_request")),
    )
    op.create_index(op.f("ix_erasure_request_customer_id"), "erasure_request", ["customer_id"], unique=False)
    op.create_index(
        "uq_erasure_request_open",
        "erasure_request",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.add_column("organisation", sa.Column("register_number", STRING(), nullable=False, server_default=""))
    op.add_column("organisation", sa.Column("capital", STRING(), nullable=False, server_default=""))
    op.add_column("organisation", sa.Column("vat_regime", STRING(), nullable=False, server_default=""))
    op.add_column("organisation", sa.Column("vat_number", STRING(), nullable=False, server_default=""))
    op.add_column("organisation", sa.Column("director", STRING(), nullable=False, server_default=""))
    op.add_column("organisation", sa.Column("host", STRING(), nullable=False, server_default=""))
    op.add_column("organisation", sa.Column("mediator_url", STRING(), nullable=False, server_default=""))
    op.add_column("organisation", sa.Column("mentions", STRING(), nullable=False, server_default=""))
    op.add_column("sign_in", sa.Column("own_device", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sign_in", sa.Column("browser", STRING(), nullable=False, server_default=""))
    # Codes live ten minutes: whoever waits for one asks again.
    op.execute("DELETE FROM sign_in_code")
    op.add_column("sign_in_code", sa.Column("card_number", STRING(), nullable=False))
    op.add_column("sign_in_code", sa.Column("link_hash", STRING(), nullable=True))
    op.alter_column("sign_in_code", "user_id", existing_type=sa.INTEGER(), nullable=True)
    op.alter_column("sign_in_code", "code_hmac", existing_type=sa.VARCHAR(), nullable=True)
    op.create_unique_constraint(op.f("uq_sign_in_code_link_hash"), "sign_in_code", ["link_hash"])
    op.add_column("user", sa.Column("totp_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("user", sa.Column("totp_since", meloko.db.Moment(timezone=True), nullable=True))
    op.add_column("user", sa.Column("totp_step", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_sign_in_code_code_of_a_user"), "sign_in_code", "(code_hmac IS NULL) = (user_id IS NULL)"
    )
    op.alter_column("organisation", "register_number", server_default=None)
    op.alter_column("organisation", "capital", server_default=None)
    op.alter_column("organisation", "vat_regime", server_default=None)
    op.alter_column("organisation", "vat_number", server_default=None)
    op.alter_column("organisation", "director", server_default=None)
    op.alter_column("organisation", "host", server_default=None)
    op.alter_column("organisation", "mediator_url", server_default=None)
    op.alter_column("organisation", "mentions", server_default=None)
    op.alter_column("sign_in", "own_device", server_default=None)
    op.alter_column("sign_in", "browser", server_default=None)


def downgrade() -> None:
    op.drop_table("card_wish")
    op.drop_constraint(op.f("ck_sign_in_code_code_of_a_user"), "sign_in_code", type_="check")
    op.execute("DELETE FROM sign_in_code")
    op.drop_column("user", "totp_step")
    op.drop_column("user", "totp_since")
    op.drop_column("user", "totp_sealed")
    op.drop_constraint(op.f("uq_sign_in_code_link_hash"), "sign_in_code", type_="unique")
    op.alter_column("sign_in_code", "code_hmac", existing_type=sa.VARCHAR(), nullable=False)
    op.alter_column("sign_in_code", "user_id", existing_type=sa.INTEGER(), nullable=False)
    op.drop_column("sign_in_code", "link_hash")
    op.drop_column("sign_in_code", "card_number")
    op.drop_column("sign_in", "browser")
    op.drop_column("sign_in", "own_device")
    op.drop_column("organisation", "mentions")
    op.drop_column("organisation", "mediator_url")
    op.drop_column("organisation", "host")
    op.drop_column("organisation", "director")
    op.drop_column("organisation", "vat_number")
    op.drop_column("organisation", "vat_regime")
    op.drop_column("organisation", "capital")
    op.drop_column("organisation", "register_number")
    op.drop_index("uq_erasure_request_open", table_name="erasure_request", postgresql_where=sa.text("state = 'asked'"))
    op.drop_index(op.f("ix_erasure_request_customer_id"), table_name="erasure_request")
    op.drop_table("erasure_request")
    op.drop_index(op.f("ix_contact_change_customer_id"), table_name="contact_change")
    op.drop_table("contact_change")
    op.drop_table("sheet_code")
    op.drop_index(op.f("ix_recovery_code_user_id"), table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_index(op.f("ix_invitation_user_id"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_index(op.f("ix_half_sign_in_user_id"), table_name="half_sign_in")
    op.drop_table("half_sign_in")
    op.drop_index("uq_code_sheet_valid", table_name="code_sheet", postgresql_where=sa.text("voided_at IS NULL"))
    op.drop_index(op.f("ix_code_sheet_user_id"), table_name="code_sheet")
    op.drop_table("code_sheet")
