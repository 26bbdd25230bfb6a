"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.data.migrations.histories import refuse_change
from engine.data.types import Day, Instant

revision = "0001"
down_revision = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tier", sa.String()),
        sa.Column("segment", sa.String()),
        sa.Column("owner_email", sa.String()),
        sa.Column("sponsor_email", sa.String()),
        sa.Column("country", sa.String()),
        sa.Column("region", sa.String()),
        sa.Column("timezone", sa.String()),
        sa.Column("locale", sa.String()),
        sa.Column("annual_revenue", sa.Double()),
        sa.Column("currency", sa.String()),
        sa.Column("renewal_on", Day()),
        sa.Column("private_fields", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.Column("plan_on", Day()),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("key", name="uq_accounts_key"),
    )
    op.create_index("ix_accounts_annual_revenue", "accounts", ["annual_revenue"])
    op.create_index("ix_accounts_owner_email", "accounts", ["owner_email"])
    op.create_index("ix_accounts_plan_on", "accounts", ["plan_on"])
    op.create_table(
        "audit",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True)),
        sa.Column("after", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_table(
        "house",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_house"),
        sa.UniqueConstraint("name", name="uq_house_name"),
    )
    op.create_table(
        "leases",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_leases"),
        sa.UniqueConstraint("name", name="uq_leases_name"),
    )
    op.create_table("persons", sa.Column("id", Id, nullable=False), sa.PrimaryKeyConstraint("id", name="pk_persons"))
    op.create_table(
        "plan_runs",
        sa.Column("id", Id, nullable=False),
        sa.Column("on", Day(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant()),
        sa.Column("sentences", sa.JSON(), nullable=False),
        sa.Column("funnel", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan_runs"),
    )
    op.create_table(
        "settings",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("layer_key", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.CheckConstraint("layer IN ('house', 'tier', 'account', 'contact')", name=op.f("ck_settings_layer")),
        sa.PrimaryKeyConstraint("id", name="pk_settings"),
        sa.UniqueConstraint("name", "layer", "layer_key", name="uq_settings_name_layer_layer_key"),
    )
    op.create_table(
        "survey_versions",
        sa.Column("id", Id, nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_survey_versions"),
        sa.UniqueConstraint("survey", "digest", name="uq_survey_versions_survey_digest"),
        sa.UniqueConstraint("survey", "version", name="uq_survey_versions_survey_version"),
    )
    op.create_table(
        "teams",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
        sa.UniqueConstraint("name", name="uq_teams_name"),
    )
    op.create_table(
        "users",
        sa.Column("id", Id, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String()),
        sa.Column("email", sa.String()),
        sa.Column("email_key", sa.String()),
        sa.Column("phone", sa.String()),
        sa.Column("mobile_key", sa.String()),
        sa.Column("role", sa.String()),
        sa.Column("influence", sa.String()),
        sa.Column("locale", sa.String()),
        sa.Column("timezone", sa.String()),
        sa.Column("channels", sa.String()),
        sa.Column("preferred_channel", sa.String()),
        sa.Column("created_on", Day()),
        sa.Column("opted_out_on", Day()),
        sa.Column("paused_until", Day()),
        sa.Column("bounced_channels", sa.String()),
        sa.Column("wish_min_interval", sa.Integer()),
        sa.Column("wish_every_days", sa.Integer()),
        sa.Column("wish_occasions_off", sa.String()),
        sa.Column("wish_channel", sa.String()),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.CheckConstraint("wish_every_days > 0", name=op.f("ck_contacts_wish_every_days")),
        sa.CheckConstraint("wish_min_interval > 0", name=op.f("ck_contacts_wish_min_interval")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_contacts_account_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_contacts_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("account_id", "key", name="uq_contacts_account_id_key"),
    )
    op.create_index("ix_contacts_email_key", "contacts", ["email_key"])
    op.create_index("ix_contacts_key", "contacts", ["key"])
    op.create_index("ix_contacts_mobile_key", "contacts", ["mobile_key"])
    op.create_index("ix_contacts_person_id", "contacts", ["person_id"])
    op.create_table(
        "team_accounts",
        sa.Column("id", Id, nullable=False),
        sa.Column("team_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_team_accounts_account_id"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_team_accounts_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_team_accounts"),
        sa.UniqueConstraint("team_id", "account_id", name="uq_team_accounts_team_id_account_id"),
    )
    op.create_table(
        "team_users",
        sa.Column("id", Id, nullable=False),
        sa.Column("team_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.CheckConstraint("role IN ('lead', 'owner', 'member', 'viewer')", name=op.f("ck_team_users_role")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_team_users_team_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_team_users_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_team_users"),
        sa.UniqueConstraint("team_id", "user_id", name="uq_team_users_team_id_user_id"),
    )
    op.create_table(
        "decision_records",
        sa.Column("id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("on", Day(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("occasion", sa.String()),
        sa.Column("next_ask_on", Day()),
        sa.Column("says", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "decision IN ('ask', 'hold', 'no_reason', 'limited')", name=op.f("ck_decision_records_decision")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_decision_records_contact_id"),
        sa.ForeignKeyConstraint(["run_id"], ["plan_runs.id"], name="fk_decision_records_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decision_records"),
    )
    op.create_index("ix_decision_records_contact_id", "decision_records", ["contact_id"])
    op.create_table(
        "touchpoints",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("contact_id", Id),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("happened_at", Instant(), nullable=False),
        sa.Column("owner_email", sa.String()),
        sa.Column("note", sa.Text()),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_touchpoints_account_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_touchpoints_contact_id"),
        sa.PrimaryKeyConstraint("id", name="pk_touchpoints"),
    )
    op.create_index("ix_touchpoints_account_id", "touchpoints", ["account_id"])
    op.create_index("ix_touchpoints_contact_id", "touchpoints", ["contact_id"])
    op.create_index(
        "uq_touchpoints_identity",
        "touchpoints",
        ["account_id", sa.literal_column("coalesce(contact_id, 0)"), "kind", "happened_at"],
        unique=True,
    )
    op.create_table(
        "asks",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("survey", sa.String()),
        sa.Column("survey_version_id", Id),
        sa.Column("record_id", Id),
        sa.Column("channel", sa.String()),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("planned_on", Day()),
        sa.Column("send_at", Instant()),
        sa.Column("sent_at", Instant()),
        sa.Column("opened_at", Instant()),
        sa.Column("answered_at", Instant()),
        sa.Column("expires_at", Instant()),
        sa.Column("form", sa.JSON(none_as_null=True)),
        sa.Column("why_status", sa.String()),
        sa.CheckConstraint("origin IN ('heed', 'import')", name=op.f("ck_asks_origin")),
        sa.CheckConstraint(
            "sent_at IS NOT NULL OR status NOT IN ('sent', 'opened', 'started', 'answered')",
            name=op.f("ck_asks_sent_at"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'approved', 'sending', 'sent', 'opened', 'started', 'answered', 'expired', "
            "'declined', 'in_doubt', 'bounced', 'cancelled')",
            name=op.f("ck_asks_status"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_asks_account_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_asks_contact_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_asks_person_id"),
        sa.ForeignKeyConstraint(["record_id"], ["decision_records.id"], name="fk_asks_record_id"),
        sa.ForeignKeyConstraint(["survey_version_id"], ["survey_versions.id"], name="fk_asks_survey_version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_asks"),
    )
    op.create_index("ix_asks_account_id", "asks", ["account_id"])
    op.create_index("ix_asks_contact_id", "asks", ["contact_id"])
    op.create_index("ix_asks_due", "asks", ["status", "send_at"])
    op.create_index(
        "uq_asks_imported",
        "asks",
        ["contact_id", "sent_at"],
        unique=True,
        sqlite_where=sa.text("origin = 'import'"),
        postgresql_where=sa.text("origin = 'import'"),
    )
    op.create_index(
        "uq_asks_live_person",
        "asks",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text(
            "origin = 'heed' AND status IN ('planned', 'approved', 'sending', 'sent', 'opened', 'started', 'in_doubt')"
        ),
        postgresql_where=sa.text(
            "origin = 'heed' AND status IN ('planned', 'approved', 'sending', 'sent', 'opened', 'started', 'in_doubt')"
        ),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", Id, nullable=False),
        sa.Column("ask_id", Id, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("claimed_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant()),
        sa.Column("message_id", sa.String()),
        sa.Column("detail", sa.Text()),
        sa.CheckConstraint(
            "status IN ('claimed', 'sending', 'sent', 'refused', 'later', 'in_doubt')",
            name=op.f("ck_deliveries_status"),
        ),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_deliveries_ask_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("ask_id", "attempt", name="uq_deliveries_ask_id_attempt"),
    )
    op.create_table(
        "promises",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("contact_id", Id),
        sa.Column("ask_id", Id),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("said", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("owner_email", sa.String(), nullable=False),
        sa.Column("made_on", Day(), nullable=False),
        sa.Column("due_on", Day()),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("done_on", Day()),
        sa.Column("verdict", sa.String()),
        sa.CheckConstraint("status IN ('drafted', 'agreed', 'done', 'declined')", name=op.f("ck_promises_status")),
        sa.CheckConstraint(
            "owner_email <> '' AND owner_email = trim(owner_email)", name=op.f("ck_promises_owner_email")
        ),
        sa.CheckConstraint("verdict IN ('kept', 'disputed')", name=op.f("ck_promises_verdict")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_promises_account_id"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_promises_ask_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_promises_contact_id"),
        sa.PrimaryKeyConstraint("id", name="pk_promises"),
    )
    op.create_index("ix_promises_account_id", "promises", ["account_id"])
    op.create_index("ix_promises_contact_id", "promises", ["contact_id"])
    op.create_index("ix_promises_owner", "promises", [sa.text("lower(owner_email)"), "status", "made_on", "done_on"])
    op.create_index(
        "uq_promises_identity",
        "promises",
        ["account_id", sa.literal_column("coalesce(contact_id, 0)"), "title", "made_on"],
        unique=True,
    )
    op.create_table(
        "submissions",
        sa.Column("id", Id, nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("ask_id", Id, nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_submissions_ask_id"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        sa.UniqueConstraint("submission_id", name="uq_submissions_submission_id"),
    )
    op.create_index("ix_submissions_ask_id", "submissions", ["ask_id"])
    op.create_table(
        "answers",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("ask_id", Id),
        sa.Column("promise_id", Id),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=False),
        sa.Column("value", sa.String()),
        sa.Column("score", sa.Double()),
        sa.Column("text", sa.Text()),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_answers_account_id"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_answers_ask_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_answers_contact_id"),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name="fk_answers_promise_id"),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
    op.create_index("ix_answers_account_id", "answers", ["account_id"])
    op.create_index("ix_answers_ask_id", "answers", ["ask_id"])
    op.create_index("ix_answers_contact_id", "answers", ["contact_id"])
    op.create_index(
        "uq_answers_identity",
        "answers",
        ["contact_id", "survey", "question", "answered_at", sa.literal_column("coalesce(promise_id, 0)")],
        unique=True,
    )
    op.create_table(
        "promise_events",
        sa.Column("id", Id, nullable=False),
        sa.Column("promise_id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("due_on", Day()),
        sa.Column("reason", sa.Text()),
        sa.CheckConstraint(
            "step IN ('drafted', 'agreed', 'done', 'declined', 'kept', 'disputed', 'moved', 'handed_over', 'imported')",
            name=op.f("ck_promise_events_step"),
        ),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name="fk_promise_events_promise_id"),
        sa.PrimaryKeyConstraint("id", name="pk_promise_events"),
    )
    op.create_index("ix_promise_events_promise_id", "promise_events", ["promise_id"])
    op.create_table(
        "voices",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("contact_id", Id),
        sa.Column("answer_id", Id),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_voices_account_id"),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], name="fk_voices_answer_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_voices_contact_id"),
        sa.PrimaryKeyConstraint("id", name="pk_voices"),
    )
    op.create_index("ix_voices_account_id", "voices", ["account_id"])
    op.create_index("ix_voices_contact_id", "voices", ["contact_id"])
    for table in ("promise_events", "audit"):
        refuse_change(table)
