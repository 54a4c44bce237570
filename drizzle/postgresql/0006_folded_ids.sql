ALTER TABLE "experiments" ADD COLUMN "folded_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "experiments" ADD COLUMN "folded_dataset_id" text COLLATE "C";