DELETE FROM `experiment_tags`;
