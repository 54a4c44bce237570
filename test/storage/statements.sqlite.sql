-- insert an experiment
BEGIN IMMEDIATE;
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and "experiments"."id" = ?);
select "revision", "version" from "purged_experiments" where ("purged_experiments"."organization" = ? and "purged_experiments"."id" = ?);
select "changed" from "experiments" where "experiments"."organization" = ? order by "experiments"."changed" desc limit ?;
select "changed" from "purged_experiments" where "purged_experiments"."organization" = ? order by "purged_experiments"."changed" desc limit ?;
insert into "experiments" ("organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
insert into "experiment_tags" ("organization", "key", "value", "experiment_id") values (?, ?, ?, ?) on conflict do nothing;
insert into "experiment_revisions" ("organization", "experiment_id", "revision", "created_at", "author_kind", "author_id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags") select "organization", "id", "revision", "updated_at", ? as "author_kind", ? as "author_id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags" from "experiments" where ("experiments"."organization" = ? and "experiments"."id" = ?);
COMMIT;

-- replace its content, but not its name and dataset
update "experiments" set "description" = ?, "workflow" = ?, "evaluator_ids" = ?, "evaluator_workflow_ids" = ?, "span_workflow_name" = ?, "enable_tracing" = ?, "batch_size" = ?, "concurrency" = ?, "generation_method" = ?, "tags" = ?, "folded_name" = ?, "folded_dataset_id" = ?, "workflow_count" = ?, "updated_at" = ?, "revision" = ?, "version" = ?, "changed" = ? where ("experiments"."organization" = ? and "experiments"."id" = ?);

-- replace its name
update "experiments" set "name" = ?, "description" = ?, "workflow" = ?, "evaluator_ids" = ?, "evaluator_workflow_ids" = ?, "span_workflow_name" = ?, "enable_tracing" = ?, "batch_size" = ?, "concurrency" = ?, "generation_method" = ?, "tags" = ?, "folded_name" = ?, "folded_dataset_id" = ?, "workflow_count" = ?, "updated_at" = ?, "revision" = ?, "version" = ?, "changed" = ? where ("experiments"."organization" = ? and "experiments"."id" = ?);

-- replace its dataset
update "experiments" set "description" = ?, "dataset_id" = ?, "workflow" = ?, "evaluator_ids" = ?, "evaluator_workflow_ids" = ?, "span_workflow_name" = ?, "enable_tracing" = ?, "batch_size" = ?, "concurrency" = ?, "generation_method" = ?, "tags" = ?, "folded_name" = ?, "folded_dataset_id" = ?, "workflow_count" = ?, "updated_at" = ?, "revision" = ?, "version" = ?, "changed" = ? where ("experiments"."organization" = ? and "experiments"."id" = ?);

-- replace its name and dataset
update "experiments" set "name" = ?, "description" = ?, "dataset_id" = ?, "workflow" = ?, "evaluator_ids" = ?, "evaluator_workflow_ids" = ?, "span_workflow_name" = ?, "enable_tracing" = ?, "batch_size" = ?, "concurrency" = ?, "generation_method" = ?, "tags" = ?, "folded_name" = ?, "folded_dataset_id" = ?, "workflow_count" = ?, "updated_at" = ?, "revision" = ?, "version" = ?, "changed" = ? where ("experiments"."organization" = ? and "experiments"."id" = ?);

-- replace its tags
delete from "experiment_tags" where ("experiment_tags"."organization" = ? and "experiment_tags"."experiment_id" = ?);

-- take a step of its run
update "experiments" set "status" = ?, "progress" = ?, "updated_at" = ?, "started_at" = ?, "completed_at" = ?, "error_message" = ?, "version" = ?, "attempt" = ?, "run_revision" = ?, "lease_seconds" = ?, "changed" = ? where ("experiments"."organization" = ? and "experiments"."id" = ?);

-- report its progress
update "experiments" set "progress" = ?, "updated_at" = ?, "started_at" = ?, "completed_at" = ?, "error_message" = ?, "version" = ?, "attempt" = ?, "run_revision" = ?, "lease_seconds" = ?, "changed" = ? where ("experiments"."organization" = ? and "experiments"."id" = ?);

-- a page of experiments
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and "experiments"."deleted_at" is null) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page by CREATED_AT, ascending
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and "experiments"."deleted_at" is null) order by "experiments"."created_at" asc, "experiments"."id" asc limit ?;

-- a page by UPDATED_AT, ascending
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and "experiments"."deleted_at" is null) order by "experiments"."updated_at" asc, "experiments"."id" asc limit ?;

-- a page by NAME, ascending
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and "experiments"."deleted_at" is null) order by "experiments"."name" asc, "experiments"."id" asc limit ?;

