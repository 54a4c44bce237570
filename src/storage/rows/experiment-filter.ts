import { and, type Column, eq, gte, isNotNull, isNull, lt, not, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { FieldComparison } from '../../domain/experiment/comparison.ts';
import type { ExperimentFilter } from '../../domain/experiment/query.ts';
import { toCanonicalJson } from '../../domain/json/canonical-json.ts';
import { toJsonText } from '../../domain/json/exact-json.ts';
import { foldText } from '../../domain/text.ts';
import { type Bind, joinWithOr } from './condition.ts';
import { type ComparisonDialect, createComparisonBuilder, describeComparison } from './field-comparison.ts';
import { buildHasExpired } from './lease.ts';

/** The parts of a filter that depend on the engine: its columns, and SQL that differs. */
export interface FilterDialect extends ComparisonDialect {
  readonly experiments: ComparisonDialect['experiments'] & {
    readonly status: Column;
    readonly tags: Column;
    readonly deletedAt: Column;
    readonly leaseExpiresAt: Column;
  };
  readonly experimentTags: Readonly<Record<'organization' | 'key' | 'value' | 'experimentId', Column>> & {
    getSQL(): SQL;
  };
  /** The clock of the database, in milliseconds since 1970. */
  readonly clock: SQL;
  readonly experimentEvaluators: Readonly<Record<'organization' | 'evaluatorId' | 'experimentId', Column>> & {
    getSQL(): SQL;
  };
  /** Whether an experiment is one of an organization whose ids are in a JSON list; a lookup by key. */
  isAmong(organization: SQL, ids: SQL): SQL;
  /** The table of tags where those of one experiment are looked up: for an engine that would take another index. */
  readonly tagsOfExperiment?: SQL;
  /** A tag's key or value in the form that the tag index stores. */
  tagPart(text: string): string;
}

/**
 * How a condition asks for an entry of another table: `in` lets an index of that table find the rows of a list, and
 * `exists` looks up each row, which is cheap where few rows are found in another way.
 */
type Lookup = 'in' | 'exists';

/**
 * Returns a function that builds the SQL condition of a filter. Its first part names either what is in the trash or what
 * is not, in the words of the partial indexes.
 */
export function createFilterBuilder(dialect: FilterDialect, lookup: Lookup = 'in') {
  const { experiments, experimentTags, experimentEvaluators, tagsOfExperiment } = dialect;
  const { clock, contains, tagPart, isAmong } = dialect;
  const compare = createComparisonBuilder(dialect);
  return (filter: ExperimentFilter, organization: string, bind: Bind): SQL | undefined =>
    and(
      filter.deleted ? isNotNull(experiments.deletedAt) : isNull(experiments.deletedAt),
      matches(filter, organization, bind),
    );

  function matches(filter: ExperimentFilter, organization: string, bind: Bind): SQL | undefined {
    const { ids, status, datasetId, nameContains, tag, evaluatorId, hasTags } = filter;
    const { createdFrom, createdBefore, updatedFrom, updatedBefore } = filter;
    const bindTime = (date: Date) => bind(date.getTime());
    return and(
      ids ? isAmong(bind(organization), bind(JSON.stringify(ids))) : undefined,
      status ? joinWithOr([...new Set(status)].map((each) => sql`${experiments.status} = ${bind(each)}`)) : undefined,
      datasetId != null ? eq(experiments.datasetId, bind(datasetId)) : undefined,
      nameContains != null ? contains(experiments.foldedName, bind(foldText(nameContains))) : undefined,
      tag ? hasTag(tag, organization, bind) : undefined,
      evaluatorId != null ? hasEvaluator(evaluatorId, organization, bind) : undefined,
      hasTags != null ? isTagged(hasTags) : undefined,
      createdFrom ? gte(experiments.createdAt, bindTime(createdFrom)) : undefined,
      createdBefore ? lt(experiments.createdAt, bindTime(createdBefore)) : undefined,
      updatedFrom ? gte(experiments.updatedAt, bindTime(updatedFrom)) : undefined,
      updatedBefore ? lt(experiments.updatedAt, bindTime(updatedBefore)) : undefined,
      filter.compare ? compare(filter.compare, bind) : undefined,
      filter.stalled != null ? isStalled(filter.stalled) : undefined,
      ...(filter.and ?? []).map((part) => matches(part, organization, bind)),
      filter.or ? joinWithOr(filter.or.map((part) => matches(part, organization, bind))) : undefined,
      filter.not ? negate(matches(filter.not, organization, bind)) : undefined,
    );
  }

  function isStalled(isWanted: boolean): SQL {
    const hasExpired = buildHasExpired(experiments.leaseExpiresAt, clock);
    return isWanted ? hasExpired : negate(hasExpired);
  }

  /**
   * Whether the list of tags is longer than `[]`. Both engines know its length without reading it. The index of tags would
   * not do: it has no entry for a tag without keys.
   */
  function isTagged(isMeant: boolean): SQL {
    return isMeant ? sql`octet_length(${experiments.tags}) > 2` : sql`octet_length(${experiments.tags}) <= 2`;
  }

  function hasTag(tag: NonNullable<ExperimentFilter['tag']>, organization: string, bind: Bind): SQL {
    const where = and(
      eq(experimentTags.organization, bind(organization)),
      eq(experimentTags.key, bind(tagPart(tag.key))),
      tag.value === undefined
        ? undefined
        : eq(experimentTags.value, bind(tagPart(toCanonicalJson(toJsonText(tag.value))))),
    );
    return hasEntry(experimentTags, where, tagsOfExperiment);
  }

  /**
   * Whether a table that refers to experiments has an entry of this one. `ofExperiment` is the table where rows are
   * looked up. The offset keeps PostgreSQL from reading all entries that match instead.
   */
  function hasEntry(
    table: SQLWrapper & { readonly experimentId: Column },
    where: SQL | undefined,
    ofExperiment: SQLWrapper = table,
  ): SQL {
    if (lookup === 'in') return sql`${experiments.id} in (select ${table.experimentId} from ${table} where ${where})`;
    const isOfRow = and(where, eq(table.experimentId, experiments.id));
    return sql`exists (select 1 from ${ofExperiment} where ${isOfRow} limit 1 offset 0)`;
  }

  function hasEvaluator(evaluatorId: string, organization: string, bind: Bind): SQL {
    const where = and(
      eq(experimentEvaluators.organization, bind(organization)),
      eq(experimentEvaluators.evaluatorId, bind(evaluatorId)),
    );
    return hasEntry(experimentEvaluators, where);
  }
}

/** A condition that SQL evaluates to null (an absent dataset, for example) does not match, so its negation does. */
function negate(part: SQL | undefined): SQL {
  return part ? not(sql`coalesce(${part}, false)`) : sql`false`;
}

/** A key that is equal for filters that differ only in their values; empty for a filter without conditions. */
export function describeShape(filter: ExperimentFilter): string {
  const parts = Object.entries(filter).flatMap(([name, value]) => {
    if (value == null || (name === 'deleted' && value === false)) return [];
    if (name === 'and' || name === 'or')
      return `${name}${value.length}(${(value as ExperimentFilter[]).map(describeShape).join()})`;
    if (name === 'not') return `not(${describeShape(value as ExperimentFilter)})`;
    if (name === 'compare') return `compare(${describeComparison(value as FieldComparison)})`;
    if (name === 'stalled') return `${name} ${value as boolean}`;
    if (name === 'hasTags') return value ? name : 'hasNoTags';
    if (name === 'status') return `status${new Set(value as string[]).size}`;
    return name === 'tag' && (value as { value?: unknown }).value === undefined ? 'tagKey' : name;
  });
  return parts.toSorted().join('&');
}
