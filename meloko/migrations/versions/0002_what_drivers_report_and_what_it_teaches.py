"""What drivers report, what it teaches, whose a vehicle is, and what a plan was made with."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import meloko.db
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STRING = sqlmodel.sql.sqltypes.AutoString
EMPTY = sa.text("'{}'::jsonb")


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    _vehicles_and_zones()
    _reports()
    _learning()
    _builds()


def _vehicles_and_zones() -> None:
    op.add_column("zone", sa.Column("familiarity", sa.Integer(), nullable=False, server_default="50"))
    op.alter_column("zone", "familiarity", server_default=None)
    op.create_check_constraint(op.f("ck_zone_familiarity_in_percent"), "zone", "familiarity BETWEEN 0 AND 100")
    kind = _one_of("vehiclekind_known", "van", "volunteer car")
    op.add_column("vehicle", sa.Column("kind", kind, nullable=False, server_default="van"))
    op.alter_column("vehicle", "kind", server_default=None)
    op.create_table(
        "vehicle_zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vehicle_id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicle.id"], name=op.f("fk_vehicle_zone_vehicle_id_vehicle"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_vehicle_zone_zone_id_zone"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle_zone")),
        sa.UniqueConstraint("vehicle_id", "zone_id", name=op.f("uq_vehicle_zone_vehicle_id_zone_id")),
    )
    op.create_index(op.f("ix_vehicle_zone_zone_id"), "vehicle_zone", ["zone_id"], unique=False)


def _reports() -> None:
    op.add_column("round", sa.Column("reported_departure_s", sa.Integer(), nullable=True))
    op.add_column("round", sa.Column("reported_return_s", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_round_reported_hours_in_order"), "round", "reported_departure_s <= reported_return_s")
    for table, column in (("round", "return_leg_classes"), ("stop", "leg_classes")):
        op.add_column(table, sa.Column(column, postgresql.JSONB(), nullable=False, server_default=EMPTY))
        op.alter_column(table, column, server_default=None)
    op.create_table(
        "stop_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("arrival_s", sa.Integer(), nullable=True),
        sa.Column("departure_s", sa.Integer(), nullable=True),
        sa.Column("reported_by", sa.Integer(), nullable=False),
        sa.Column("reported_at", meloko.db.Moment(timezone=True), nullable=False),
        sa.CheckConstraint("arrival_s <= departure_s", name=op.f("ck_stop_report_hours_in_order")),
        sa.CheckConstraint("arrival_s >= 0 AND departure_s >= 0", name=op.f("ck_stop_report_hours_not_negative")),
        sa.ForeignKeyConstraint(["reported_by"], ["user.id"], name=op.f("fk_stop_report_reported_by_user")),
        sa.ForeignKeyConstraint(["stop_id"], ["stop.id"], name=op.f("fk_stop_report_stop_id_stop"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_report")),
        sa.UniqueConstraint("stop_id", name=op.f("uq_stop_report_stop_id")),
    )


def _learning() -> None:
    op.create_table(
        "learning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("learnt_at", meloko.db.Moment(timezone=True), nullable=True),
        sa.Column("legs", sa.Integer(), nullable=False),
        sa.Column("stops", sa.Integer(), nullable=False),
        sa.Column("pace_spread", sa.Integer(), nullable=True),
        sa.Column("leg_spread", sa.Integer(), nullable=True),
        sa.Column("stop_spread", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning")),
        sa.UniqueConstraint("on_day", name=op.f("uq_learning_on_day")),
    )
    op.create_table(
        "speed_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learning_id", sa.Integer(), nullable=False),
        sa.Column("road_class", STRING(), nullable=False),
        sa.Column("from_hour", sa.Integer(), nullable=False),
        sa.Column("until_hour", sa.Integer(), nullable=False),
        sa.Column("ppm", sa.Integer(), nullable=False),
        sa.Column("legs", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_hour < until_hour", name=op.f("ck_speed_factor_hours_in_order")),
        sa.CheckConstraint("ppm > 0", name=op.f("ck_speed_factor_ppm_positive")),
        sa.ForeignKeyConstraint(
            ["learning_id"], ["learning.id"], name=op.f("fk_speed_factor_learning_id_learning"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speed_factor")),
        sa.UniqueConstraint("learning_id", "road_class", "from_hour", name=op.f("uq_speed_factor_learning_id_road_class_from_hour")),
    )
    op.create_table(
        "stop_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learning_id", sa.Integer(), nullable=False),
        sa.Column("kind", _one_of("stopkind_known", "relay", "home", "farm"), nullable=False),
        sa.Column("base_s", sa.Integer(), nullable=False),
        sa.Column("per_crate_s", sa.Integer(), nullable=False),
        sa.Column("spread", sa.Integer(), nullable=False),
        sa.Column("stops", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["learning_id"], ["learning.id"], name=op.f("fk_stop_time_learning_id_learning"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_time")),
        sa.UniqueConstraint("learning_id", "kind", name=op.f("uq_stop_time_learning_id_kind")),
    )


def _builds() -> None:
    for name in ("anew", "stop_asked", "stopped_early"):
        op.add_column("round_build", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        op.alter_column("round_build", name, server_default=None)
    op.add_column("round_build", sa.Column("engine_version", STRING(), nullable=False, server_default=""))
    op.alter_column("round_build", "engine_version", server_default=None)
    op.add_column("round_build", sa.Column("weights", postgresql.JSONB(), nullable=False, server_default=EMPTY))
    op.alter_column("round_build", "weights", server_default=None)
    for name in (
        "seed", "iterations", "learning_id", "familiarity",
        "distance_m", "duration_s", "cheapest_distance_m", "cheapest_duration_s",
    ):  # fmt: skip
        op.add_column("round_build", sa.Column(name, sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_round_build_learning_id_learning"), "round_build", "learning", ["learning_id"], ["id"]
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_round_build_learning_id_learning"), "round_build", type_="foreignkey")
    for name in (
        "anew", "stop_asked", "stopped_early", "engine_version", "weights", "seed", "iterations", "learning_id",
        "familiarity", "distance_m", "duration_s", "cheapest_distance_m", "cheapest_duration_s",
    ):  # fmt: skip
        op.drop_column("round_build", name)
    for table in ("stop_time", "speed_factor", "learning", "stop_report", "vehicle_zone"):
        op.drop_table(table)
    op.drop_column("stop", "leg_classes")
    for name in ("return_leg_classes", "reported_return_s", "reported_departure_s"):
        op.drop_column("round", name)
    op.drop_column("vehicle", "kind")
    op.drop_column("zone", "familiarity")