-- a page by STATUS, ascending
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and "experiments"."deleted_at" is null) order by "experiments"."status" asc, "experiments"."id" asc limit ?;

-- a page after a cursor
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."created_at", "experiments"."id") < (?, ?) and "experiments"."deleted_at" is null) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page after 20 entries
select "experiments"."organization", "experiments"."id", "experiments"."name", "experiments"."description", "experiments"."dataset_id", "experiments"."workflow", "experiments"."evaluator_ids", "experiments"."evaluator_workflow_ids", "experiments"."span_workflow_name", "experiments"."enable_tracing", "experiments"."batch_size", "experiments"."concurrency", "experiments"."generation_method", "experiments"."tags", "experiments"."workflow_count", "experiments"."status", "experiments"."progress", "experiments"."created_at", "experiments"."updated_at", "experiments"."started_at", "experiments"."completed_at", "experiments"."error_message", "experiments"."revision", "experiments"."first_revision", "experiments"."version", "experiments"."attempt", "experiments"."run_revision", "experiments"."lease_seconds", "experiments"."lease_expires_at", "experiments"."cloned_from_id", "experiments"."cloned_from_revision", "experiments"."deleted_at", "experiments"."purge_at" from (select "id" from "experiments" where ("experiments"."organization" = ? and "experiments"."deleted_at" is null) order by "experiments"."created_at" desc, "experiments"."id" desc limit ? offset ?) "found" cross join "experiments" where ("experiments"."organization" = ? and "experiments"."id" = "found"."id");

-- a page by dataset
select "experiments"."organization", "experiments"."id", "experiments"."name", "experiments"."description", "experiments"."dataset_id", "experiments"."workflow", "experiments"."evaluator_ids", "experiments"."evaluator_workflow_ids", "experiments"."span_workflow_name", "experiments"."enable_tracing", "experiments"."batch_size", "experiments"."concurrency", "experiments"."generation_method", "experiments"."tags", "experiments"."workflow_count", "experiments"."status", "experiments"."progress", "experiments"."created_at", "experiments"."updated_at", "experiments"."started_at", "experiments"."completed_at", "experiments"."error_message", "experiments"."revision", "experiments"."first_revision", "experiments"."version", "experiments"."attempt", "experiments"."run_revision", "experiments"."lease_seconds", "experiments"."lease_expires_at", "experiments"."cloned_from_id", "experiments"."cloned_from_revision", "experiments"."deleted_at", "experiments"."purge_at" from (select "id" from "experiments" where ("experiments"."organization" = ? and "experiments"."deleted_at" is null) order by coalesce("experiments"."dataset_id", '') asc, "experiments"."id" asc limit ? offset ?) "found" cross join "experiments" where ("experiments"."organization" = ? and "experiments"."id" = "found"."id");

-- the last page before a cursor
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."created_at", "experiments"."id") > (?, ?) and "experiments"."deleted_at" is null) order by "experiments"."created_at" asc, "experiments"."id" asc limit ?;

-- a page where {"status":["RUNNING"]}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."status" = ?)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"status":["RUNNING","FAILED"]}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and ("experiments"."status" = ? or "experiments"."status" = ?))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"datasetId":"d"}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."dataset_id" = ?)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"nameContains":"n"}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and instr("experiments"."folded_name", ?) > 0)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"tag":{"key":"team"}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."id" in (select "experiment_tags"."experiment_id" from "experiment_tags" where ("experiment_tags"."organization" = ? and "experiment_tags"."key" = ?)))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"tag":{"key":"team","value":"search"}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."id" in (select "experiment_tags"."experiment_id" from "experiment_tags" where ("experiment_tags"."organization" = ? and "experiment_tags"."key" = ? and "experiment_tags"."value" = ?)))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"createdFrom":"1970-01-01T00:00:00.007Z","createdBefore":"1970-01-01T00:00:00.007Z"}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and ("experiments"."created_at" >= ? and "experiments"."created_at" < ?))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"updatedFrom":"1970-01-01T00:00:00.007Z","updatedBefore":"1970-01-01T00:00:00.007Z"}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and ("experiments"."updated_at" >= ? and "experiments"."updated_at" < ?))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"and":[{"datasetId":"d"},{"nameContains":"n"}]}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and ("experiments"."dataset_id" = ? and instr("experiments"."folded_name", ?) > 0))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"or":[{"datasetId":"d"},{"nameContains":"n"}]}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and ("experiments"."dataset_id" = ? or instr("experiments"."folded_name", ?) > 0))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"not":{"datasetId":"d"}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and not coalesce("experiments"."dataset_id" = ?, false))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"iexact","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and coalesce("experiments"."folded_id", upper("experiments"."id")) in (?))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"contains","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and instr("experiments"."id", ?) > 0)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"icontains","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and instr(coalesce("experiments"."folded_id", upper("experiments"."id")), ?) > 0)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"startswith","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and substr("experiments"."id", 1, length(?)) = ?)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"endswith","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and substr("experiments"."id", length("experiments"."id") - length(?) + 1) = ?)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"in","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."id" in (?))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"gt","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."id" > ?)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"gte","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."id" >= ?)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"lt","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."id" < ?)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"lte","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."id" <= ?)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"id","operator":"isnull","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."id" is null)) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"name","operator":"in","values":["a","b","c"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."name" in (?, ?, ?, ?))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page where {"compare":{"field":"createdAt","operator":"contains","values":["2026","-01-"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at" from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and (instr(strftime('%Y-%m-%dT%H:%M:%S', "experiments"."created_at" / 1000, 'unixepoch') || printf('.%03dZ', "experiments"."created_at" % 1000), ?) > 0 or instr(strftime('%Y-%m-%dT%H:%M:%S', "experiments"."created_at" / 1000, 'unixepoch') || printf('.%03dZ', "experiments"."created_at" % 1000), ?) > 0))) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- a page of a selection
select "id", "name", "workflow_count", "status", "progress", "created_at", "updated_at", "revision" from "experiments" where ("experiments"."organization" = ? and "experiments"."deleted_at" is null) order by "experiments"."created_at" desc, "experiments"."id" desc limit ?;

