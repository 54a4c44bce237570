import { openStream, type Stream } from '../http/stream.ts';
import type { TestGateway } from './test-gateway.ts';

/** One event of a stream of changes. */
export interface ReceivedChange {
  readonly kind: 'SAVED' | 'UNMATCHED' | 'DELETED';
  readonly experimentId: string;
  readonly cursor: string;
  readonly experiment: any;
}

export interface ChangesStream extends Omit<Stream, 'next'> {
  next(): Promise<ReceivedChange>;
  /** The next result as it was sent, or 'complete'. */
  nextResult(): Promise<any>;
  /** The next changes, each as its kind and id: `SAVED exp_1`. */
  take(count: number): Promise<string[]>;
}

export interface ChangesOptions {
  readonly since?: string | null;
  readonly filter?: object | null;
  /** What to select of the experiments. */
  readonly fields?: string;
  readonly key?: string | null;
}

/** Opens `experimentsChanged`. */
export async function openChanges(
  gateway: Pick<TestGateway, 'fetch' | 'key'>,
  { fields = 'id', key, ...variables }: ChangesOptions = {},
): Promise<ChangesStream> {
  const query = `subscription ($filter: ExperimentFilter, $since: String) {
    experimentsChanged(filter: $filter, since: $since) { kind experimentId cursor experiment { ${fields} } }
  }`;
  const stream = await openStream(gateway, query, { variables, ...(key !== undefined && { key }) });
  const next = async (): Promise<ReceivedChange> => {
    const result = await stream.next();
    if (!result.data) throw new Error(JSON.stringify(result));
    return result.data.experimentsChanged;
  };
  return {
    ...stream,
    next,
    nextResult: stream.next,
    async take(count) {
      const changes: string[] = [];
      while (changes.length < count) {
        const { kind, experimentId } = await next();
        changes.push(`${kind} ${experimentId}`);
      }
      return changes;
    },
  };
}

/** A cursor for `since`, as a list returns it. */
export async function findChangesCursor({ data }: Pick<TestGateway, 'data'>): Promise<string> {
  return (await data('{ experiments(first: 1) { changesCursor } }')).experiments.changesCursor;
}
