-- insert an experiment
BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout=2000; SET LOCAL statement_timeout=2900; SET LOCAL idle_in_transaction_session_timeout=2900;
with inserted as (
      insert into "experiments" ("organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed") select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26::int + last."revision", $27::int + last."revision", $28::int + last."version", $29, $30, $31, $32, $33, $34, $35, $36, pg_current_xact_id()::text::bigint
      from take_experiment_id($37::text, $38::text) as last
      on conflict do nothing returning "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed"
    ), recorded as (insert into "experiment_revisions" ("organization", "experiment_id", "revision", "created_at", "author_kind", "author_id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags")
    select "organization", id, "revision", updated_at, $39::text, $40::text, "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags" from inserted), tagged as (
      insert into "experiment_tags" (organization, key, value, experiment_id)
      select inserted.organization, tag.key, tag.value, inserted.id
      from inserted, unnest($41::text[], $42::text[]) as tag (key, value)
      on conflict do nothing
    ) select revision, first_revision, version from inserted;
COMMIT;

-- insert an experiment with an idempotency key
insert into "idempotency_keys" as taken (organization, key, digest, experiment_id, first_revision, created_at)
    values ($1::text, $2::text, $3::text,
      $4::text, 0, $5::bigint)
    on conflict (organization, key) do update
      set digest = excluded.digest, experiment_id = excluded.experiment_id, first_revision = 0, created_at = excluded.created_at
      where taken.created_at <= $6::bigint
    returning key;
update "idempotency_keys" set first_revision = $1::int where organization = $2 and key = $3;

-- find the use of an idempotency key
select used.digest, "e"."organization", "e"."id", "e"."name", "e"."description", "e"."dataset_id", "e"."workflow", "e"."evaluator_ids", "e"."evaluator_workflow_ids", "e"."span_workflow_name", "e"."enable_tracing", "e"."batch_size", "e"."concurrency", "e"."generation_method", "e"."tags", "e"."folded_name", "e"."folded_id", "e"."folded_dataset_id", "e"."workflow_count", "e"."status", "e"."progress", "e"."created_at", "e"."updated_at", "e"."started_at", "e"."completed_at", "e"."error_message", "e"."revision", "e"."first_revision", "e"."version", "e"."attempt", "e"."run_revision", "e"."lease_seconds", "e"."lease_expires_at", "e"."cloned_from_id", "e"."cloned_from_revision", "e"."deleted_at", "e"."purge_at", "e"."changed",
      case when e.lease_expires_at is null then false else e.lease_expires_at <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as is_stalled
    from (select * from "idempotency_keys" where organization = $1 and key = $2 and created_at > $3::bigint) as used
    left join "experiments" as e on e.organization = used.organization and e.id = used.experiment_id
      and e.first_revision = used.first_revision and e.deleted_at is null;

-- insert an experiment whose id is taken, with an idempotency key
delete from "idempotency_keys" where organization = $1 and key = $2;
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and "experiments"."id" = $2 and "experiments"."deleted_at" is null);

-- purge idempotency keys
with expired as (
      select organization, key from "idempotency_keys" where created_at <= $1::bigint
      limit 100 for update skip locked
    ), purged as (
      delete from "idempotency_keys" as k using expired
      where k.organization = expired.organization and k.key = expired.key returning 1
    ) select count(*) as deleted from purged;

-- replace its content, but not its name and dataset
with given as (
      select $1::text as "name", $2::text as "description", $3::text as "dataset_id", $4::text as "workflow", $5::text as "evaluator_ids", $6::text as "evaluator_workflow_ids", $7::text as "span_workflow_name", $8::boolean as "enable_tracing", $9::integer as "batch_size", $10::integer as "concurrency", $11::text as "generation_method", $12::text as "tags", $13::text as "folded_name", $14::text as "folded_dataset_id", $15::integer as "workflow_count", $16::bigint as "updated_at", $17::bigint as if_revision,
        $18::boolean as may_retag
    ), locked as (select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed" from "experiments"
  where organization = $19 and id = $20 and deleted_at is null for update), written as (
      update "experiments" as e
      set "name" = coalesce(given."name", e."name"), "description" = given."description", "dataset_id" = given."dataset_id", "workflow" = given."workflow", "evaluator_ids" = given."evaluator_ids", "evaluator_workflow_ids" = given."evaluator_workflow_ids", "span_workflow_name" = given."span_workflow_name", "enable_tracing" = given."enable_tracing", "batch_size" = given."batch_size", "concurrency" = given."concurrency", "generation_method" = given."generation_method", "tags" = coalesce(given."tags", e."tags"), "folded_name" = coalesce(given."folded_name", e."folded_name"), "folded_dataset_id" = given."folded_dataset_id", "workflow_count" = given."workflow_count", "updated_at" = given."updated_at", revision = e.revision + 1, version = e.version + 1, changed = pg_current_xact_id()::text::bigint
      from given, locked
      where e.organization = locked.organization and e.id = locked.id and coalesce(given.if_revision, e.revision) = e.revision
        and (given.may_retag or coalesce(given.tags, e.tags) = e.tags)
        and (coalesce(given."name", e."name") is distinct from e."name" or given."description" is distinct from e."description" or given."dataset_id" is distinct from e."dataset_id" or given."workflow" is distinct from e."workflow" or given."evaluator_ids" is distinct from e."evaluator_ids" or given."evaluator_workflow_ids" is distinct from e."evaluator_workflow_ids" or given."span_workflow_name" is distinct from e."span_workflow_name" or given."enable_tracing" is distinct from e."enable_tracing" or given."batch_size" is distinct from e."batch_size" or given."concurrency" is distinct from e."concurrency" or given."generation_method" is distinct from e."generation_method" or coalesce(given."tags", e."tags") is distinct from e."tags")
      returning "e"."organization", "e"."id", "e"."name", "e"."description", "e"."dataset_id", "e"."workflow", "e"."evaluator_ids", "e"."evaluator_workflow_ids", "e"."span_workflow_name", "e"."enable_tracing", "e"."batch_size", "e"."concurrency", "e"."generation_method", "e"."tags", "e"."folded_name", "e"."folded_id", "e"."folded_dataset_id", "e"."workflow_count", "e"."status", "e"."progress", "e"."created_at", "e"."updated_at", "e"."started_at", "e"."completed_at", "e"."error_message", "e"."revision", "e"."first_revision", "e"."version", "e"."attempt", "e"."run_revision", "e"."lease_seconds", "e"."lease_expires_at", "e"."cloned_from_id", "e"."cloned_from_revision", "e"."deleted_at", "e"."purge_at", "e"."changed"
    ), recorded as (insert into "experiment_revisions" ("organization", "experiment_id", "revision", "created_at", "author_kind", "author_id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags")
    select "organization", id, "revision", updated_at, $21::text, $22::text, "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags" from written) select "locked"."organization", "locked"."id", "locked"."name", "locked"."description", "locked"."dataset_id", "locked"."workflow", "locked"."evaluator_ids", "locked"."evaluator_workflow_ids", "locked"."span_workflow_name", "locked"."enable_tracing", "locked"."batch_size", "locked"."concurrency", "locked"."generation_method", "locked"."tags", "locked"."folded_name", "locked"."folded_id", "locked"."folded_dataset_id", "locked"."workflow_count", "locked"."status", "locked"."progress", "locked"."created_at", "locked"."updated_at", "locked"."started_at", "locked"."completed_at", "locked"."error_message", "locked"."revision", "locked"."first_revision", "locked"."version", "locked"."attempt", "locked"."run_revision", "locked"."lease_seconds", "locked"."lease_expires_at", "locked"."cloned_from_id", "locked"."cloned_from_revision", "locked"."deleted_at", "locked"."purge_at", "locked"."changed", case when locked.lease_expires_at is null then false else locked.lease_expires_at <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as is_stalled, exists (select from written) as is_written from locked;

