ALTER TABLE `experiments` ADD `folded_id` text;--> statement-breakpoint
ALTER TABLE `experiments` ADD `folded_dataset_id` text;