CREATE TABLE "change_feed" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "experiment_evaluators" (
	"organization" text COLLATE "C" NOT NULL,
	"evaluator_id" text COLLATE "C" NOT NULL,
	"experiment_id" text COLLATE "C" NOT NULL,
	CONSTRAINT "experiment_evaluators_organization_evaluator_id_experiment_id_pk" PRIMARY KEY("organization","evaluator_id","experiment_id")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"organization" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"digest" text COLLATE "C" NOT NULL,
	"experiment_id" text COLLATE "C" NOT NULL,
	"first_revision" integer NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "idempotency_keys_organization_key_pk" PRIMARY KEY("organization","key")
);
--> statement-breakpoint
DROP INDEX "experiments_by_created";
--> statement-breakpoint
DROP INDEX "experiments_by_updated";
--> statement-breakpoint
DROP INDEX "experiments_by_name";
--> statement-breakpoint
DROP INDEX "experiments_by_status";
--> statement-breakpoint
DROP INDEX "experiments_by_status_created";
--> statement-breakpoint
DROP INDEX "experiments_by_dataset_created";
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "attempt" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "run_revision" integer;
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "lease_seconds" integer;
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "lease_expires_at" bigint;
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "cloned_from_id" text COLLATE "C";
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "cloned_from_revision" integer;
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "deleted_at" bigint;
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "purge_at" bigint;
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "changed" bigint DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "purged_experiments" ADD COLUMN "changed" bigint DEFAULT 0 NOT NULL;
--> statement-breakpoint
CREATE INDEX "experiment_evaluators_by_experiment" ON "experiment_evaluators" USING btree ("organization","experiment_id");
--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_created" ON "idempotency_keys" USING btree ("created_at");
--> statement-breakpoint
CREATE INDEX "experiments_by_lease" ON "experiments" USING btree ("organization","lease_expires_at","id") WHERE lease_expires_at IS NOT NULL;
--> statement-breakpoint
CREATE INDEX "experiments_in_trash" ON "experiments" USING btree ("organization","created_at","id") WHERE deleted_at IS NOT NULL;
--> statement-breakpoint
CREATE INDEX "experiments_by_purge" ON "experiments" USING btree ("purge_at") WHERE purge_at IS NOT NULL;
--> statement-breakpoint
CREATE INDEX "experiments_by_change" ON "experiments" USING btree ("organization","changed","id");
--> statement-breakpoint
CREATE INDEX "purged_experiments_by_change" ON "purged_experiments" USING btree ("organization","changed","id");
--> statement-breakpoint
CREATE INDEX "experiments_by_created" ON "experiments" USING btree ("organization","created_at","id") WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX "experiments_by_updated" ON "experiments" USING btree ("organization","updated_at","id") WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX "experiments_by_name" ON "experiments" USING btree ("organization","name","id") WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX "experiments_by_status" ON "experiments" USING btree ("organization","status","id") WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX "experiments_by_status_created" ON "experiments" USING btree ("organization","status","created_at","id") WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX "experiments_by_dataset_created" ON "experiments" USING btree ("organization","dataset_id","created_at","id") WHERE dataset_id IS NOT NULL AND deleted_at IS NULL;
--> statement-breakpoint
INSERT INTO "change_feed" ("name") VALUES (replace(gen_random_uuid()::text, '-', ''));
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "count_experiment"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	counted "experiments" := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
	change int := 0;
BEGIN
	IF TG_OP <> 'DELETE' AND NEW."deleted_at" IS NULL THEN change := change + 1; END IF;
	IF TG_OP <> 'INSERT' AND OLD."deleted_at" IS NULL THEN change := change - 1; END IF;
	IF change <> 0 THEN
		INSERT INTO "experiment_counts" AS kept ("organization", "slot", "count")
		VALUES (counted."organization", hashtext(counted."id") & 15, change)
		ON CONFLICT ("organization", "slot") DO UPDATE SET "count" = kept."count" + change;
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "experiments_count_moved" AFTER UPDATE OF "deleted_at" ON "experiments" FOR EACH ROW EXECUTE FUNCTION "count_experiment"();
--> statement-breakpoint
CREATE FUNCTION "index_experiment_evaluators"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		DELETE FROM "experiment_evaluators" WHERE "organization" = OLD."organization" AND "experiment_id" = OLD."id";
	END IF;
	IF TG_OP <> 'DELETE' THEN
		INSERT INTO "experiment_evaluators" ("organization", "evaluator_id", "experiment_id")
		SELECT NEW."organization", evaluator."id", NEW."id"
		FROM json_array_elements_text(NEW."evaluator_ids"::json) AS evaluator ("id") ON CONFLICT DO NOTHING;
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
INSERT INTO "experiment_evaluators" ("organization", "evaluator_id", "experiment_id")
SELECT "organization", evaluator."id", "experiments"."id"
FROM "experiments", json_array_elements_text("evaluator_ids"::json) AS evaluator ("id") ON CONFLICT DO NOTHING;
--> statement-breakpoint
CREATE TRIGGER "experiment_evaluators_inserted" AFTER INSERT ON "experiments" FOR EACH ROW
WHEN (NEW."evaluator_ids" <> '[]') EXECUTE FUNCTION "index_experiment_evaluators"();
--> statement-breakpoint
CREATE TRIGGER "experiment_evaluators_updated" AFTER UPDATE OF "evaluator_ids" ON "experiments" FOR EACH ROW
WHEN (OLD."evaluator_ids" <> NEW."evaluator_ids") EXECUTE FUNCTION "index_experiment_evaluators"();
--> statement-breakpoint
CREATE TRIGGER "experiment_evaluators_deleted" AFTER DELETE ON "experiments" FOR EACH ROW
WHEN (OLD."evaluator_ids" <> '[]') EXECUTE FUNCTION "index_experiment_evaluators"();