-- replace its tags
with tag as (
      select distinct key, value
      from unnest($1::text[], $2::text[]) as tag (key, value)
    ), cleared as (
      delete from "experiment_tags" where organization = $3
        and experiment_id = $4 and (key, value) not in (select key, value from tag)
    )
    insert into "experiment_tags" (organization, key, value, experiment_id)
    select $5::text, key, value, $6::text from tag
    on conflict do nothing;

-- take a step of its run
with given as (select $1::text as "name", $2::text[] as "from", $3::text as "to", $4::bigint as "ifRevision", $5::bigint as "attempt", $6::bigint as "leaseSeconds", $7::float8 as "progress", $8::text as "errorMessage", $9::bigint as "at", floor(extract(epoch from statement_timestamp()) * 1000)::bigint as clock), locked as (select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed" from "experiments"
  where organization = $10 and id = $11 and deleted_at is null for update), leased as (
      select case given.name when 'start' then given."leaseSeconds" when 'reportProgress' then locked.lease_seconds end as seconds
      from given, locked
    ), written as (
      update "experiments" as e
      set status = given."to",
        progress = case given.name when 'reportProgress' then given.progress when 'complete' then 100
          when 'start' then 0 when 'reset' then 0 else e.progress end,
        started_at = case given.name when 'start' then given.at when 'reset' then null else e.started_at end,
        completed_at = case given.name when 'complete' then given.at when 'fail' then given.at when 'reset' then null
          else e.completed_at end,
        error_message = case given.name when 'fail' then given."errorMessage" when 'reset' then null
          else e.error_message end,
        attempt = case given.name when 'start' then e.attempt + 1 else e.attempt end,
        run_revision = case given.name when 'start' then e.revision else e.run_revision end,
        lease_seconds = leased.seconds, lease_expires_at = given.clock + leased.seconds * 1000,
        updated_at = given.at, version = e.version + 1, changed = pg_current_xact_id()::text::bigint
      from given, locked, leased
      where e.organization = locked.organization and e.id = locked.id and coalesce(given."ifRevision", e.revision) = e.revision
        and coalesce(given.attempt, e.attempt) = e.attempt
        and (e.status = any(given."from") or (given.name = 'start' and e.lease_expires_at <= given.clock))
        and (given.name <> 'reportProgress' or given.progress > e.progress
          or (given.progress = e.progress and leased.seconds is not null))
      returning e.id
    ) select "locked"."organization", "locked"."id", "locked"."name", "locked"."description", "locked"."dataset_id", "locked"."workflow", "locked"."evaluator_ids", "locked"."evaluator_workflow_ids", "locked"."span_workflow_name", "locked"."enable_tracing", "locked"."batch_size", "locked"."concurrency", "locked"."generation_method", "locked"."tags", "locked"."folded_name", "locked"."folded_id", "locked"."folded_dataset_id", "locked"."workflow_count", "locked"."status", "locked"."progress", "locked"."created_at", "locked"."updated_at", "locked"."started_at", "locked"."completed_at", "locked"."error_message", "locked"."revision", "locked"."first_revision", "locked"."version", "locked"."attempt", "locked"."run_revision", "locked"."lease_seconds", "locked"."lease_expires_at", "locked"."cloned_from_id", "locked"."cloned_from_revision", "locked"."deleted_at", "locked"."purge_at", "locked"."changed", case when locked.lease_expires_at is null then false else locked.lease_expires_at <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as is_stalled, exists (select from written) as is_written, given.clock from locked, given;

