import { and, type Column, eq, gte, lt, not, or, type SQL, sql } from 'drizzle-orm';
import type { ExperimentFilter } from '../../domain/experiment/query.ts';
import { toCanonicalJson } from '../../domain/json/canonical-json.ts';
import { toJsonText } from '../../domain/json/exact-json.ts';
import { foldName } from './experiment-row.ts';

/** Takes a value and answers the placeholder that stands for it, so that statements are prepared by shape. */
export type Bind = (value: string | number) => SQL;

/** What an engine brings to filters: its columns, and what its SQL says in words of its own. */
export interface FilterDialect {
  readonly experiments: Readonly<
    Record<'id' | 'status' | 'datasetId' | 'foldedName' | 'createdAt' | 'updatedAt', Column>
  >;
  readonly experimentTags: Readonly<Record<'organization' | 'key' | 'value' | 'experimentId', Column>> & {
    getSQL(): SQL;
  };
  contains(column: Column, text: SQL): SQL;
  /** A key or value of a tag as the table of tags keeps it. */
  tagPart(text: string): string;
}

/** Makes the condition of a filter; `undefined` for one that lets everything through. */
export function createFilterBuilder({ experiments, experimentTags, contains, tagPart }: FilterDialect) {
  return matches;

  function matches(filter: ExperimentFilter, organization: string, bind: Bind): SQL | undefined {
    const { status, datasetId, nameContains, tag, createdFrom, createdBefore, updatedFrom, updatedBefore } = filter;
    const time = (date: Date) => bind(date.getTime());
    return and(
      status ? joinWithOr([...new Set(status)].map((each) => sql`${experiments.status} = ${bind(each)}`)) : undefined,
      datasetId != null ? eq(experiments.datasetId, bind(datasetId)) : undefined,
      nameContains != null ? contains(experiments.foldedName, bind(foldName(nameContains))) : undefined,
      tag ? hasTag(tag, organization, bind) : undefined,
      createdFrom ? gte(experiments.createdAt, time(createdFrom)) : undefined,
      createdBefore ? lt(experiments.createdAt, time(createdBefore)) : undefined,
      updatedFrom ? gte(experiments.updatedAt, time(updatedFrom)) : undefined,
      updatedBefore ? lt(experiments.updatedAt, time(updatedBefore)) : undefined,
      ...(filter.and ?? []).map((part) => matches(part, organization, bind)),
      filter.or ? joinWithOr(filter.or.map((part) => matches(part, organization, bind))) : undefined,
      filter.not ? negate(matches(filter.not, organization, bind)) : undefined,
    );
  }

  function hasTag(tag: NonNullable<ExperimentFilter['tag']>, organization: string, bind: Bind): SQL {
    const where = and(
      eq(experimentTags.organization, bind(organization)),
      eq(experimentTags.key, bind(tagPart(tag.key))),
      tag.value === undefined
        ? undefined
        : eq(experimentTags.value, bind(tagPart(toCanonicalJson(toJsonText(tag.value))))),
    );
    return sql`${experiments.id} in (select ${experimentTags.experimentId} from ${experimentTags} where ${where})`;
  }
}

/** A part that lets everything through makes the whole do so; no parts at all let nothing through. */
function joinWithOr(parts: (SQL | undefined)[]): SQL | undefined {
  if (parts.length === 0) return sql`false`;
  return parts.includes(undefined) ? undefined : or(...parts);
}

/** What SQL cannot decide (an absent dataset, say) does not match, so its opposite does. */
function negate(part: SQL | undefined): SQL {
  return part ? not(sql`coalesce(${part}, false)`) : sql`false`;
}

/** A key that is equal for queries that differ in their values alone. */
export function describeShape(filter: ExperimentFilter): string {
  const parts = Object.entries(filter).flatMap(([name, value]) => {
    if (value == null) return [];
    if (name === 'and' || name === 'or')
      return `${name}${value.length}(${(value as ExperimentFilter[]).map(describeShape).join()})`;
    if (name === 'not') return `not(${describeShape(value as ExperimentFilter)})`;
    if (name === 'status') return `status${new Set(value as string[]).size}`;
    return name === 'tag' && (value as { value?: unknown }).value === undefined ? 'tagKey' : name;
  });
  return parts.toSorted().join('&');
}
