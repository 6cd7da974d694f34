"""The first tables."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import meloko.db
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What was done stays written: the table refuses changes, whoever asks.
KEPT = """
CREATE FUNCTION keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entry is append-only';
END $$;
CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_entry();
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("act", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject", "subject_id"], unique=False)
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("name", name=op.f("uq_category_name")),
    )
    op.create_table(
        "depot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("postcode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("commune", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column(
            "precision",
            sa.Enum(
                "hand",
                "housenumber",
                "street",
                "locality",
                "none",
                name="precision_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hours", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(lat IS NULL) = (lon IS NULL) AND (lat IS NULL) = (precision = 'none') AND (lat IS NULL OR (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180))",
            name=op.f("ck_depot_point_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_depot")),
        sa.UniqueConstraint("code", name=op.f("uq_depot_code")),
    )
    op.create_table(
        "geocoding_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column(
            "precision",
            sa.Enum(
                "hand",
                "housenumber",
                "street",
                "locality",
                "none",
                name="precision_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("label", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("service", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("asked_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_geocoding_answer")),
        sa.UniqueConstraint("question", name=op.f("uq_geocoding_answer_question")),
    )
    op.create_table(
        "known_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("street", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("postcode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("commune", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("number_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("street_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("commune_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_address")),
    )
    op.create_index(
        "ix_known_address_alike",
        "known_address",
        ["street_key"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"street_key": "gin_trgm_ops"},
    )
    op.create_index("ix_known_address_asked", "known_address", ["postcode", "street_key", "number_key"], unique=False)
    op.create_index("ix_known_address_commune", "known_address", ["commune_key", "street_key"], unique=False)
    op.create_table(
        "last_tick",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", meloko.db.Moment(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_last_tick_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_last_tick")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "email", "sms", "letter", name="channel_known", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("recipient", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "failed",
                name="noticestate_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("sent_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("baseline", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone_hours", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("legal_form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("siret", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("mediator", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_organisation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting", "done", "failed", name="jobstate_known", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("progress", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("claimed_until", meloko.db.Moment(timezone=True), nullable=True),
        sa.Column("done_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_attempts_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_waiting", "outbox", ["due_at"], unique=False, postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_table(
        "producer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("postcode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("commune", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column(
            "precision",
            sa.Enum(
                "hand",
                "housenumber",
                "street",
                "locality",
                "none",
                name="precision_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("makes", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("labels", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "supply_mode",
            sa.Enum(
                "delivered to the depot",
                "picked up before",
                "picked up on the round",
                name="supplymode_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("pickup_hours", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("order_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lead_time_h", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(lat IS NULL) = (lon IS NULL) AND (lat IS NULL) = (precision = 'none') AND (lat IS NULL OR (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180))",
            name=op.f("ck_producer_point_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producer")),
        sa.UniqueConstraint("code", name=op.f("uq_producer_code")),
    )
    op.create_table(
        "road_network",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("imported_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("nodes", sa.Integer(), nullable=False),
        sa.Column("edges", sa.Integer(), nullable=False),
        sa.Column("south", sa.Float(), nullable=False),
        sa.Column("west", sa.Float(), nullable=False),
        sa.Column("north", sa.Float(), nullable=False),
        sa.Column("east", sa.Float(), nullable=False),
        sa.Column("places", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("credit", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("nodes > 0 AND edges > 0", name=op.f("ck_road_network_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_network")),
        sa.UniqueConstraint("digest", name=op.f("uq_road_network_digest")),
    )
    op.create_index(
        "uq_road_network_active", "road_network", ["active"], unique=True, postgresql_where=sa.text("active")
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counted", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", meloko.db.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_counted_at", "sign_in_attempt", ["counted", "at"], unique=False)
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("disabled_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint(
            "roles <@ ARRAY['customer','host','driver','partner','producer','staff','admin']",
            name=op.f("ck_user_roles_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
    )
    op.create_index("uq_user_email", "user", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "drawn_map",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("road_network_id", sa.Integer(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["road_network_id"],
            ["road_network.id"],
            name=op.f("fk_drawn_map_road_network_id_road_network"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drawn_map")),
        sa.UniqueConstraint("road_network_id", name=op.f("uq_drawn_map_road_network_id")),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("priced_by_weight", sa.Boolean(), nullable=False),
        sa.Column("vat_rate_bp", sa.Integer(), nullable=False),
        sa.Column("net_quantity", sa.Integer(), nullable=False),
        sa.Column(
            "net_unit",
            sa.Enum("g", "ml", "piece", name="netunit_known", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("allergens", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("allergens_stated", sa.Boolean(), nullable=False),
        sa.Column("ingredients", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("origin", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("keeping", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("alcohol", sa.Boolean(), nullable=False),
        sa.Column("perishable", sa.Boolean(), nullable=False),
        sa.Column("labels", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "temperature",
            sa.Enum(
                "ambient",
                "chilled",
                "frozen",
                name="temperature_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("deposit_cents", sa.Integer(), nullable=False),
        sa.Column("crates_hundredths", sa.Integer(), nullable=False),
        sa.Column("season_from", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("season_to", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("stamp", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(season_from = '') = (season_to = '')", name=op.f("ck_product_season_whole")),
        sa.CheckConstraint("NOT priced_by_weight OR net_unit = 'g'", name=op.f("ck_product_weighed_in_grams")),
        sa.CheckConstraint(
            "allergens <@ ARRAY['gluten','crustaceans','eggs','fish','peanuts','soybeans','milk','nuts','celery','mustard','sesame','sulphites','lupin','molluscs']",
            name=op.f("ck_product_allergens_known"),
        ),
        sa.CheckConstraint("NOT active OR allergens_stated", name=op.f("ck_product_allergens_stated_when_sold")),
        sa.CheckConstraint(
            "deposit_cents >= 0 AND crates_hundredths >= 0", name=op.f("ck_product_deposit_and_crates_not_negative")
        ),
        sa.CheckConstraint("net_quantity > 0", name=op.f("ck_product_net_quantity_positive")),
        sa.CheckConstraint("price_cents > 0", name=op.f("ck_product_price_positive")),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_product_stock_not_negative")),
        sa.CheckConstraint("vat_rate_bp IN (0, 210, 550, 1000, 2000)", name=op.f("ck_product_vat_rate_known")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_product_category_id_category")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_product_producer_id_producer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("code", name=op.f("uq_product_code")),
    )
    op.create_index(op.f("ix_product_category_id"), "product", ["category_id"], unique=False)
    op.create_index(op.f("ix_product_producer_id"), "product", ["producer_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("seen_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("idle_until", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("ends_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_sign_in_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_user_id"), "sign_in", ["user_id"], unique=False)
    op.create_table(
        "sign_in_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("browser_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("code_hmac", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_sign_in_code_tries_few")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_sign_in_code_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_code")),
    )
    op.create_index(op.f("ix_sign_in_code_browser_hash"), "sign_in_code", ["browser_hash"], unique=False)
    op.create_index(op.f("ix_sign_in_code_user_id"), "sign_in_code", ["user_id"], unique=False)
    op.create_table(
        "vehicle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("plate", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("depot_id", sa.Integer(), nullable=False),
        sa.Column("crates_hundredths", sa.Integer(), nullable=False),
        sa.Column("chilled_hundredths", sa.Integer(), nullable=False),
        sa.Column("works_from", sa.Time(), nullable=False),
        sa.Column("works_until", sa.Time(), nullable=False),
        sa.Column("cost_cents_per_km", sa.Integer(), nullable=False),
        sa.Column("speed_percent", sa.Integer(), nullable=False),
        sa.Column("driver_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "crates_hundredths >= 0 AND chilled_hundredths >= 0", name=op.f("ck_vehicle_capacity_not_negative")
        ),
        sa.CheckConstraint("works_from < works_until", name=op.f("ck_vehicle_hours_in_order")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_vehicle_depot_id_depot")),
        sa.ForeignKeyConstraint(["driver_id"], ["user.id"], name=op.f("fk_vehicle_driver_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle")),
        sa.UniqueConstraint("code", name=op.f("uq_vehicle_code")),
    )
    op.create_index(op.f("ix_vehicle_depot_id"), "vehicle", ["depot_id"], unique=False)
    op.create_table(
        "zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("depot_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_zone_depot_id_depot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sa.UniqueConstraint("name", name=op.f("uq_zone_name")),
    )
    op.create_index(op.f("ix_zone_depot_id"), "zone", ["depot_id"], unique=False)
    op.create_table(
        "delivery_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column("opens_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("cut_off_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("cut_off_local", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("grace_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "closed",
                "planned",
                "delivered",
                "settled",
                name="daystate_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("homes_served", sa.Boolean(), nullable=False),
        sa.Column("homes_from", sa.Time(), nullable=False),
        sa.Column("homes_until", sa.Time(), nullable=False),
        sa.Column("closed_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.Column("orders_at_closing", sa.Integer(), nullable=True),
        sa.Column("input_version", sa.Integer(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("planned_input_version", sa.Integer(), nullable=True),
        sa.Column("rounds_locked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("grace_minutes BETWEEN 0 AND 60", name=op.f("ck_delivery_day_grace_short")),
        sa.CheckConstraint("homes_from < homes_until", name=op.f("ck_delivery_day_home_hours_in_order")),
        sa.CheckConstraint("opens_at < cut_off_at", name=op.f("ck_delivery_day_opens_before_cut_off")),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_delivery_day_zone_id_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_day")),
        sa.UniqueConstraint("date", "zone_id", name=op.f("uq_delivery_day_date_zone_id")),
    )
    op.create_index(op.f("ix_delivery_day_cut_off_at"), "delivery_day", ["cut_off_at"], unique=False)
    op.create_index(op.f("ix_delivery_day_date"), "delivery_day", ["date"], unique=False)
    op.create_index(op.f("ix_delivery_day_zone_id"), "delivery_day", ["zone_id"], unique=False)
    op.create_table(
        "purchase_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint("price_cents > 0", name=op.f("ck_purchase_price_price_positive")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_purchase_price_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_price")),
    )
    op.create_index(op.f("ix_purchase_price_product_id"), "purchase_price", ["product_id"], unique=False)
    op.create_table(
        "relay_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("postcode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("commune", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column(
            "precision",
            sa.Enum(
                "hand",
                "housenumber",
                "street",
                "locality",
                "none",
                name="precision_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "café",
                "farm",
                "hotel",
                "day centre",
                "shop",
                "restaurant",
                "library",
                "town hall",
                "school",
                "other",
                name="relaykind_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("public_hours", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("van_hours", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("capacity_hundredths", sa.Integer(), nullable=False),
        sa.Column("chilled_capacity_hundredths", sa.Integer(), nullable=False),
        sa.Column("host_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("host_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("driver_instructions", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("wheelchair", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(lat IS NULL) = (lon IS NULL) AND (lat IS NULL) = (precision = 'none') AND (lat IS NULL OR (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180))",
            name=op.f("ck_relay_point_point_whole"),
        ),
        sa.CheckConstraint(
            "capacity_hundredths >= 0 AND chilled_capacity_hundredths >= 0",
            name=op.f("ck_relay_point_capacity_not_negative"),
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_relay_point_zone_id_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_point")),
        sa.UniqueConstraint("code", name=op.f("uq_relay_point_code")),
    )
    op.create_index(op.f("ix_relay_point_zone_id"), "relay_point", ["zone_id"], unique=False)
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("postcode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("commune", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column(
            "precision",
            sa.Enum(
                "hand",
                "housenumber",
                "street",
                "locality",
                "none",
                name="precision_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("card_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "person", "company", name="customerkind_known", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("last_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("first_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("company", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("siret", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("other_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("large_print", sa.Boolean(), nullable=False),
        sa.Column("paper_form_wanted", sa.Boolean(), nullable=False),
        sa.Column("preferred_relay_point_id", sa.Integer(), nullable=True),
        sa.Column("doorstep_notes", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("guest", sa.Boolean(), nullable=False),
        sa.Column("created_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(lat IS NULL) = (lon IS NULL) AND (lat IS NULL) = (precision = 'none') AND (lat IS NULL OR (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180))",
            name=op.f("ck_customer_point_whole"),
        ),
        sa.CheckConstraint("card_number ~ '^[0-9]{8}$'", name=op.f("ck_customer_card_number_digits")),
        sa.CheckConstraint("last_name <> '' OR company <> ''", name=op.f("ck_customer_name_given")),
        sa.ForeignKeyConstraint(
            ["preferred_relay_point_id"],
            ["relay_point.id"],
            name=op.f("fk_customer_preferred_relay_point_id_relay_point"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_customer_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("card_number", name=op.f("uq_customer_card_number")),
        sa.UniqueConstraint("user_id", name=op.f("uq_customer_user_id")),
    )
    op.create_index(
        "ix_customer_alike",
        "customer",
        ["name_key"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name_key": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_customer_guest", "customer", ["phone", "name_key"], unique=False, postgresql_where=sa.text("guest")
    )
    op.create_table(
        "day_relay_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("relay_point_id", sa.Integer(), nullable=False),
        sa.Column("capacity_hundredths", sa.Integer(), nullable=False),
        sa.Column("chilled_capacity_hundredths", sa.Integer(), nullable=False),
        sa.Column("taken_hundredths", sa.Integer(), nullable=False),
        sa.Column("chilled_taken_hundredths", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "chilled_taken_hundredths BETWEEN 0 AND chilled_capacity_hundredths",
            name=op.f("ck_day_relay_point_chilled_room_not_exceeded"),
        ),
        sa.CheckConstraint(
            "taken_hundredths BETWEEN 0 AND capacity_hundredths", name=op.f("ck_day_relay_point_room_not_exceeded")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"],
            ["delivery_day.id"],
            name=op.f("fk_day_relay_point_delivery_day_id_delivery_day"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["relay_point_id"], ["relay_point.id"], name=op.f("fk_day_relay_point_relay_point_id_relay_point")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_relay_point")),
        sa.UniqueConstraint(
            "delivery_day_id", "relay_point_id", name=op.f("uq_day_relay_point_delivery_day_id_relay_point_id")
        ),
    )
    op.create_index(op.f("ix_day_relay_point_relay_point_id"), "day_relay_point", ["relay_point_id"], unique=False)
    op.create_table(
        "day_travel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("network_digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("places", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("durations_s", sa.LargeBinary(), nullable=False),
        sa.Column("distances_m", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"],
            ["delivery_day.id"],
            name=op.f("fk_day_travel_delivery_day_id_delivery_day"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_travel")),
        sa.UniqueConstraint("delivery_day_id", name=op.f("uq_day_travel_delivery_day_id")),
    )
    op.create_table(
        "relay_closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("relay_point_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_relay_closure_days_in_order")),
        sa.ForeignKeyConstraint(
            ["relay_point_id"],
            ["relay_point.id"],
            name=op.f("fk_relay_closure_relay_point_id_relay_point"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_closure")),
    )
    op.create_index(op.f("ix_relay_closure_relay_point_id"), "relay_closure", ["relay_point_id"], unique=False)
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "locked",
                "under way",
                "done",
                name="roundstate_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("vehicle_id", sa.Integer(), nullable=False),
        sa.Column("driver_id", sa.Integer(), nullable=True),
        sa.Column("departure_s", sa.Integer(), nullable=False),
        sa.Column("return_s", sa.Integer(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("return_leg_duration_s", sa.Integer(), nullable=False),
        sa.Column("return_leg_distance_m", sa.Integer(), nullable=False),
        sa.Column("way", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("printed_version", sa.Integer(), nullable=True),
        sa.Column("printed_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.CheckConstraint("departure_s <= return_s", name=op.f("ck_round_hours_in_order")),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_round_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["driver_id"], ["user.id"], name=op.f("fk_round_driver_id_user")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.id"], name=op.f("fk_round_vehicle_id_vehicle")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint(
            "delivery_day_id", "number", "version", name=op.f("uq_round_delivery_day_id_number_version")
        ),
    )
    op.create_index(op.f("ix_round_delivery_day_id"), "round", ["delivery_day_id"], unique=False)
    op.create_index(op.f("ix_round_driver_id"), "round", ["driver_id"], unique=False)
    op.create_index(op.f("ix_round_vehicle_id"), "round", ["vehicle_id"], unique=False)
    op.create_index(
        "uq_round_current", "round", ["delivery_day_id", "number"], unique=True, postgresql_where=sa.text("current")
    )
    op.create_table(
        "round_build",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "building",
                "built",
                "failed",
                name="buildstate_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.Column("step", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("message", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_round_build_delivery_day_id_delivery_day")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_build")),
    )
    op.create_index(op.f("ix_round_build_delivery_day_id"), "round_build", ["delivery_day_id"], unique=False)
    op.create_index(
        "uq_round_build_running",
        "round_build",
        ["delivery_day_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'building')"),
    )
    op.create_table(
        "access_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_access_note_customer_id_customer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_note")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_access_note_customer_id")),
    )
    op.create_table(
        "contact_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_contact_person_customer_id_customer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_person")),
    )
    op.create_index(op.f("ix_contact_person_customer_id"), "contact_person", ["customer_id"], unique=False)
    op.create_table(
        "order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "web",
                "paper",
                "phone",
                "partner",
                name="source_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "placed",
                "confirmed",
                "prepared",
                "loaded",
                "at_relay",
                "collected",
                "delivered",
                "cancelled",
                "undelivered",
                "rescheduled",
                "returned",
                "given",
                name="orderstate_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("relay_point_id", sa.Integer(), nullable=True),
        sa.Column("home", sa.Boolean(), nullable=False),
        sa.Column("home_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("home_postcode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("home_commune", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("place_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("customer_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("public_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("received_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("placed_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("keyed_by", sa.Integer(), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("goods_cents", sa.Integer(), nullable=False),
        sa.Column("deposit_cents", sa.Integer(), nullable=False),
        sa.Column("vat", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("crates_hundredths", sa.Integer(), nullable=False),
        sa.Column("chilled_hundredths", sa.Integer(), nullable=False),
        sa.Column("to_decide", sa.Boolean(), nullable=False),
        sa.CheckConstraint("NOT home OR home_address <> ''", name=op.f("ck_order_home_has_address")),
        sa.CheckConstraint("(relay_point_id IS NULL) = home", name=op.f("ck_order_relay_point_or_home")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_order_customer_id_customer")),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_order_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["keyed_by"], ["user.id"], name=op.f("fk_order_keyed_by_user")),
        sa.ForeignKeyConstraint(["payer_id"], ["customer.id"], name=op.f("fk_order_payer_id_customer")),
        sa.ForeignKeyConstraint(["recipient_id"], ["customer.id"], name=op.f("fk_order_recipient_id_customer")),
        sa.ForeignKeyConstraint(
            ["relay_point_id"], ["relay_point.id"], name=op.f("fk_order_relay_point_id_relay_point")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
    )
    op.create_index(op.f("ix_order_customer_id"), "order", ["customer_id"], unique=False)
    op.create_index(op.f("ix_order_delivery_day_id"), "order", ["delivery_day_id"], unique=False)
    op.create_index(op.f("ix_order_payer_id"), "order", ["payer_id"], unique=False)
    op.create_index(op.f("ix_order_recipient_id"), "order", ["recipient_id"], unique=False)
    op.create_index(op.f("ix_order_relay_point_id"), "order", ["relay_point_id"], unique=False)
    op.create_index(
        "uq_order_open",
        "order",
        ["customer_id", "recipient_id", "delivery_day_id", sa.literal_column("coalesce(relay_point_id, 0)")],
        unique=True,
        postgresql_where=sa.text("state = 'placed'"),
    )
    op.create_table(
        "stop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "relay", "home", "farm", name="stopkind_known", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("relay_point_id", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("producer_id", sa.Integer(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("postcode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("commune", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("window_from_s", sa.Integer(), nullable=False),
        sa.Column("window_until_s", sa.Integer(), nullable=False),
        sa.Column("arrival_s", sa.Integer(), nullable=False),
        sa.Column("start_s", sa.Integer(), nullable=False),
        sa.Column("departure_s", sa.Integer(), nullable=False),
        sa.Column("promise_from_s", sa.Integer(), nullable=False),
        sa.Column("promise_until_s", sa.Integer(), nullable=False),
        sa.Column("leg_duration_s", sa.Integer(), nullable=False),
        sa.Column("leg_distance_m", sa.Integer(), nullable=False),
        sa.Column("crates_hundredths", sa.Integer(), nullable=False),
        sa.Column("chilled_hundredths", sa.Integer(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'relay') = (relay_point_id IS NOT NULL) AND (kind = 'farm') = (producer_id IS NOT NULL) AND (kind = 'home') = (customer_id IS NOT NULL)",
            name=op.f("ck_stop_place_of_its_kind"),
        ),
        sa.CheckConstraint("arrival_s <= start_s AND start_s <= departure_s", name=op.f("ck_stop_hours_in_order")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_stop_customer_id_customer")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_stop_producer_id_producer")),
        sa.ForeignKeyConstraint(
            ["relay_point_id"], ["relay_point.id"], name=op.f("fk_stop_relay_point_id_relay_point")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_stop_round_id_round"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop")),
        sa.UniqueConstraint("round_id", "position", name=op.f("uq_stop_round_id_position")),
    )
    op.create_index(op.f("ix_stop_customer_id"), "stop", ["customer_id"], unique=False)
    op.create_index(op.f("ix_stop_producer_id"), "stop", ["producer_id"], unique=False)
    op.create_index(op.f("ix_stop_relay_point_id"), "stop", ["relay_point_id"], unique=False)
    op.create_index(op.f("ix_stop_round_id"), "stop", ["round_id"], unique=False)
    op.create_table(
        "basket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("begun_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=True),
        sa.Column("relay_point_id", sa.Integer(), nullable=True),
        sa.Column("home", sa.Boolean(), nullable=False),
        sa.Column("guest_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("guest_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("guest_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("guest_postcode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("guest_commune", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("NOT (home AND relay_point_id IS NOT NULL)", name=op.f("ck_basket_relay_point_or_home")),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_basket_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_basket_order_id_order")),
        sa.ForeignKeyConstraint(
            ["relay_point_id"], ["relay_point.id"], name=op.f("fk_basket_relay_point_id_relay_point")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_basket_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket")),
        sa.UniqueConstraint("key", name=op.f("uq_basket_key")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_basket_token_hash")),
    )
    op.create_index(op.f("ix_basket_user_id"), "basket", ["user_id"], unique=False)
    op.create_table(
        "drop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_drop_order_id_order")),
        sa.ForeignKeyConstraint(["stop_id"], ["stop.id"], name=op.f("fk_drop_stop_id_stop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop")),
        sa.UniqueConstraint("stop_id", "order_id", name=op.f("uq_drop_stop_id_order_id")),
    )
    op.create_index(op.f("ix_drop_order_id"), "drop", ["order_id"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("prepared", sa.Integer(), nullable=True),
        sa.Column("delivered", sa.Integer(), nullable=True),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("priced_by_weight", sa.Boolean(), nullable=False),
        sa.Column("piece_weight_g", sa.Integer(), nullable=False),
        sa.Column("vat_rate_bp", sa.Integer(), nullable=False),
        sa.Column("deposit_cents", sa.Integer(), nullable=False),
        sa.Column("crates_hundredths", sa.Integer(), nullable=False),
        sa.Column(
            "temperature",
            sa.Enum(
                "ambient",
                "chilled",
                "frozen",
                name="temperature_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("ordered BETWEEN 1 AND 500", name=op.f("ck_order_line_ordered_sensible")),
        sa.CheckConstraint("prepared >= 0 AND delivered >= 0", name=op.f("ck_order_line_amounts_not_negative")),
        sa.CheckConstraint("reserved BETWEEN 0 AND ordered", name=op.f("ck_order_line_reserved_within_ordered")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_order_line_order_id_order"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_order_line_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint(
            "order_id", "product_id", "price_cents", name=op.f("uq_order_line_order_id_product_id_price_cents")
        ),
    )
    op.create_index(op.f("ix_order_line_product_id"), "order_line", ["product_id"], unique=False)
    op.create_table(
        "pick_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_pick_up_quantity_positive")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_pick_up_product_id_product")),
        sa.ForeignKeyConstraint(["stop_id"], ["stop.id"], name=op.f("fk_pick_up_stop_id_stop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_up")),
        sa.UniqueConstraint("stop_id", "product_id", name=op.f("uq_pick_up_stop_id_product_id")),
    )
    op.create_index(op.f("ix_pick_up_product_id"), "pick_up", ["product_id"], unique=False)
    op.create_table(
        "round_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_day_id", sa.Integer(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sentence", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_day_id"], ["delivery_day.id"], name=op.f("fk_round_exception_delivery_day_id_delivery_day")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_round_exception_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_exception")),
        sa.UniqueConstraint(
            "delivery_day_id",
            "plan_version",
            "order_id",
            name=op.f("uq_round_exception_delivery_day_id_plan_version_order_id"),
        ),
    )
    op.create_index(op.f("ix_round_exception_order_id"), "round_exception", ["order_id"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("at", meloko.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_submission_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("key", name=op.f("uq_submission_key")),
    )
    op.create_index(op.f("ix_submission_order_id"), "submission", ["order_id"], unique=False)
    op.create_table(
        "basket_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("basket_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 500", name=op.f("ck_basket_line_quantity_sensible")),
        sa.ForeignKeyConstraint(
            ["basket_id"], ["basket.id"], name=op.f("fk_basket_line_basket_id_basket"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_basket_line_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket_line")),
        sa.UniqueConstraint("basket_id", "product_id", name=op.f("uq_basket_line_basket_id_product_id")),
    )
    op.create_index(op.f("ix_basket_line_product_id"), "basket_line", ["product_id"], unique=False)
    op.execute(KEPT)


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_entry_kept ON audit_entry")
    op.execute("DROP FUNCTION keep_audit_entry()")
    op.drop_index(op.f("ix_basket_line_product_id"), table_name="basket_line")
    op.drop_table("basket_line")
    op.drop_index(op.f("ix_submission_order_id"), table_name="submission")
    op.drop_table("submission")
    op.drop_index(op.f("ix_round_exception_order_id"), table_name="round_exception")
    op.drop_table("round_exception")
    op.drop_index(op.f("ix_pick_up_product_id"), table_name="pick_up")
    op.drop_table("pick_up")
    op.drop_index(op.f("ix_order_line_product_id"), table_name="order_line")
    op.drop_table("order_line")
    op.drop_index(op.f("ix_drop_order_id"), table_name="drop")
    op.drop_table("drop")
    op.drop_index(op.f("ix_basket_user_id"), table_name="basket")
    op.drop_table("basket")
    op.drop_index(op.f("ix_stop_round_id"), table_name="stop")
    op.drop_index(op.f("ix_stop_relay_point_id"), table_name="stop")
    op.drop_index(op.f("ix_stop_producer_id"), table_name="stop")
    op.drop_index(op.f("ix_stop_customer_id"), table_name="stop")
    op.drop_table("stop")
    op.drop_index("uq_order_open", table_name="order", postgresql_where=sa.text("state = 'placed'"))
    op.drop_index(op.f("ix_order_relay_point_id"), table_name="order")
    op.drop_index(op.f("ix_order_recipient_id"), table_name="order")
    op.drop_index(op.f("ix_order_payer_id"), table_name="order")
    op.drop_index(op.f("ix_order_delivery_day_id"), table_name="order")
    op.drop_index(op.f("ix_order_customer_id"), table_name="order")
    op.drop_table("order")
    op.drop_index(op.f("ix_contact_person_customer_id"), table_name="contact_person")
    op.drop_table("contact_person")
    op.drop_table("access_note")
    op.drop_index(
        "uq_round_build_running", table_name="round_build", postgresql_where=sa.text("state IN ('asked', 'building')")
    )
    op.drop_index(op.f("ix_round_build_delivery_day_id"), table_name="round_build")
    op.drop_table("round_build")
    op.drop_index("uq_round_current", table_name="round", postgresql_where=sa.text("current"))
    op.drop_index(op.f("ix_round_vehicle_id"), table_name="round")
    op.drop_index(op.f("ix_round_driver_id"), table_name="round")
    op.drop_index(op.f("ix_round_delivery_day_id"), table_name="round")
    op.drop_table("round")
    op.drop_index(op.f("ix_relay_closure_relay_point_id"), table_name="relay_closure")
    op.drop_table("relay_closure")
    op.drop_table("day_travel")
    op.drop_index(op.f("ix_day_relay_point_relay_point_id"), table_name="day_relay_point")
    op.drop_table("day_relay_point")
    op.drop_index("ix_customer_guest", table_name="customer", postgresql_where=sa.text("guest"))
    op.drop_index(
        "ix_customer_alike", table_name="customer", postgresql_using="gin", postgresql_ops={"name_key": "gin_trgm_ops"}
    )
    op.drop_table("customer")
    op.drop_index(op.f("ix_relay_point_zone_id"), table_name="relay_point")
    op.drop_table("relay_point")
    op.drop_index(op.f("ix_purchase_price_product_id"), table_name="purchase_price")
    op.drop_table("purchase_price")
    op.drop_index(op.f("ix_delivery_day_zone_id"), table_name="delivery_day")
    op.drop_index(op.f("ix_delivery_day_date"), table_name="delivery_day")
    op.drop_index(op.f("ix_delivery_day_cut_off_at"), table_name="delivery_day")
    op.drop_table("delivery_day")
    op.drop_index(op.f("ix_zone_depot_id"), table_name="zone")
    op.drop_table("zone")
    op.drop_index(op.f("ix_vehicle_depot_id"), table_name="vehicle")
    op.drop_table("vehicle")
    op.drop_index(op.f("ix_sign_in_code_user_id"), table_name="sign_in_code")
    op.drop_index(op.f("ix_sign_in_code_browser_hash"), table_name="sign_in_code")
    op.drop_table("sign_in_code")
    op.drop_index(op.f("ix_sign_in_user_id"), table_name="sign_in")
    op.drop_table("sign_in")
    op.drop_index(op.f("ix_product_producer_id"), table_name="product")
    op.drop_index(op.f("ix_product_category_id"), table_name="product")
    op.drop_table("product")
    op.drop_table("drawn_map")
    op.drop_index("uq_user_email", table_name="user")
    op.drop_table("user")
    op.drop_index("ix_sign_in_attempt_counted_at", table_name="sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.drop_index("uq_road_network_active", table_name="road_network", postgresql_where=sa.text("active"))
    op.drop_table("road_network")
    op.drop_table("producer")
    op.drop_index("ix_outbox_waiting", table_name="outbox", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table("outbox")
    op.drop_table("organisation")
    op.drop_table("notice")
    op.drop_table("last_tick")
    op.drop_index("ix_known_address_commune", table_name="known_address")
    op.drop_index("ix_known_address_asked", table_name="known_address")
    op.drop_index(
        "ix_known_address_alike",
        table_name="known_address",
        postgresql_using="gin",
        postgresql_ops={"street_key": "gin_trgm_ops"},
    )
    op.drop_table("known_address")
    op.drop_table("geocoding_answer")
    op.drop_table("depot")
    op.drop_table("category")
    op.drop_index("ix_audit_entry_subject", table_name="audit_entry")
    op.drop_table("audit_entry")