-- read several experiments before a write
with found as (
      select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed" from "experiments"
      where organization = $1::text and id = any($2::text[]) and (deleted_at is null or $3::boolean)
      order by id 
    ), size as (select coalesce(sum(coalesce(octet_length("description"), 0) + coalesce(octet_length("workflow"), 0) + coalesce(octet_length("evaluator_ids"), 0) + coalesce(octet_length("evaluator_workflow_ids"), 0) + coalesce(octet_length("tags"), 0) + coalesce(octet_length("error_message"), 0)), 0) as bytes from found)
    select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed", case when lease_expires_at is null then false else lease_expires_at <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as is_stalled, bytes
    from size left join found on bytes <= $4::bigint;

-- write the content of several experiments
with found as (
      select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed" from "experiments"
      where organization = $1::text and id = any($2::text[]) and (deleted_at is null or $3::boolean)
      order by id for update
    ), size as (select coalesce(sum(coalesce(octet_length("description"), 0) + coalesce(octet_length("workflow"), 0) + coalesce(octet_length("evaluator_ids"), 0) + coalesce(octet_length("evaluator_workflow_ids"), 0) + coalesce(octet_length("tags"), 0) + coalesce(octet_length("error_message"), 0)), 0) as bytes from found)
    select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed", case when lease_expires_at is null then false else lease_expires_at <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as is_stalled, bytes
    from size left join found on bytes <= $4::bigint;
with given as (select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::boolean[], $10::integer[], $11::integer[], $12::text[], $13::text[], $14::text[], $15::text[], $16::integer[], $17::bigint[], $18::integer[], $19::integer[]) as given ("id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_dataset_id", "workflow_count", "updated_at", "revision", "version")), written as (
      update "experiments" as e set "name" = given."name", "description" = given."description", "dataset_id" = given."dataset_id", "workflow" = coalesce(given."workflow", e."workflow"), "evaluator_ids" = coalesce(given."evaluator_ids", e."evaluator_ids"), "evaluator_workflow_ids" = coalesce(given."evaluator_workflow_ids", e."evaluator_workflow_ids"), "span_workflow_name" = given."span_workflow_name", "enable_tracing" = given."enable_tracing", "batch_size" = given."batch_size", "concurrency" = given."concurrency", "generation_method" = given."generation_method", "tags" = coalesce(given."tags", e."tags"), "folded_name" = given."folded_name", "folded_dataset_id" = given."folded_dataset_id", "workflow_count" = given."workflow_count", "updated_at" = given."updated_at", "revision" = given."revision", "version" = given."version", changed = pg_current_xact_id()::text::bigint
      from given where e.organization = $20::text and e.id = given.id
      returning "e"."organization", "e"."id", "e"."name", "e"."description", "e"."dataset_id", "e"."workflow", "e"."evaluator_ids", "e"."evaluator_workflow_ids", "e"."span_workflow_name", "e"."enable_tracing", "e"."batch_size", "e"."concurrency", "e"."generation_method", "e"."tags", "e"."folded_name", "e"."folded_id", "e"."folded_dataset_id", "e"."workflow_count", "e"."status", "e"."progress", "e"."created_at", "e"."updated_at", "e"."started_at", "e"."completed_at", "e"."error_message", "e"."revision", "e"."first_revision", "e"."version", "e"."attempt", "e"."run_revision", "e"."lease_seconds", "e"."lease_expires_at", "e"."cloned_from_id", "e"."cloned_from_revision", "e"."deleted_at", "e"."purge_at", "e"."changed"
    ), recorded as (insert into "experiment_revisions" ("organization", "experiment_id", "revision", "created_at", "author_kind", "author_id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags")
    select "organization", id, "revision", updated_at, $21::text, $22::text, "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags" from written), tag as (
      select distinct experiment_id, key, value
      from unnest($23::text[], $24::text[], $25::text[])
        as tag (experiment_id, key, value)
    ), cleared as (
      delete from "experiment_tags" where organization = $26::text and experiment_id = any($27::text[])
        and (experiment_id, key, value) not in (select experiment_id, key, value from tag)
    ), tagged as (
      insert into "experiment_tags" (organization, key, value, experiment_id)
      select $28::text, key, value, experiment_id from tag
      on conflict do nothing
    ) select count(*) as rows from written;

-- write the runs of several experiments
with given as (select * from unnest($1::text[], $2::text[], $3::double precision[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::integer[], $9::integer[], $10::integer[], $11::integer[], $12::bigint[]) as given ("id", "status", "progress", "started_at", "completed_at", "error_message", "updated_at", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at")), written as (
      update "experiments" as e set "status" = given."status", "progress" = given."progress", "started_at" = given."started_at", "completed_at" = given."completed_at", "error_message" = given."error_message", "updated_at" = given."updated_at", "version" = given."version", "attempt" = given."attempt", "run_revision" = given."run_revision", "lease_seconds" = given."lease_seconds", "lease_expires_at" = given."lease_expires_at", changed = pg_current_xact_id()::text::bigint
      from given where e.organization = $13::text and e.id = given.id
      returning e.id
    ) select count(*) as rows from written;

-- a page of experiments
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and "experiments"."deleted_at" is null) order by "experiments"."created_at" desc, "experiments"."id" desc limit $2;

-- a page by CREATED_AT, ascending
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and "experiments"."deleted_at" is null) order by "experiments"."created_at" asc, "experiments"."id" asc limit $2;

-- a page by UPDATED_AT, ascending
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and "experiments"."deleted_at" is null) order by "experiments"."updated_at" asc, "experiments"."id" asc limit $2;

-- a page by NAME, ascending
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and "experiments"."deleted_at" is null) order by "experiments"."name" asc, "experiments"."id" asc limit $2;

-- a page by STATUS, ascending
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and "experiments"."deleted_at" is null) order by "experiments"."status" asc, "experiments"."id" asc limit $2;

