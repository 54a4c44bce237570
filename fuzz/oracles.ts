import type { FuzzAnswer, FuzzCase } from './case.ts';
import { findShapeFaults, parseValid } from './shape.ts';
import type { Target } from './target.ts';

/** What no message to a caller may hold (contract, section 5). */
const leaks =
  /\n\s+at |node_modules|\/src\/|\.ts:\d|SQLITE_|SQLite|better-sqlite3|drizzle|postgres|relation "|SELECT .* FROM|INSERT INTO|UPDATE .* SET|\/tmp\/|\/dev\/shm|\w+Error:|Cannot read prop|is not a function|undefined|\[object /;

/** What is wrong with an answer, in one line each. */
export function findFaults(sent: FuzzCase, answer: FuzzAnswer | null): string[] {
  if (answer === null) return sent.door === 'raw' ? [] : ['there is no answer'];
  const { status, type, text } = answer;
  // Not a fault of the request: this machine may be overloaded.
  if (status === 503 && /SERVICE_UNAVAILABLE|too much to do/.test(text)) return [];
  if (status === 500 || text.includes('INTERNAL_SERVER_ERROR'))
    return [`internal fault: ${status} ${text.slice(0, 300)}`];
  if (status < 200 || status > 431) return [`status ${status}`];
  if (type === 'raw') return leaks.test(text.slice(0, 2_000)) ? [`leak: ${text.slice(0, 300)}`] : [];
  if (status === 204 || type.startsWith('text/event-stream') || type.startsWith('text/html')) return [];
  if (status === 405 && text === '') return [];
  let body: any;
  try {
    body = JSON.parse(text);
  } catch {
    return [`no JSON (${status}, ${type}): ${text.slice(0, 200)}`];
  }
  const messages = JSON.stringify(body, (key, value) => (key === 'data' || key === 'results' ? undefined : value));
  // A message may quote what was sent, which these words are no part of.
  const faults = leaks.test(messages) && !sent.isChanged && body.data === undefined ? findLeak(body) : [];
  return sent.operation && !sent.isChanged ? [...faults, ...findGraphqlFaults(sent.operation, answer, body)] : faults;
}

function findLeak(body: any): string[] {
  const texts = [...(body.errors?.map?.((error: any) => error.message) ?? []), body.detail ?? ''];
  return texts.filter((text) => leaks.test(text)).map((text) => `leak: ${text}`);
}

function findGraphqlFaults(
  { query, variables }: NonNullable<FuzzCase['operation']>,
  { status }: FuzzAnswer,
  body: any,
) {
  const hasData = body.data !== undefined && body.data !== null;
  if (body.errors !== undefined && (!Array.isArray(body.errors) || body.errors.length === 0))
    return ['errors are no list'];
  if (body.errors?.some(({ message, extensions }: any) => typeof message !== 'string' || !extensions?.code))
    return [`an error without a message or a code: ${JSON.stringify(body.errors).slice(0, 300)}`];
  if (!hasData && !body.errors) return [`neither data nor errors: ${status}`];
  if (!hasData) return [];
  const document = parseValid(query);
  if (!document) return [`data for a document that is not valid: ${status}`];
  return findShapeFaults(document, variables, body.data);
}

/** Whether nothing of a request may have been written: all of it was refused, or it only reads. */
export function isRefused(sent: FuzzCase, answer: FuzzAnswer | null): boolean {
  if (answer === null || answer.type === 'raw' || answer.status === 503 || sent.isStream) return false;
  if (answer.status >= 400 || sent.method === 'GET') return true;
  if (!sent.operation || sent.isChanged) return false;
  const { data } = JSON.parse(answer.text);
  if (data === null || data === undefined) return answer.status >= 400;
  return Object.values<any>(data).every((result) => /Error$|Preview$/.test(result?.__typename ?? ''));
}

const content =
  'name description datasetId workflow evaluatorIds evaluatorWorkflowIds spanWorkflowName enableTracing batchSize concurrency generationMethod tags';
const pageQuery = `query ($after: String, $deleted: Boolean) {
  experiments(first: 100, after: $after, filter: { deleted: $deleted }, orderBy: { field: CREATED_AT, direction: ASC }) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id revision status progress attempt runRevision ${content} revisions(first: 1) { nodes { revision ${content} } } }
  }
}`;

const row = 'nodes { id revision status progress attempt updatedAt }';
const newestQuery = `{ ${['live', 'trash']
  .map((name) => {
    const filter = `filter: { deleted: ${name === 'trash'} }`;
    return `${name}: experiments(first: 100, ${filter}, orderBy: { field: UPDATED_AT, direction: DESC }) { totalCount ${row} }`;
  })
  .join(' ')} }`;

/**
 * A text that changes with every write of the organization. On SQLite it is the number of the latest change; on
 * PostgreSQL cursors move with the transactions of everybody, so there it is what was written last.
 */
export async function readPosition({ read, isSqlite }: Target): Promise<string> {
  if (isSqlite) return (await read('{ experiments(first: 1) { changesCursor } }')).experiments.changesCursor;
  return JSON.stringify(await read(newestQuery));
}

/** What does not hold in storage: the latest revision is the experiment, totals count the pages, states fit together. */
export async function findStorageFaults({ read }: Target): Promise<string[]> {
  const faults: string[] = [];
  const all = new Set<string>();
  for (const deleted of [false, true]) {
    let after: string | null = null;
    let count = 0;
    for (let isMore = true; isMore; ) {
      const { experiments }: any = await read(pageQuery, { after, deleted });
      for (const node of experiments.nodes) {
        count++;
        if (all.has(node.id)) faults.push(`${node.id} is in two pages or lists`);
        all.add(node.id);
        const [latest] = node.revisions.nodes;
        for (const field of ['revision', ...content.split(' ')])
          if (JSON.stringify(latest?.[field]) !== JSON.stringify(node[field]))
            faults.push(`${field} of the latest revision of ${node.id} differs from the experiment`);
        if (node.status === 'COMPLETED' && node.progress !== 100)
          faults.push(`${node.id} is completed at ${node.progress}`);
        if (node.status === 'RUNNING' && node.attempt < 1) faults.push(`${node.id} runs without an attempt`);
        if (node.runRevision > node.revision) faults.push(`${node.id} ran a revision that does not exist`);
        if (node.evaluatorIds.length > 0 && node.evaluatorWorkflowIds.length > 0)
          faults.push(`${node.id} has evaluators and evaluator workflows`);
      }
      ({ hasNextPage: isMore, endCursor: after } = experiments.pageInfo);
      if (!isMore && experiments.totalCount !== count)
        faults.push(`totalCount ${experiments.totalCount}, but ${count} pages`);
    }
  }
  return faults;
}
