CREATE TABLE "api_keys" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"organization" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C",
	"scopes" text NOT NULL,
	"prefix" text COLLATE "C" NOT NULL,
	"hash" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"last_used_at" bigint,
	"revoked_at" bigint
);
--> statement-breakpoint
CREATE TABLE "datasets" (
	"organization" text COLLATE "C" NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	CONSTRAINT "datasets_organization_id_pk" PRIMARY KEY("organization","id")
);
--> statement-breakpoint
CREATE TABLE "experiment_revisions" (
	"organization" text COLLATE "C" NOT NULL,
	"experiment_id" text COLLATE "C" NOT NULL,
	"revision" integer NOT NULL,
	"created_at" bigint NOT NULL,
	"author_kind" text COLLATE "C" NOT NULL,
	"author_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C",
	"dataset_id" text COLLATE "C",
	"workflow" text COLLATE "C" NOT NULL,
	"evaluator_ids" text COLLATE "C" NOT NULL,
	"evaluator_workflow_ids" text COLLATE "C" NOT NULL,
	"span_workflow_name" text COLLATE "C" NOT NULL,
	"enable_tracing" boolean NOT NULL,
	"batch_size" integer NOT NULL,
	"concurrency" integer NOT NULL,
	"generation_method" text COLLATE "C",
	"tags" text COLLATE "C" NOT NULL,
	CONSTRAINT "experiment_revisions_organization_experiment_id_revision_pk" PRIMARY KEY("organization","experiment_id","revision")
);
--> statement-breakpoint
CREATE TABLE "experiment_tags" (
	"organization" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"value" text COLLATE "C" NOT NULL,
	"experiment_id" text COLLATE "C" NOT NULL,
	CONSTRAINT "experiment_tags_organization_key_value_experiment_id_pk" PRIMARY KEY("organization","key","value","experiment_id")
);
--> statement-breakpoint
CREATE TABLE "experiments" (
	"organization" text COLLATE "C" NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C",
	"dataset_id" text COLLATE "C",
	"workflow" text COLLATE "C" NOT NULL,
	"evaluator_ids" text COLLATE "C" NOT NULL,
	"evaluator_workflow_ids" text COLLATE "C" NOT NULL,
	"span_workflow_name" text COLLATE "C" NOT NULL,
	"enable_tracing" boolean NOT NULL,
	"batch_size" integer NOT NULL,
	"concurrency" integer NOT NULL,
	"generation_method" text COLLATE "C",
	"tags" text COLLATE "C" NOT NULL,
	"folded_name" text COLLATE "C" NOT NULL,
	"workflow_count" integer NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"progress" double precision NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"started_at" bigint,
	"completed_at" bigint,
	"error_message" text COLLATE "C",
	"revision" integer NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "experiments_organization_id_pk" PRIMARY KEY("organization","id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_by_hash" ON "api_keys" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "experiment_tags_by_experiment" ON "experiment_tags" USING btree ("organization","experiment_id");--> statement-breakpoint
CREATE INDEX "experiments_by_created" ON "experiments" USING btree ("organization","created_at","id");--> statement-breakpoint
CREATE INDEX "experiments_by_updated" ON "experiments" USING btree ("organization","updated_at","id");--> statement-breakpoint
CREATE INDEX "experiments_by_name" ON "experiments" USING btree ("organization","name","id");--> statement-breakpoint
CREATE INDEX "experiments_by_status" ON "experiments" USING btree ("organization","status","id");--> statement-breakpoint
CREATE INDEX "experiments_by_status_created" ON "experiments" USING btree ("organization","status","created_at","id");--> statement-breakpoint
CREATE INDEX "experiments_by_dataset_created" ON "experiments" USING btree ("organization","dataset_id","created_at","id") WHERE dataset_id IS NOT NULL;