-- a page after a cursor
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."created_at", "experiments"."id") < ($2, $3) and "experiments"."deleted_at" is null) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page after 20 entries
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and "experiments"."deleted_at" is null) order by "experiments"."created_at" desc, "experiments"."id" desc limit $2 offset $3;

-- a page by dataset
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and "experiments"."deleted_at" is null) order by coalesce("experiments"."dataset_id", '') asc, "experiments"."id" asc limit $2 offset $3;

-- the last page before a cursor
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."created_at", "experiments"."id") > ($2, $3) and "experiments"."deleted_at" is null) order by "experiments"."created_at" asc, "experiments"."id" asc limit $4;

-- a page where {"status":["RUNNING"]}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."status" = $2)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"status":["RUNNING","FAILED"]}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and ("experiments"."status" = $2 or "experiments"."status" = $3))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page where {"datasetId":"d"}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."dataset_id" = $2)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"nameContains":"n"}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and strpos("experiments"."folded_name", $2) > 0)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"tag":{"key":"team"}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."id" in (select "experiment_tags"."experiment_id" from "experiment_tags" where ("experiment_tags"."organization" = $2 and "experiment_tags"."key" = $3)))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page where {"tag":{"key":"team","value":"search"}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."id" in (select "experiment_tags"."experiment_id" from "experiment_tags" where ("experiment_tags"."organization" = $2 and "experiment_tags"."key" = $3 and "experiment_tags"."value" = $4)))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $5;

-- a page where {"evaluatorId":"quality"}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."id" in (select "experiment_evaluators"."experiment_id" from "experiment_evaluators" where ("experiment_evaluators"."organization" = $2 and "experiment_evaluators"."evaluator_id" = $3)))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page where {"hasTags":true}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and octet_length("experiments"."tags") > 2)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $2;

-- a page where {"ids":["exp_1","exp_2"]}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."deleted_at" is null and ("experiments"."organization" = $1 and "experiments"."id" in (select json_array_elements_text($2::json)))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"createdFrom":"1970-01-01T00:00:00.007Z","createdBefore":"1970-01-01T00:00:00.007Z"}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and ("experiments"."created_at" >= $2 and "experiments"."created_at" < $3))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page where {"updatedFrom":"1970-01-01T00:00:00.007Z","updatedBefore":"1970-01-01T00:00:00.007Z"}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and ("experiments"."updated_at" >= $2 and "experiments"."updated_at" < $3))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page where {"stalled":true}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $2;

