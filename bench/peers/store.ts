import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import type { Content } from './rules.ts';

/**
 * The gateway's tables behind hand-written SQL: every statement is prepared once, and every write is one durable
 * transaction. All peers share this store, so that they differ only in their server.
 */
export interface Caller {
  readonly organization: string;
  readonly keyId: string;
  readonly scopes: readonly string[];
}

/** A row with the names of the GraphQL schema: lists are JSON text, times are milliseconds, booleans are 0 or 1. */
export interface Experiment extends Content {
  readonly organization: string;
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly progress: number;
  readonly tags: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly errorMessage: string | null;
  readonly revision: number;
}

export interface Change {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: 'SET' | 'RESET_TO_DEFAULT' | 'CLEARED';
}

export type Replaced =
  | { readonly kind: 'replaced'; readonly experiment: Experiment; readonly changes: Change[] }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale'; readonly current: Experiment };

export interface Write {
  readonly id: string;
  readonly content: Content;
  readonly ifRevision: number | null;
  readonly dryRun: boolean;
}

export interface Page<Entry> {
  readonly rows: Entry[];
  readonly hasNextPage: boolean;
}

const columns = `organization, id, name, description, dataset_id AS datasetId, workflow, workflow_count AS workflowCount,
  evaluator_ids AS evaluatorIds, evaluator_workflow_ids AS evaluatorWorkflowIds,
  span_workflow_name AS spanWorkflowName, enable_tracing AS enableTracing, batch_size AS batchSize, concurrency,
  generation_method AS generationMethod, tags, status, progress, created_at AS createdAt, updated_at AS updatedAt,
  started_at AS startedAt, completed_at AS completedAt, error_message AS errorMessage, revision`;

export type Row = Pick<
  Experiment,
  | 'id'
  | 'name'
  | 'status'
  | 'createdAt'
  | 'updatedAt'
  | 'datasetId'
  | 'workflowCount'
  | 'progress'
  | 'tags'
  | 'evaluatorIds'
  | 'batchSize'
  | 'revision'
>;
const rowColumns = `id, name, status, created_at AS createdAt, updated_at AS updatedAt, dataset_id AS datasetId,
  workflow_count AS workflowCount, progress, tags, evaluator_ids AS evaluatorIds, batch_size AS batchSize, revision`;

