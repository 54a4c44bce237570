CREATE TABLE `change_feed` (
	`name` text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `experiment_evaluators` (
	`organization` text NOT NULL,
	`evaluator_id` text NOT NULL,
	`experiment_id` text NOT NULL,
	PRIMARY KEY(`organization`, `evaluator_id`, `experiment_id`)
);
--> statement-breakpoint
CREATE INDEX `experiment_evaluators_by_experiment` ON `experiment_evaluators` (`organization`,`experiment_id`);
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`organization` text NOT NULL,
	`key` text NOT NULL,
	`digest` text NOT NULL,
	`experiment_id` text NOT NULL,
	`first_revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`organization`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_created` ON `idempotency_keys` (`created_at`);
--> statement-breakpoint
DROP INDEX `experiments_by_created`;
--> statement-breakpoint
DROP INDEX `experiments_by_updated`;
--> statement-breakpoint
DROP INDEX `experiments_by_name`;
--> statement-breakpoint
DROP INDEX `experiments_by_status`;
--> statement-breakpoint
DROP INDEX `experiments_by_status_created`;
--> statement-breakpoint
DROP INDEX `experiments_by_dataset_created`;
--> statement-breakpoint
ALTER TABLE `experiments` ADD `attempt` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `experiments` ADD `run_revision` integer;
--> statement-breakpoint
ALTER TABLE `experiments` ADD `lease_seconds` integer;
--> statement-breakpoint
ALTER TABLE `experiments` ADD `lease_expires_at` integer;
--> statement-breakpoint
ALTER TABLE `experiments` ADD `cloned_from_id` text;
--> statement-breakpoint
ALTER TABLE `experiments` ADD `cloned_from_revision` integer;
--> statement-breakpoint
ALTER TABLE `experiments` ADD `deleted_at` integer;
--> statement-breakpoint
ALTER TABLE `experiments` ADD `purge_at` integer;
--> statement-breakpoint
ALTER TABLE `experiments` ADD `changed` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
CREATE INDEX `experiments_by_lease` ON `experiments` (`organization`,`lease_expires_at`,`id`) WHERE lease_expires_at IS NOT NULL;
--> statement-breakpoint
CREATE INDEX `experiments_in_trash` ON `experiments` (`organization`,`created_at`,`id`) WHERE deleted_at IS NOT NULL;
--> statement-breakpoint
CREATE INDEX `experiments_by_purge` ON `experiments` (`purge_at`) WHERE purge_at IS NOT NULL;
--> statement-breakpoint
CREATE INDEX `experiments_by_change` ON `experiments` (`organization`,`changed`,`id`);
--> statement-breakpoint
CREATE INDEX `experiments_by_id` ON `experiments` (`organization`,`id`,`deleted_at`) WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX `experiments_by_created` ON `experiments` (`organization`,`created_at`,`id`,`deleted_at`) WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX `experiments_by_updated` ON `experiments` (`organization`,`updated_at`,`id`,`deleted_at`) WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX `experiments_by_name` ON `experiments` (`organization`,`name`,`id`,`deleted_at`) WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX `experiments_by_status` ON `experiments` (`organization`,`status`,`id`,`deleted_at`) WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX `experiments_by_status_created` ON `experiments` (`organization`,`status`,`created_at`,`id`,`deleted_at`) WHERE deleted_at IS NULL;
--> statement-breakpoint
CREATE INDEX `experiments_by_dataset_created` ON `experiments` (`organization`,`dataset_id`,`created_at`,`id`,`deleted_at`) WHERE dataset_id IS NOT NULL AND deleted_at IS NULL;
--> statement-breakpoint
ALTER TABLE `purged_experiments` ADD `changed` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
CREATE INDEX `purged_experiments_by_change` ON `purged_experiments` (`organization`,`changed`,`id`);
--> statement-breakpoint
INSERT INTO `change_feed` (`name`) VALUES (lower(hex(randomblob(8))));
--> statement-breakpoint
DROP TRIGGER `experiments_count_inserted`;
--> statement-breakpoint
DROP TRIGGER `experiments_count_deleted`;
--> statement-breakpoint
CREATE TRIGGER `experiments_count_inserted` AFTER INSERT ON `experiments` WHEN new.`deleted_at` IS NULL BEGIN
	INSERT INTO `experiment_counts` (`organization`, `count`) VALUES (new.`organization`, 1)
	ON CONFLICT (`organization`) DO UPDATE SET `count` = `count` + 1;
END;
--> statement-breakpoint
CREATE TRIGGER `experiments_count_deleted` AFTER DELETE ON `experiments` WHEN old.`deleted_at` IS NULL BEGIN
	UPDATE `experiment_counts` SET `count` = `count` - 1 WHERE `organization` = old.`organization`;
END;
--> statement-breakpoint
CREATE TRIGGER `experiments_count_moved` AFTER UPDATE OF `deleted_at` ON `experiments`
WHEN (old.`deleted_at` IS NULL) <> (new.`deleted_at` IS NULL) BEGIN
	UPDATE `experiment_counts` SET `count` = `count` + iif(new.`deleted_at` IS NULL, 1, -1)
	WHERE `organization` = new.`organization`;
END;
--> statement-breakpoint
INSERT OR IGNORE INTO `experiment_evaluators` (`organization`, `evaluator_id`, `experiment_id`)
SELECT `organization`, `value`, `experiments`.`id` FROM `experiments`, json_each(`evaluator_ids`);
--> statement-breakpoint
CREATE TRIGGER `experiment_evaluators_inserted` AFTER INSERT ON `experiments` WHEN new.`evaluator_ids` <> '[]' BEGIN
	INSERT OR IGNORE INTO `experiment_evaluators` (`organization`, `evaluator_id`, `experiment_id`)
	SELECT new.`organization`, `value`, new.`id` FROM json_each(new.`evaluator_ids`);
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_evaluators_updated` AFTER UPDATE OF `evaluator_ids` ON `experiments`
WHEN old.`evaluator_ids` <> new.`evaluator_ids` BEGIN
	DELETE FROM `experiment_evaluators` WHERE `organization` = old.`organization` AND `experiment_id` = old.`id`;
	INSERT OR IGNORE INTO `experiment_evaluators` (`organization`, `evaluator_id`, `experiment_id`)
	SELECT new.`organization`, `value`, new.`id` FROM json_each(new.`evaluator_ids`);
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_evaluators_deleted` AFTER DELETE ON `experiments` BEGIN
	DELETE FROM `experiment_evaluators` WHERE `organization` = old.`organization` AND `experiment_id` = old.`id`;
END;