-- count all experiments
select "count" from "experiment_counts" where "experiment_counts"."organization" = ?;

-- count some experiments
select count(*) from "experiments" where ("experiments"."organization" = ? and ("experiments"."deleted_at" is null and "experiments"."dataset_id" = ?));

-- revisions of an experiment
select "experiment_revisions"."organization", "experiment_revisions"."experiment_id", "experiment_revisions"."revision", "experiment_revisions"."created_at", "experiment_revisions"."author_kind", "experiment_revisions"."author_id", "experiment_revisions"."name", "experiment_revisions"."description", "experiment_revisions"."dataset_id", "experiment_revisions"."workflow", "experiment_revisions"."evaluator_ids", "experiment_revisions"."evaluator_workflow_ids", "experiment_revisions"."span_workflow_name", "experiment_revisions"."enable_tracing", "experiment_revisions"."batch_size", "experiment_revisions"."concurrency", "experiment_revisions"."generation_method", "experiment_revisions"."tags" from "experiment_revisions" inner join json_each(?) as range on true where ("experiment_revisions"."organization" = ? and "experiment_revisions"."experiment_id" = range.value ->> '$.experimentId' and "experiment_revisions"."revision" between range.value ->> '$.from' and range.value ->> '$.to');

-- revisions of a selection
select "experiment_revisions"."experiment_id", "experiment_revisions"."revision", "experiment_revisions"."created_at", "experiment_revisions"."author_kind", "experiment_revisions"."author_id", "experiment_revisions"."name", json_array_length("experiment_revisions"."workflow") as "workflowCount" from "experiment_revisions" inner join json_each(?) as range on true where ("experiment_revisions"."organization" = ? and "experiment_revisions"."experiment_id" = range.value ->> '$.experimentId' and "experiment_revisions"."revision" between range.value ->> '$.from' and range.value ->> '$.to');

-- the end of the feed of changes
select "name" from "change_feed";
select max(coalesce((select max("experiments"."changed") from "experiments" where "experiments"."organization" = ?), 0), coalesce((select max("purged_experiments"."changed") from "purged_experiments" where "purged_experiments"."organization" = ?), 0));

-- a page of changes with fields and a filter
select "experiments"."changed", case when coalesce(("experiments"."deleted_at" is null and exists (select 1 from "experiment_tags" indexed by experiment_tags_by_experiment where (("experiment_tags"."organization" = ? and "experiment_tags"."key" = ?) and "experiment_tags"."experiment_id" = "experiments"."id") limit 1 offset 0)), false) then 'SAVED' when "experiments"."deleted_at" is not null then 'DELETED' else 'UNMATCHED' end as kind, "experiments"."id", "experiments"."name", "experiments"."workflow_count", "experiments"."status", "experiments"."progress", "experiments"."created_at", "experiments"."updated_at", "experiments"."revision"
      from "experiments" where "experiments"."organization" = ?
      and ("experiments"."changed", "experiments"."id") > (?, ?)
       union all select "purged_experiments"."changed", 'DELETED' as kind, "purged_experiments"."id", null, null, null, null, null, null, null
      from "purged_experiments" where "purged_experiments"."organization" = ?
      and ("purged_experiments"."changed", "purged_experiments"."id") > (?, ?)
       and not exists (
        select 1 from "experiments" where "experiments"."organization" = "purged_experiments"."organization"
          and "experiments"."id" = "purged_experiments"."id" limit 1 offset 0
      ) order by changed, id limit ?;