export function openStore(path: string) {
  const db = new Database(path, { fileMustExist: true, timeout: 2_000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');

  const keyByHash = db.prepare<[string], { id: string; organization: string; scopes: string }>(
    'SELECT id, organization, scopes FROM api_keys WHERE hash = ? AND revoked_at IS NULL',
  );
  const one = db.prepare<[string, string], Experiment>(
    `SELECT ${columns} FROM experiments WHERE organization = ? AND id = ?`,
  );
  const wholePages = preparePages<Experiment>(db, columns);
  const rowPages = preparePages<Row>(db, rowColumns);
  const total = db.prepare<[string], number>('SELECT count(*) FROM experiments WHERE organization = ?').pluck();
  const dataset = db
    .prepare<[string, string], string>('SELECT name FROM datasets WHERE organization = ? AND id = ?')
    .pluck();
  const update = db.prepare(
    `UPDATE experiments SET name = @name, folded_name = @foldedName, description = @description,
       dataset_id = @datasetId, workflow = @workflow, workflow_count = @workflowCount, evaluator_ids = @evaluatorIds,
       evaluator_workflow_ids = @evaluatorWorkflowIds, span_workflow_name = @spanWorkflowName,
       enable_tracing = @enableTracing, batch_size = @batchSize, concurrency = @concurrency,
       generation_method = @generationMethod, updated_at = @updatedAt, revision = @revision, version = version + 1
     WHERE organization = @organization AND id = @id`,
  );
  const record = db.prepare<[string, string, string]>(
    `INSERT INTO experiment_revisions (organization, experiment_id, revision, created_at, author_kind, author_id, name,
       description, dataset_id, workflow, evaluator_ids, evaluator_workflow_ids, span_workflow_name, enable_tracing,
       batch_size, concurrency, generation_method, tags)
     SELECT organization, id, revision, updated_at, 'apiKey', ?, name, description, dataset_id, workflow,
       evaluator_ids, evaluator_workflow_ids, span_workflow_name, enable_tracing, batch_size, concurrency,
       generation_method, tags
     FROM experiments WHERE organization = ? AND id = ?`,
  );

  const replace = db.transaction(({ organization, keyId }: Caller, write: Write): Replaced => {
    const { id, content, ifRevision, dryRun } = write;
    const current = one.get(organization, id);
    if (!current) return { kind: 'missing' };
    if (ifRevision !== null && ifRevision !== current.revision) return { kind: 'stale', current };
    const name = content.name ?? current.name;
    const changes = findChanges(current, content, name);
    if (changes.length === 0) return { kind: 'replaced', experiment: current, changes };
    const experiment = { ...current, ...content, name, updatedAt: Date.now(), revision: current.revision + 1 };
    if (!dryRun) {
      update.run({ ...experiment, foldedName: name.normalize('NFKC').toLowerCase().toUpperCase() });
      record.run(keyId, organization, id);
    }
    return { kind: 'replaced', experiment, changes };
  });

  return {
    /** Finds the caller by the hash of the key in an `Authorization` header. */
    caller(authorization: string | undefined): Caller | null {
      const [, secret] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
      if (secret === undefined) return null;
      const key = keyByHash.get(createHash('sha256').update(secret).digest('hex'));
      return key ? { organization: key.organization, keyId: key.id, scopes: JSON.parse(key.scopes) as string[] } : null;
    },
    find: ({ organization }: Caller, id: string): Experiment | undefined => one.get(organization, id),
    datasetName: (organization: string, id: string): string | null => dataset.get(organization, id) ?? null,
    count: ({ organization }: Caller): number => total.get(organization) ?? 0,
    replace: (caller: Caller, write: Write): Replaced => replace.immediate(caller, write),

    /** Pages of whole experiments, and of the 12 columns that a REST list returns. Null for an invalid cursor. */
    page: ({ organization }: Caller, size: number, after: string | null) => wholePages(organization, size, after),
    rowPage: ({ organization }: Caller, size: number, after: string | null) => rowPages(organization, size, after),
    close: () => db.close(),
  };
}
export type Store = ReturnType<typeof openStore>;

/** Keyset pagination, newest first. */
function preparePages<Entry extends { id: string; createdAt: number }>(db: Database.Database, selected: string) {
  const first = db.prepare<[string, number], Entry>(
    `SELECT ${selected} FROM experiments WHERE organization = ? ORDER BY created_at DESC, id DESC LIMIT ?`,
  );
  const later = db.prepare<[string, number, string, number], Entry>(
    `SELECT ${selected} FROM experiments WHERE organization = ? AND (created_at, id) < (?, ?)
     ORDER BY created_at DESC, id DESC LIMIT ?`,
  );
  return (organization: string, size: number, after: string | null): Page<Entry> | null => {
    const keyset = after === null ? undefined : decodeCursor(after);
    if (after !== null && !keyset) return null;
    const rows = keyset
      ? later.all(organization, keyset.createdAt, keyset.id, size + 1)
      : first.all(organization, size + 1);
    const hasNextPage = rows.length > size;
    if (hasNextPage) rows.pop();
    return { rows, hasNextPage };
  };
}

/** The position of a row in the list. */
export function encodeCursor({ createdAt, id }: Pick<Experiment, 'createdAt' | 'id'>): string {
  return Buffer.from(JSON.stringify(['CREATED_AT', createdAt, id])).toString('base64url');
}

function decodeCursor(cursor: string): { createdAt: number; id: string } | undefined {
  try {
    const [field, createdAt, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (field !== 'CREATED_AT' || typeof createdAt !== 'number' || typeof id !== 'string') return undefined;
    return { createdAt, id };
  } catch {
    return undefined;
  }
}

const defaults: Readonly<Record<string, unknown>> = {
  spanWorkflowName: 'workflow',
  enableTracing: 1,
  batchSize: 100,
  concurrency: 15,
};

/** The columns that a replace may change, and how each is returned. */
const plain = (value: unknown) => value;
const parsed = (value: unknown) => JSON.parse(value as string) as unknown;
const edited: readonly (readonly [keyof Content, (value: unknown) => unknown])[] = [
  ['name', plain],
  ['description', plain],
  ['datasetId', plain],
  ['workflow', parsed],
  ['evaluatorIds', parsed],
  ['evaluatorWorkflowIds', parsed],
  ['spanWorkflowName', plain],
  ['enableTracing', (value) => value === 1],
  ['batchSize', plain],
  ['concurrency', plain],
  ['generationMethod', plain],
];

function findChanges(current: Experiment, content: Content, name: string): Change[] {
  const changes: Change[] = [];
  for (const [field, answered] of edited) {
    const before = current[field];
    const after = field === 'name' ? name : content[field];
    if (before === after) continue;
    changes.push({ field, before: answered(before), after: answered(after), reason: findReason(field, after) });
  }
  return changes;
}

function findReason(field: string, after: unknown): Change['reason'] {
  if (after === null || after === '' || after === '[]') return 'CLEARED';
  return defaults[field] === after ? 'RESET_TO_DEFAULT' : 'SET';
}