-- a page where {"stalled":false}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and not coalesce("experiments"."lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint, false))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $2;

-- a page where {"and":[{"datasetId":"d"},{"nameContains":"n"}]}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and ("experiments"."dataset_id" = $2 and strpos("experiments"."folded_name", $3) > 0))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page where {"or":[{"datasetId":"d"},{"nameContains":"n"}]}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and ("experiments"."dataset_id" = $2 or strpos("experiments"."folded_name", $3) > 0))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page where {"not":{"datasetId":"d"}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and not coalesce("experiments"."dataset_id" = $2, false))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"compare":{"field":"id","operator":"iexact","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and coalesce("experiments"."folded_id", upper("experiments"."id")) in ($2))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"compare":{"field":"id","operator":"contains","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and strpos("experiments"."id", $2) > 0)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"compare":{"field":"id","operator":"icontains","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and strpos(coalesce("experiments"."folded_id", upper("experiments"."id")), $2) > 0)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"compare":{"field":"id","operator":"startswith","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and substr("experiments"."id", 1, length($2)) = $3)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page where {"compare":{"field":"id","operator":"endswith","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and substr("experiments"."id", length("experiments"."id") - length($2) + 1) = $3)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page where {"compare":{"field":"id","operator":"in","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."id" in ($2))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"compare":{"field":"id","operator":"gt","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."id" > $2)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"compare":{"field":"id","operator":"gte","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."id" >= $2)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"compare":{"field":"id","operator":"lt","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."id" < $2)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"compare":{"field":"id","operator":"lte","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."id" <= $2)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $3;

-- a page where {"compare":{"field":"id","operator":"isnull","values":["a"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."id" is null)) order by "experiments"."created_at" desc, "experiments"."id" desc limit $2;

-- a page where {"compare":{"field":"name","operator":"in","values":["a","b","c"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."name" in ($2, $3, $4, $5))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $6;

-- a page where {"compare":{"field":"createdAt","operator":"contains","values":["2026","-01-"]}}
select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and (strpos(to_char(to_timestamp("experiments"."created_at" / 1000) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '.' || lpad(("experiments"."created_at" % 1000)::text, 3, '0') || 'Z', $2) > 0 or strpos(to_char(to_timestamp("experiments"."created_at" / 1000) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '.' || lpad(("experiments"."created_at" % 1000)::text, 3, '0') || 'Z', $3) > 0))) order by "experiments"."created_at" desc, "experiments"."id" desc limit $4;

-- a page of a selection
select "id", "name", "workflow_count", "status", "progress", "created_at", "updated_at", "revision" from "experiments" where ("experiments"."organization" = $1 and "experiments"."deleted_at" is null) order by "experiments"."created_at" desc, "experiments"."id" desc limit $2;

-- a page within a budget
select "organization", "id", case when bytes <= $1::bigint and place <= $2::bigint then "name" end as "name", case when bytes <= $3::bigint and place <= $4::bigint then "description" end as "description", case when bytes <= $5::bigint and place <= $6::bigint then "dataset_id" end as "dataset_id", case when bytes <= $7::bigint and place <= $8::bigint then "workflow" end as "workflow", case when bytes <= $9::bigint and place <= $10::bigint then "evaluator_ids" end as "evaluator_ids", case when bytes <= $11::bigint and place <= $12::bigint then "evaluator_workflow_ids" end as "evaluator_workflow_ids", case when bytes <= $13::bigint and place <= $14::bigint then "span_workflow_name" end as "span_workflow_name", "enable_tracing", "batch_size", "concurrency", case when bytes <= $15::bigint and place <= $16::bigint then "generation_method" end as "generation_method", case when bytes <= $17::bigint and place <= $18::bigint then "tags" end as "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", case when bytes <= $19::bigint and place <= $20::bigint then "error_message" end as "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "is_stalled", bytes from (
    select *, sum(coalesce(octet_length("name"), 0) + coalesce(octet_length("description"), 0) + coalesce(octet_length("dataset_id"), 0) + coalesce(octet_length("workflow"), 0) + coalesce(octet_length("evaluator_ids"), 0) + coalesce(octet_length("evaluator_workflow_ids"), 0) + coalesce(octet_length("span_workflow_name"), 0) + coalesce(octet_length("generation_method"), 0) + coalesce(octet_length("tags"), 0) + coalesce(octet_length("error_message"), 0)) over (rows between unbounded preceding and current row) as bytes, row_number() over (rows between unbounded preceding and current row) as place from ((select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", case when "lease_expires_at" is null then false else "lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as "is_stalled" from "experiments" where ("experiments"."organization" = $21 and "experiments"."deleted_at" is null) order by "experiments"."created_at" desc, "experiments"."id" desc limit $22)) as unmeasured
  ) as measured order by place;

-- count all experiments
select coalesce(sum("count"), 0) from "experiment_counts" where "experiment_counts"."organization" = $1;

-- count some experiments
select count(*) from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."dataset_id" = $2));

-- count all experiments by status
select "status", count(*) from "experiments" where ("experiments"."organization" = $1 and "experiments"."deleted_at" is null) group by "experiments"."status";

-- count some experiments by status
select "status", count(*) from "experiments" where ("experiments"."organization" = $1 and ("experiments"."deleted_at" is null and "experiments"."dataset_id" = $2)) group by "experiments"."status";

-- revisions of an experiment
select "experiment_revisions"."organization", "experiment_revisions"."experiment_id", "experiment_revisions"."revision", "experiment_revisions"."created_at", "experiment_revisions"."author_kind", "experiment_revisions"."author_id", "experiment_revisions"."name", "experiment_revisions"."description", "experiment_revisions"."dataset_id", "experiment_revisions"."workflow", "experiment_revisions"."evaluator_ids", "experiment_revisions"."evaluator_workflow_ids", "experiment_revisions"."span_workflow_name", "experiment_revisions"."enable_tracing", "experiment_revisions"."batch_size", "experiment_revisions"."concurrency", "experiment_revisions"."generation_method", "experiment_revisions"."tags" from "experiment_revisions" inner join unnest($1::text[], $2::bigint[], $3::bigint[]) as range ("id", "from", "to") on "experiment_revisions"."experiment_id" = range."id" where ("experiment_revisions"."organization" = $4 and "experiment_revisions"."revision" between range."from" and range."to") order by "experiment_revisions"."experiment_id", "experiment_revisions"."revision" desc;

-- revisions of a selection
select "experiment_revisions"."experiment_id", "experiment_revisions"."revision", "experiment_revisions"."created_at", "experiment_revisions"."author_kind", "experiment_revisions"."author_id", "experiment_revisions"."name", json_array_length("experiment_revisions"."workflow"::json) as "workflow_count" from "experiment_revisions" inner join unnest($1::text[], $2::bigint[], $3::bigint[]) as range ("id", "from", "to") on "experiment_revisions"."experiment_id" = range."id" where ("experiment_revisions"."organization" = $4 and "experiment_revisions"."revision" between range."from" and range."to") order by "experiment_revisions"."experiment_id", "experiment_revisions"."revision" desc;

-- revisions within a budget
select "organization", "experiment_id", "revision", "created_at", "author_kind", "author_id", case when bytes <= $1::bigint and place <= $2::bigint then "name" end as "name", case when bytes <= $3::bigint and place <= $4::bigint then "description" end as "description", case when bytes <= $5::bigint and place <= $6::bigint then "dataset_id" end as "dataset_id", case when bytes <= $7::bigint and place <= $8::bigint then "workflow" end as "workflow", case when bytes <= $9::bigint and place <= $10::bigint then "evaluator_ids" end as "evaluator_ids", case when bytes <= $11::bigint and place <= $12::bigint then "evaluator_workflow_ids" end as "evaluator_workflow_ids", case when bytes <= $13::bigint and place <= $14::bigint then "span_workflow_name" end as "span_workflow_name", "enable_tracing", "batch_size", "concurrency", case when bytes <= $15::bigint and place <= $16::bigint then "generation_method" end as "generation_method", case when bytes <= $17::bigint and place <= $18::bigint then "tags" end as "tags", bytes from (
    select *, sum(coalesce(octet_length("name"), 0) + coalesce(octet_length("description"), 0) + coalesce(octet_length("dataset_id"), 0) + coalesce(octet_length("workflow"), 0) + coalesce(octet_length("evaluator_ids"), 0) + coalesce(octet_length("evaluator_workflow_ids"), 0) + coalesce(octet_length("span_workflow_name"), 0) + coalesce(octet_length("generation_method"), 0) + coalesce(octet_length("tags"), 0)) over (rows between unbounded preceding and current row) as bytes, row_number() over (rows between unbounded preceding and current row) as place from ((select "experiment_revisions"."organization", "experiment_revisions"."experiment_id", "experiment_revisions"."revision", "experiment_revisions"."created_at", "experiment_revisions"."author_kind", "experiment_revisions"."author_id", "experiment_revisions"."name", "experiment_revisions"."description", "experiment_revisions"."dataset_id", "experiment_revisions"."workflow", "experiment_revisions"."evaluator_ids", "experiment_revisions"."evaluator_workflow_ids", "experiment_revisions"."span_workflow_name", "experiment_revisions"."enable_tracing", "experiment_revisions"."batch_size", "experiment_revisions"."concurrency", "experiment_revisions"."generation_method", "experiment_revisions"."tags" from "experiment_revisions" inner join unnest($19::text[], $20::bigint[], $21::bigint[]) as range ("id", "from", "to") on "experiment_revisions"."experiment_id" = range."id" where ("experiment_revisions"."organization" = $22 and "experiment_revisions"."revision" between range."from" and range."to") order by "experiment_revisions"."experiment_id", "experiment_revisions"."revision" desc)) as unmeasured
  ) as measured order by place;

-- move several experiments to the trash
with slots as (
      select slot from "experiment_counts"
      where organization = $1::text and slot in (select hashtext(id) & 15 from unnest($2::text[]) as given (id))
        and 0 >= 0
      order by slot for update
    ) select count(*) as rows from slots;
with given as (select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::integer[]) as given ("id", "deleted_at", "purge_at", "version")), written as (
      update "experiments" as e set "deleted_at" = given."deleted_at", "purge_at" = given."purge_at", "version" = given."version", changed = pg_current_xact_id()::text::bigint
      from given where e.organization = $5::text and e.id = given.id
      returning e.id
    ) select count(*) as rows from written;