-- a page of changes of the trash
select "experiments"."changed", case when coalesce("experiments"."deleted_at" is not null, false) then 'SAVED'  else 'UNMATCHED' end as kind, "experiments"."id", "experiments"."name", "experiments"."workflow_count", "experiments"."status", "experiments"."progress", "experiments"."created_at", "experiments"."updated_at", "experiments"."revision"
      from "experiments" where "experiments"."organization" = ?
      and ("experiments"."changed", "experiments"."id") > (?, ?)
       union all select "purged_experiments"."changed", 'DELETED' as kind, "purged_experiments"."id", null, null, null, null, null, null, null
      from "purged_experiments" where "purged_experiments"."organization" = ?
      and ("purged_experiments"."changed", "purged_experiments"."id") > (?, ?)
       and not exists (
        select 1 from "experiments" where "experiments"."organization" = "purged_experiments"."organization"
          and "experiments"."id" = "purged_experiments"."id" limit 1 offset 0
      ) order by changed, id limit ?;

-- remove an experiment
delete from "experiments" where ("experiments"."organization" = ? and "experiments"."id" = ?);
delete from "experiment_revisions" where ("experiment_revisions"."organization" = ? and "experiment_revisions"."experiment_id" = ?);
insert into "purged_experiments" ("organization", "id", "revision", "version", "changed") values (?, ?, ?, ?, ?) on conflict ("purged_experiments"."organization", "purged_experiments"."id") do update set "revision" = excluded.revision, "version" = excluded.version, "changed" = excluded.changed;

-- register a dataset
insert into "datasets" ("organization", "id", "name", "created_at", "updated_at") values (?, ?, ?, ?, ?) on conflict ("datasets"."organization", "datasets"."id") do update set "name" = excluded.name, "updated_at" = iif("datasets"."name" = excluded.name, "datasets"."updated_at", excluded.updated_at) returning "organization", "id", "name", "created_at", "updated_at";

-- find a dataset
select "organization", "id", "name", "created_at", "updated_at" from "datasets" where ("datasets"."organization" = ? and "datasets"."id" = ?);

-- a page of datasets
select "organization", "id", "name", "created_at", "updated_at" from "datasets" where "datasets"."organization" = ? order by "datasets"."id" asc limit ?;

-- the last page of datasets between two ids
select "organization", "id", "name", "created_at", "updated_at" from "datasets" where ("datasets"."organization" = ? and "datasets"."id" > ? and "datasets"."id" < ?) order by "datasets"."id" desc limit ?;

-- count datasets
select count(*) from "datasets" where "datasets"."organization" = ?;

-- the name of a dataset
select "id", "name" from "datasets" where ("datasets"."organization" = ? and "datasets"."id" = ?);

-- the names of datasets
select "id", "name" from "datasets" where ("datasets"."organization" = ? and "datasets"."id" in (select value from json_each(?)));

-- insert the first API key
select "id" from "api_keys" limit ?;
insert into "api_keys" ("id", "organization", "name", "scopes", "prefix", "hash", "created_at", "expires_at", "last_used_at", "revoked_at") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- find an API key
select "id", "organization", "name", "scopes", "prefix", "hash", "created_at", "expires_at", "last_used_at", "revoked_at" from "api_keys" where "api_keys"."hash" = ?;

-- list API keys
select "id", "organization", "name", "scopes", "prefix", "hash", "created_at", "expires_at", "last_used_at", "revoked_at" from "api_keys" order by "api_keys"."created_at" desc, "api_keys"."id";

-- the names of API keys
select "id", "name" from "api_keys" where ("api_keys"."organization" = ? and "api_keys"."id" in (select value from json_each(?)) and "api_keys"."name" is not null);

-- record the use of API keys
update "api_keys" set "last_used_at" = ? where "api_keys"."id" = ?;

-- revoke an API key
update "api_keys" set "revoked_at" = coalesce("api_keys"."revoked_at", ?) where "api_keys"."id" = ?;

-- list organizations
select distinct organization from (select "api_keys"."organization" as organization from "api_keys" union all select "experiment_counts"."organization" as organization from "experiment_counts" union all select "datasets"."organization" as organization from "datasets") as used order by organization limit ?;

-- find an organization
select organization from (select "api_keys"."organization" as organization from "api_keys" union all select "experiment_counts"."organization" as organization from "experiment_counts" union all select "datasets"."organization" as organization from "datasets") as used where organization = ? limit ?;

