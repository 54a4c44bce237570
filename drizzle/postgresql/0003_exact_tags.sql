TRUNCATE "experiment_tags";