-- remove several experiments
with slots as (
      select slot from "experiment_counts"
      where organization = $1::text and slot in (select hashtext(id) & 15 from unnest($2::text[]) as given (id))
        and (select count(*) from (select id from unnest($3::text[]) as given (id) order by id) as given,
        take_experiment_id($4::text, given.id)) >= 0
      order by slot for update
    ) select count(*) as rows from slots;
with revisions as (delete from "experiment_revisions" where organization = $1::text and experiment_id = any($2::text[])),
      tags as (delete from "experiment_tags" where organization = $3::text and experiment_id = any($4::text[])),
      removed as (
        delete from "experiments" where organization = $5::text and id = any($6::text[])
        returning organization, id, revision, version
      ), kept as (
        insert into "purged_experiments" (organization, id, revision, version, changed)
        select organization, id, revision, version, pg_current_xact_id()::text::bigint from removed on conflict (organization, id) do update
  set revision = excluded.revision, version = excluded.version, changed = excluded.changed
      ) select count(*) as rows from removed;

-- the end of the feed of changes
select (select "change_feed"."name" from "change_feed" limit 1) as feed, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as number;

-- a page of changes
with horizon as materialized (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as number),
    page as materialized (
      select * from ((select "experiments"."changed", case when coalesce("experiments"."deleted_at" is null, false) then 'SAVED' when "experiments"."deleted_at" is not null then 'DELETED' else 'UNMATCHED' end as kind, "experiments"."organization", "experiments"."id", "experiments"."name", "experiments"."description", "experiments"."dataset_id", "experiments"."workflow", "experiments"."evaluator_ids", "experiments"."evaluator_workflow_ids", "experiments"."span_workflow_name", "experiments"."enable_tracing", "experiments"."batch_size", "experiments"."concurrency", "experiments"."generation_method", "experiments"."tags", "experiments"."workflow_count", "experiments"."status", "experiments"."progress", "experiments"."created_at", "experiments"."updated_at", "experiments"."started_at", "experiments"."completed_at", "experiments"."error_message", "experiments"."revision", "experiments"."first_revision", "experiments"."version", "experiments"."attempt", "experiments"."run_revision", "experiments"."lease_seconds", "experiments"."lease_expires_at", "experiments"."cloned_from_id", "experiments"."cloned_from_revision", "experiments"."deleted_at", "experiments"."purge_at", case when "experiments"."lease_expires_at" is null then false else "experiments"."lease_expires_at" <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as is_stalled
      from "experiments" where "experiments"."organization" = $1
      and ("experiments"."changed", "experiments"."id") > ($2, $3)
      and "experiments"."changed" < (select number from horizon) order by changed, id limit $4) union all (select "purged_experiments"."changed", 'DELETED' as kind, null::text, "purged_experiments"."id", null::text, null::text, null::text, null::text, null::text, null::text, null::text, null::boolean, null::integer, null::integer, null::text, null::text, null::integer, null::text, null::double precision, null::bigint, null::bigint, null::bigint, null::bigint, null::text, null::integer, null::integer, null::integer, null::integer, null::integer, null::integer, null::bigint, null::text, null::integer, null::bigint, null::bigint, false
      from "purged_experiments" where "purged_experiments"."organization" = $5
      and ("purged_experiments"."changed", "purged_experiments"."id") > ($6, $7)
      and "purged_experiments"."changed" < (select number from horizon) and not exists (
        select 1 from "experiments" where "experiments"."organization" = "purged_experiments"."organization"
          and "experiments"."id" = "purged_experiments"."id" limit 1 offset 0
      ) order by changed, id limit $8)) as either
      order by changed, id limit $9
    ), sized as (
      select *, sum(case when kind = 'SAVED' then coalesce(octet_length("name"), 0) + coalesce(octet_length("description"), 0) + coalesce(octet_length("dataset_id"), 0) + coalesce(octet_length("workflow"), 0) + coalesce(octet_length("evaluator_ids"), 0) + coalesce(octet_length("evaluator_workflow_ids"), 0) + coalesce(octet_length("span_workflow_name"), 0) + coalesce(octet_length("generation_method"), 0) + coalesce(octet_length("tags"), 0) + coalesce(octet_length("error_message"), 0) else 0 end) over (order by changed, id rows unbounded preceding) - case when kind = 'SAVED' then coalesce(octet_length("name"), 0) + coalesce(octet_length("description"), 0) + coalesce(octet_length("dataset_id"), 0) + coalesce(octet_length("workflow"), 0) + coalesce(octet_length("evaluator_ids"), 0) + coalesce(octet_length("evaluator_workflow_ids"), 0) + coalesce(octet_length("span_workflow_name"), 0) + coalesce(octet_length("generation_method"), 0) + coalesce(octet_length("tags"), 0) + coalesce(octet_length("error_message"), 0) else 0 end as bytes_before from page
    ), state as (
      select (select "change_feed"."name" from "change_feed" limit 1) as feed, (select count(*) from page) as found, 
        coalesce(greatest((select max("experiments"."changed") from "experiments" where "experiments"."organization" = $10), (select max("purged_experiments"."changed") from "purged_experiments" where "purged_experiments"."organization" = $11)) >= (select number from horizon), false) as is_pending
    )
    select state.feed, state.is_pending, state.found, changed, kind, "organization", "id", case when kind = 'SAVED' then "name" end as "name", case when kind = 'SAVED' then "description" end as "description", case when kind = 'SAVED' then "dataset_id" end as "dataset_id", case when kind = 'SAVED' then "workflow" end as "workflow", case when kind = 'SAVED' then "evaluator_ids" end as "evaluator_ids", case when kind = 'SAVED' then "evaluator_workflow_ids" end as "evaluator_workflow_ids", case when kind = 'SAVED' then "span_workflow_name" end as "span_workflow_name", "enable_tracing", "batch_size", "concurrency", case when kind = 'SAVED' then "generation_method" end as "generation_method", case when kind = 'SAVED' then "tags" end as "tags", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", case when kind = 'SAVED' then "error_message" end as "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "is_stalled"
    from state left join sized on bytes_before < 1048576 order by changed, id;

