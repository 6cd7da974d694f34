"""What customers change, order for others and have come back: bags, fees, wishes, standing orders, withdrawals."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import meloko.db
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString
CHANNELS = "ck_notice_channel_known"


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _substitution() -> sa.Enum:
    return _one_of("substitution_known", "replace", "remove", "call")


def _add(table: str, name: str, kind: object, default: object) -> None:
    """Add a column that rows of before fill with a default, rows of after with what is said."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
    op.alter_column(table, name, server_default=None)


def upgrade() -> None:
    _channels("'email', 'sms', 'letter', 'telephone list'")
    _fees()
    _orders()
    _bags()
    _standing_orders()


def _channels(words: str) -> None:
    op.drop_constraint(op.f(CHANNELS), "notice", type_="check")
    op.create_check_constraint(op.f(CHANNELS), "notice", f"channel IN ({words})")


def _fees() -> None:
    for table in ("zone", "relay_point"):
        _add(table, "fee_cents", sa.Integer(), "0")
        _add(table, "minimum_cents", sa.Integer(), "0")
        _add(table, "fee_vat_rate_bp", sa.Integer(), "2000")
        op.create_check_constraint(
            op.f(f"ck_{table}_fee_and_minimum_not_negative"), table, "fee_cents >= 0 AND minimum_cents >= 0"
        )
        op.create_check_constraint(
            op.f(f"ck_{table}_fee_vat_rate_known"), table, "fee_vat_rate_bp IN (0, 550, 1000, 2000)"
        )


def _orders() -> None:
    _add("order", "substitution", _substitution(), "remove")
    _add("order", "adult_declared", sa.Boolean(), sa.false())
    _add("order", "fee_cents", sa.Integer(), "0")
    _add("order", "fee_vat_rate_bp", sa.Integer(), "0")
    op.create_check_constraint(op.f("ck_order_fee_not_negative"), "order", "fee_cents >= 0")
    op.add_column("order_line", sa.Column("substitution", _substitution(), nullable=True))
    _add("order_line", "alcohol", sa.Boolean(), sa.false())
    _add("order_line", "fit_to_withdraw", sa.Boolean(), sa.false())
    op.add_column("submission", sa.Column("page_key", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_submission_page_key"), "submission", ["page_key"])
    op.create_table(
        "order_missing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("name", STRING(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", STRING(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_missing_quantity_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_missing_order_id_order"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_order_missing_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_missing")),
        sa.UniqueConstraint("order_id", "product_id", name=op.f("uq_order_missing_order_id_product_id")),
    )
    op.create_index(op.f("ix_order_missing_product_id"), "order_missing", ["product_id"])
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("state", _one_of("withdrawalstate_known", "received", "goods back", "paid back", "refused"), nullable=False),
        sa.Column("received_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_withdrawal_order_id_order")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_withdrawal_order_line_id_order_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_withdrawal_order_line_id")),
    )
    op.create_index(op.f("ix_withdrawal_order_id"), "withdrawal", ["order_id"])


