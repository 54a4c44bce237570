CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`organization` text NOT NULL,
	`name` text,
	`scopes` text NOT NULL,
	`prefix` text NOT NULL,
	`hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_by_hash` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `experiment_revisions` (
	`organization` text NOT NULL,
	`experiment_id` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`author_kind` text NOT NULL,
	`author_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`dataset_id` text,
	`workflow` text NOT NULL,
	`evaluator_ids` text NOT NULL,
	`evaluator_workflow_ids` text NOT NULL,
	`span_workflow_name` text NOT NULL,
	`enable_tracing` integer NOT NULL,
	`batch_size` integer NOT NULL,
	`concurrency` integer NOT NULL,
	`generation_method` text,
	`tags` text NOT NULL,
	PRIMARY KEY(`organization`, `experiment_id`, `revision`)
);
--> statement-breakpoint
CREATE TABLE `experiment_tags` (
	`organization` text NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	`experiment_id` text NOT NULL,
	PRIMARY KEY(`organization`, `key`, `value`, `experiment_id`)
);
--> statement-breakpoint
CREATE INDEX `experiment_tags_by_experiment` ON `experiment_tags` (`organization`,`experiment_id`);--> statement-breakpoint
CREATE TABLE `experiments` (
	`organization` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`dataset_id` text,
	`workflow` text NOT NULL,
	`evaluator_ids` text NOT NULL,
	`evaluator_workflow_ids` text NOT NULL,
	`span_workflow_name` text NOT NULL,
	`enable_tracing` integer NOT NULL,
	`batch_size` integer NOT NULL,
	`concurrency` integer NOT NULL,
	`generation_method` text,
	`tags` text NOT NULL,
	`folded_name` text NOT NULL,
	`workflow_count` integer NOT NULL,
	`status` text NOT NULL,
	`progress` real NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`started_at` integer,
	`completed_at` integer,
	`error_message` text,
	`revision` integer NOT NULL,
	PRIMARY KEY(`organization`, `id`)
);
--> statement-breakpoint
CREATE INDEX `experiments_by_created` ON `experiments` (`organization`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `experiments_by_updated` ON `experiments` (`organization`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `experiments_by_name` ON `experiments` (`organization`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `experiments_by_status` ON `experiments` (`organization`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `experiments_by_status_created` ON `experiments` (`organization`,`status`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `experiments_by_dataset_created` ON `experiments` (`organization`,`dataset_id`,`created_at`,`id`) WHERE dataset_id IS NOT NULL;