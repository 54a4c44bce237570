CREATE TABLE `experiment_counts` (
	`organization` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL
);

--> statement-breakpoint
INSERT INTO `experiment_counts` (`organization`, `count`) SELECT `organization`, count(*) FROM `experiments` GROUP BY `organization`;
--> statement-breakpoint
CREATE TRIGGER `experiments_count_inserted` AFTER INSERT ON `experiments` BEGIN
	INSERT INTO `experiment_counts` (`organization`, `count`) VALUES (new.`organization`, 1)
	ON CONFLICT (`organization`) DO UPDATE SET `count` = `count` + 1;
END;
--> statement-breakpoint
CREATE TRIGGER `experiments_count_deleted` AFTER DELETE ON `experiments` BEGIN
	UPDATE `experiment_counts` SET `count` = `count` - 1 WHERE `organization` = old.`organization`;
END;