def _bags() -> None:
    op.create_table(
        "may_order_for",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("since", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("customer_id <> recipient_id", name=op.f("ck_may_order_for_somebody_else")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_may_order_for_customer_id_customer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["customer.id"], name=op.f("fk_may_order_for_recipient_id_customer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["written_by"], ["user.id"], name=op.f("fk_may_order_for_written_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_may_order_for")),
        sa.UniqueConstraint("customer_id", "recipient_id", name=op.f("uq_may_order_for_customer_id_recipient_id")),
    )
    op.create_index(op.f("ix_may_order_for_recipient_id"), "may_order_for", ["recipient_id"])
    op.create_table(
        "basket_bag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("basket_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("recipient_pays", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["basket_id"], ["basket.id"], name=op.f("fk_basket_bag_basket_id_basket"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["recipient_id"], ["customer.id"], name=op.f("fk_basket_bag_recipient_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket_bag")),
        sa.UniqueConstraint("basket_id", "recipient_id", name=op.f("uq_basket_bag_basket_id_recipient_id")),
    )
    op.create_index(op.f("ix_basket_bag_recipient_id"), "basket_bag", ["recipient_id"])
    op.add_column("basket_line", sa.Column("bag_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_basket_line_bag_id"), "basket_line", ["bag_id"])
    op.create_foreign_key(
        op.f("fk_basket_line_bag_id_basket_bag"), "basket_line", "basket_bag", ["bag_id"], ["id"], ondelete="CASCADE"
    )
    op.drop_constraint(op.f("uq_basket_line_basket_id_product_id"), "basket_line", type_="unique")
    op.create_unique_constraint(
        op.f("uq_basket_line_basket_id_bag_id_product_id"),
        "basket_line",
        ["basket_id", "bag_id", "product_id"],
        postgresql_nulls_not_distinct=True,
    )


def _standing_orders() -> None:
    op.add_column("delivery_day", sa.Column("standing_asked_at", meloko.db.Moment(timezone=True), nullable=True))
    op.create_table(
        "standing_look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_look")),
        sa.UniqueConstraint("on_day", name=op.f("uq_standing_look_on_day")),
    )
    op.create_table(
        "standing_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("relay_point_id", sa.Integer(), nullable=True),
        sa.Column("home", sa.Boolean(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column("rhythm", _one_of("rhythm_known", "weekly", "fortnightly", "monthly"), nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("on_holiday", _one_of("onholiday_known", "move", "skip"), nullable=False),
        sa.Column("substitution", _substitution(), nullable=False),
        sa.Column("note", STRING(), nullable=False),
        sa.Column("adult_declared", sa.Boolean(), nullable=False),
        sa.Column("created_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("stopped_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint(
            "weekdays <@ ARRAY[0, 1, 2, 3, 4, 5, 6] AND weekdays <> '{}'", name=op.f("ck_standing_order_weekdays_known")
        ),
        sa.CheckConstraint("(relay_point_id IS NULL) = home", name=op.f("ck_standing_order_relay_point_or_home")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_standing_order_customer_id_customer")),
        sa.ForeignKeyConstraint(["recipient_id"], ["customer.id"], name=op.f("fk_standing_order_recipient_id_customer")),
        sa.ForeignKeyConstraint(
            ["relay_point_id"], ["relay_point.id"], name=op.f("fk_standing_order_relay_point_id_relay_point")
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_standing_order_zone_id_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_order")),
    )
    for name in ("customer_id", "recipient_id", "relay_point_id", "zone_id"):
        op.create_index(op.f(f"ix_standing_order_{name}"), "standing_order", [name])
    op.create_table(
        "standing_order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("standing_order_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 500", name=op.f("ck_standing_order_line_quantity_sensible")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_standing_order_line_product_id_product")),
        sa.ForeignKeyConstraint(
            ["standing_order_id"],
            ["standing_order.id"],
            name=op.f("fk_standing_order_line_standing_order_id_standing_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_order_line")),
        sa.UniqueConstraint(
            "standing_order_id", "product_id", name=op.f("uq_standing_order_line_standing_order_id_product_id")
        ),
    )
    op.create_index(op.f("ix_standing_order_line_product_id"), "standing_order_line", ["product_id"])
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("standing_order_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_absence_days_in_order")),
        sa.ForeignKeyConstraint(
            ["standing_order_id"],
            ["standing_order.id"],
            name=op.f("fk_absence_standing_order_id_standing_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_standing_order_id"), "absence", ["standing_order_id"])
    op.create_table(
        "standing_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("standing_order_id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=True),
        sa.Column("planned_for", sa.Date(), nullable=False),
        sa.Column("outcome", _one_of("runoutcome_known", "placed", "refused", "not delivered"), nullable=False),
        sa.Column("reason", STRING(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("at", meloko.db.Moment(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'placed') = (order_id IS NOT NULL)", name=op.f("ck_standing_run_placed_is_an_order")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_standing_run_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_standing_run_order_id_order")),
        sa.ForeignKeyConstraint(
            ["standing_order_id"],
            ["standing_order.id"],
            name=op.f("fk_standing_run_standing_order_id_standing_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_run")),
        sa.UniqueConstraint(
            "standing_order_id", "delivery_day_id", name=op.f("uq_standing_run_standing_order_id_delivery_day_id")
        ),
        sa.UniqueConstraint("standing_order_id", "planned_for", name=op.f("uq_standing_run_standing_order_id_planned_for")),
    )
    for name in ("delivery_day_id", "order_id"):
        op.create_index(op.f(f"ix_standing_run_{name}"), "standing_run", [name])


def downgrade() -> None:
    for table in ("standing_run", "absence", "standing_order_line", "standing_order", "standing_look"):
        op.drop_table(table)
    op.drop_column("delivery_day", "standing_asked_at")
    # What was put into the bags of others has no place of its own any more.
    op.execute("DELETE FROM basket_line WHERE bag_id IS NOT NULL")
    op.drop_constraint(op.f("uq_basket_line_basket_id_bag_id_product_id"), "basket_line", type_="unique")
    op.drop_column("basket_line", "bag_id")
    op.create_unique_constraint(
        op.f("uq_basket_line_basket_id_product_id"), "basket_line", ["basket_id", "product_id"]
    )
    for table in ("basket_bag", "may_order_for", "withdrawal", "order_missing"):
        op.drop_table(table)
    op.drop_column("submission", "page_key")
    for name in ("substitution", "alcohol", "fit_to_withdraw"):
        op.drop_column("order_line", name)
    for name in ("substitution", "adult_declared", "fee_cents", "fee_vat_rate_bp"):
        op.drop_column("order", name)
    for table in ("zone", "relay_point"):
        for name in ("fee_cents", "minimum_cents", "fee_vat_rate_bp"):
            op.drop_column(table, name)
    op.execute("DELETE FROM notice WHERE channel = 'telephone list'")
    _channels("'email', 'sms', 'letter'")