-- a page of changes with fields and a filter
with horizon as materialized (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as number),
    page as materialized (
      select * from ((select "experiments"."changed", case when coalesce(("experiments"."deleted_at" is null and exists (select 1 from "experiment_tags" where (("experiment_tags"."organization" = $1 and "experiment_tags"."key" = $2) and "experiment_tags"."experiment_id" = "experiments"."id") limit 1 offset 0)), false) then 'SAVED' when "experiments"."deleted_at" is not null then 'DELETED' else 'UNMATCHED' end as kind, "experiments"."id", "experiments"."name", "experiments"."workflow_count", "experiments"."status", "experiments"."progress", "experiments"."created_at", "experiments"."updated_at", "experiments"."revision"
      from "experiments" where "experiments"."organization" = $3
      and ("experiments"."changed", "experiments"."id") > ($4, $5)
      and "experiments"."changed" < (select number from horizon) order by changed, id limit $6) union all (select "purged_experiments"."changed", 'DELETED' as kind, "purged_experiments"."id", null::text, null::integer, null::text, null::double precision, null::bigint, null::bigint, null::integer
      from "purged_experiments" where "purged_experiments"."organization" = $7
      and ("purged_experiments"."changed", "purged_experiments"."id") > ($8, $9)
      and "purged_experiments"."changed" < (select number from horizon) and not exists (
        select 1 from "experiments" where "experiments"."organization" = "purged_experiments"."organization"
          and "experiments"."id" = "purged_experiments"."id" limit 1 offset 0
      ) order by changed, id limit $10)) as either
      order by changed, id limit $11
    ), sized as (
      select *, sum(0) over (order by changed, id rows unbounded preceding) - 0 as bytes_before from page
    ), state as (
      select (select "change_feed"."name" from "change_feed" limit 1) as feed, (select count(*) from page) as found, 
        coalesce(greatest((select max("experiments"."changed") from "experiments" where "experiments"."organization" = $12), (select max("purged_experiments"."changed") from "purged_experiments" where "purged_experiments"."organization" = $13)) >= (select number from horizon), false) as is_pending
    )
    select state.feed, state.is_pending, state.found, changed, kind, "id", case when kind = 'SAVED' then "name" end as "name", "workflow_count", "status", "progress", "created_at", "updated_at", "revision"
    from state left join sized on bytes_before < 1048576 order by changed, id;

-- a page of changes of the trash
with horizon as materialized (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as number),
    page as materialized (
      select * from ((select "experiments"."changed", case when coalesce("experiments"."deleted_at" is not null, false) then 'SAVED'  else 'UNMATCHED' end as kind, "experiments"."id", "experiments"."name", "experiments"."workflow_count", "experiments"."status", "experiments"."progress", "experiments"."created_at", "experiments"."updated_at", "experiments"."revision"
      from "experiments" where "experiments"."organization" = $1
      and ("experiments"."changed", "experiments"."id") > ($2, $3)
      and "experiments"."changed" < (select number from horizon) order by changed, id limit $4) union all (select "purged_experiments"."changed", 'DELETED' as kind, "purged_experiments"."id", null::text, null::integer, null::text, null::double precision, null::bigint, null::bigint, null::integer
      from "purged_experiments" where "purged_experiments"."organization" = $5
      and ("purged_experiments"."changed", "purged_experiments"."id") > ($6, $7)
      and "purged_experiments"."changed" < (select number from horizon) and not exists (
        select 1 from "experiments" where "experiments"."organization" = "purged_experiments"."organization"
          and "experiments"."id" = "purged_experiments"."id" limit 1 offset 0
      ) order by changed, id limit $8)) as either
      order by changed, id limit $9
    ), sized as (
      select *, sum(0) over (order by changed, id rows unbounded preceding) - 0 as bytes_before from page
    ), state as (
      select (select "change_feed"."name" from "change_feed" limit 1) as feed, (select count(*) from page) as found, 
        coalesce(greatest((select max("experiments"."changed") from "experiments" where "experiments"."organization" = $10), (select max("purged_experiments"."changed") from "purged_experiments" where "purged_experiments"."organization" = $11)) >= (select number from horizon), false) as is_pending
    )
    select state.feed, state.is_pending, state.found, changed, kind, "id", case when kind = 'SAVED' then "name" end as "name", "workflow_count", "status", "progress", "created_at", "updated_at", "revision"
    from state left join sized on bytes_before < 1048576 order by changed, id;

