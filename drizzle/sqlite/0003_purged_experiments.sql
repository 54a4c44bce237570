CREATE TABLE `purged_experiments` (
	`organization` text NOT NULL,
	`id` text NOT NULL,
	`revision` integer NOT NULL,
	`version` integer NOT NULL,
	PRIMARY KEY(`organization`, `id`)
);
--> statement-breakpoint
ALTER TABLE `experiments` ADD `first_revision` integer DEFAULT 1 NOT NULL;