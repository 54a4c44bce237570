CREATE TABLE "purged_experiments" (
	"organization" text COLLATE "C" NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"revision" integer NOT NULL,
	"version" integer NOT NULL,
	CONSTRAINT "purged_experiments_organization_id_pk" PRIMARY KEY("organization","id")
);
--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "first_revision" integer DEFAULT 1 NOT NULL;
--> statement-breakpoint
CREATE FUNCTION "take_experiment_id"(of_organization text, of_id text) RETURNS TABLE ("revision" int, "version" int) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended(of_organization || '/' || of_id, 397346368));
	-- A statement of its own: it sees what was committed while the lock was waited for.
	RETURN QUERY SELECT coalesce(max(purged."revision"), 0), coalesce(max(purged."version"), 0)
		FROM "purged_experiments" AS purged WHERE purged."organization" = of_organization AND purged."id" = of_id;
END $$;