-- remove an experiment
with locked as (select "organization", "id", "name", "description", "dataset_id", "workflow", "evaluator_ids", "evaluator_workflow_ids", "span_workflow_name", "enable_tracing", "batch_size", "concurrency", "generation_method", "tags", "folded_name", "folded_id", "folded_dataset_id", "workflow_count", "status", "progress", "created_at", "updated_at", "started_at", "completed_at", "error_message", "revision", "first_revision", "version", "attempt", "run_revision", "lease_seconds", "lease_expires_at", "cloned_from_id", "cloned_from_revision", "deleted_at", "purge_at", "changed" from "experiments" where organization = $1 and id = $2 for update)
        select "locked"."organization", "locked"."id", "locked"."name", "locked"."description", "locked"."dataset_id", "locked"."workflow", "locked"."evaluator_ids", "locked"."evaluator_workflow_ids", "locked"."span_workflow_name", "locked"."enable_tracing", "locked"."batch_size", "locked"."concurrency", "locked"."generation_method", "locked"."tags", "locked"."folded_name", "locked"."folded_id", "locked"."folded_dataset_id", "locked"."workflow_count", "locked"."status", "locked"."progress", "locked"."created_at", "locked"."updated_at", "locked"."started_at", "locked"."completed_at", "locked"."error_message", "locked"."revision", "locked"."first_revision", "locked"."version", "locked"."attempt", "locked"."run_revision", "locked"."lease_seconds", "locked"."lease_expires_at", "locked"."cloned_from_id", "locked"."cloned_from_revision", "locked"."deleted_at", "locked"."purge_at", "locked"."changed", case when locked.lease_expires_at is null then false else locked.lease_expires_at <= floor(extract(epoch from statement_timestamp()) * 1000)::bigint end as is_stalled
        from locked, take_experiment_id(locked.organization, locked.id);
with revisions as (delete from "experiment_revisions" where organization = $1 and experiment_id = $2),
      tags as (delete from "experiment_tags" where organization = $3 and experiment_id = $4),
      removed as (delete from "experiments" where organization = $5 and id = $6 returning organization, id, revision, version)
    insert into "purged_experiments" (organization, id, revision, version, changed)
    select organization, id, revision, version, pg_current_xact_id()::text::bigint from removed on conflict (organization, id) do update
  set revision = excluded.revision, version = excluded.version, changed = excluded.changed;

-- register a dataset
insert into "datasets" ("organization", "id", "name", "created_at", "updated_at") values ($1, $2, $3, $4, $5) on conflict ("organization","id") do update set "name" = excluded.name, "updated_at" = case when "datasets"."name" = excluded.name then "datasets"."updated_at" else excluded.updated_at end returning "organization", "id", "name", "created_at", "updated_at";

-- find a dataset
select "organization", "id", "name", "created_at", "updated_at" from "datasets" where ("datasets"."organization" = $1 and "datasets"."id" = $2);

-- a page of datasets
select "organization", "id", "name", "created_at", "updated_at" from "datasets" where "datasets"."organization" = $1 order by "datasets"."id" asc limit $2;

-- the last page of datasets between two ids
select "organization", "id", "name", "created_at", "updated_at" from "datasets" where ("datasets"."organization" = $1 and "datasets"."id" > $2 and "datasets"."id" < $3) order by "datasets"."id" desc limit $4;

-- count datasets
select count(*) from "datasets" where "datasets"."organization" = $1;

-- the name of a dataset
select "id", "name" from "datasets" where ("datasets"."organization" = $1 and "datasets"."id" = any($2::text[]));

-- insert the first API key
lock table "api_keys" in share row exclusive mode;
select "id" from "api_keys" limit $1;
insert into "api_keys" ("id", "organization", "name", "scopes", "prefix", "hash", "created_at", "expires_at", "last_used_at", "revoked_at") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- find an API key
select "id", "organization", "name", "scopes", "prefix", "hash", "created_at", "expires_at", "last_used_at", "revoked_at" from "api_keys" where "api_keys"."hash" = $1;

-- list API keys
select "id", "organization", "name", "scopes", "prefix", "hash", "created_at", "expires_at", "last_used_at", "revoked_at" from "api_keys" order by "api_keys"."created_at" desc, "api_keys"."id";

-- the names of API keys
select "id", "name" from "api_keys" where ("api_keys"."organization" = $1 and "api_keys"."id" = any($2::text[]) and "api_keys"."name" is not null);

-- record the use of API keys
update "api_keys" set "last_used_at" = used.at from unnest($1::text[], $2::bigint[]) as used (id, at) where "api_keys"."id" = used.id;

-- revoke an API key
update "api_keys" set "revoked_at" = coalesce("api_keys"."revoked_at", $1) where "api_keys"."id" = $2 returning "id";

-- list organizations
select distinct organization from (select "api_keys"."organization" as organization from "api_keys" union all select "experiment_counts"."organization" as organization from "experiment_counts" union all select "datasets"."organization" as organization from "datasets") as used order by organization limit $1;

-- find an organization
select organization from (select "api_keys"."organization" as organization from "api_keys" union all select "experiment_counts"."organization" as organization from "experiment_counts" union all select "datasets"."organization" as organization from "datasets") as used where organization = $1 limit $2;

