CREATE TABLE "experiment_counts" (
	"organization" text COLLATE "C" NOT NULL,
	"slot" smallint NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "experiment_counts_organization_slot_pk" PRIMARY KEY("organization","slot")
);

--> statement-breakpoint
CREATE FUNCTION "count_experiment"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	counted "experiments" := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
	change int := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
	INSERT INTO "experiment_counts" AS kept ("organization", "slot", "count")
	VALUES (counted."organization", hashtext(counted."id") & 15, change)
	ON CONFLICT ("organization", "slot") DO UPDATE SET "count" = kept."count" + change;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "experiments_count" AFTER INSERT OR DELETE ON "experiments" FOR EACH ROW EXECUTE FUNCTION "count_experiment"();
--> statement-breakpoint
INSERT INTO "experiment_counts" ("organization", "slot", "count")
SELECT "organization", hashtext("id") & 15, count(*) FROM "experiments" GROUP BY 1, 2;
