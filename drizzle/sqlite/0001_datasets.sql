CREATE TABLE `datasets` (
	`organization` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`organization`, `id`)
);
--> statement-breakpoint
ALTER TABLE `experiments` ADD `version` integer DEFAULT 1 NOT NULL;