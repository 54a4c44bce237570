import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChangePosition, ChangesPage, FeedEnd } from '../../src/domain/experiment/change-feed.ts';
import type { ExperimentEvent } from '../../src/domain/experiment/events.ts';
import type { ExperimentFilter } from '../../src/domain/experiment/query.ts';
import type { ReadField } from '../../src/domain/experiment/reading.ts';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

const at = new Date('2026-05-01T00:00:00.000Z');
const purgeAt = new Date('2026-05-31T00:00:00.000Z');
const beginning: ChangePosition = { number: 0, id: '' };

/** The feed of changes: what a list learns that continues from a position. */
export function changesContract(newDatabase: NewDatabase): void {
  const open = async (events: ExperimentEvent[] = []) =>
    (await openStorageOn(await newDatabase(), (event) => events.push(event))).experiments;
  const insert = (experiments: ExperimentStore, id: string, changes = {}) =>
    experiments.insert(anExperiment({ id, ...changes }), author);
  const trash = (experiments: ExperimentStore, id: string) =>
    experiments.trash({ organization: 'acme', id, ifRevision: null, at, purgeAt });
  const remove = (experiments: ExperimentStore, id: string) =>
    experiments.remove({ organization: 'acme', id, ifRevision: null });
  const resize = (experiments: ExperimentStore, id: string, batchSize: number) =>
    experiments.replace(toReplace(anExperiment({ id }), { batchSize }));

  test('each experiment that changed is returned once, with its latest state, in the order of the changes', async () => {
    const experiments = await open();
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await insert(experiments, id);
    const { position, feed } = await findEnd(experiments);
    expect(await describeChanges(experiments, position)).toEqual([]);
    await resize(experiments, 'b', 8);
    await trash(experiments, 'c');
    await remove(experiments, 'd');
    await trash(experiments, 'e');
    await experiments.restore({ organization: 'acme', id: 'e', at });
    await trash(experiments, 'f');
    await remove(experiments, 'f');
    await resize(experiments, 'b', 9);
    await experiments.step({ organization: 'acme', id: 'a', step: { name: 'start' }, at });
    expect(await describeChanges(experiments, position)).toEqual([
      'DELETED c',
      'DELETED d',
      'SAVED e',
      'DELETED f',
      'SAVED b',
      'SAVED a',
    ]);
    const page = await listChanges(experiments, position);
    expect(page).toMatchObject({ feed, hasMore: false, isPending: false });
    const saved = page.changes.flatMap(({ change }) => (change.kind === 'SAVED' ? [change.experiment] : []));
    for (const experiment of saved)
      expect(toPlain(experiment)).toEqual(toPlain(await experiments.find('acme', experiment.id)));
  });

  test('every position that was returned, and no other change, is behind the changes that it follows', async () => {
    const experiments = await open();
    for (const id of ['a', 'b', 'c']) await insert(experiments, id);
    const all = await describeChanges(experiments, beginning);
    const { changes } = await listChanges(experiments, beginning);
    for (const [index, { position }] of changes.entries())
      expect(await describeChanges(experiments, position)).toEqual(all.slice(index + 1));
    const { position } = await findEnd(experiments);
    expect(await describeChanges(experiments, position)).toEqual([]);
  });

  test('writes that change nothing, and changes of another organization, are no changes', async () => {
    const experiments = await open();
    await insert(experiments, 'a');
    const { position } = await findEnd(experiments);
    await insert(experiments, 'a');
    await experiments.replace(toReplace(anExperiment({ id: 'a' }), {}));
    await experiments.restore({ organization: 'acme', id: 'a', at });
    await remove(experiments, 'nobody');
    await insert(experiments, 'x', { organization: 'other' });
    await experiments.remove({ organization: 'other', id: 'x', ifRevision: null });
    expect(await describeChanges(experiments, position)).toEqual([]);
    expect(await describeChanges(experiments, beginning, {}, 'other')).toEqual(['DELETED x']);
  });

  test('what does not match the filter is returned by its id alone, whatever the filter asks for', async () => {
    const experiments = await open();
    const ours = { tags: json('[{"team":"a"},{"n":1.0}]'), datasetId: 'd1', name: 'Ours' };
    await insert(experiments, 'ours', ours);
    await insert(experiments, 'theirs', { tags: json('[{"team":"b"}]'), datasetId: null, name: 'Theirs' });
    const filters: ExperimentFilter[] = [
      { tag: { key: 'team', value: 'a' } },
      { tag: { key: 'n' } },
      { not: { tag: { key: 'team', value: 'b' } } },
      { datasetId: 'd1' },
      { not: { not: { datasetId: 'd1' } } },
      { nameContains: 'OURS' },
      { or: [{ datasetId: 'd1' }, { status: ['FAILED'] }] },
      { and: [{ tag: { key: 'team' } }, { datasetId: 'd1' }], status: ['PENDING'] },
    ];
    for (const filter of filters)
      expect([filter, await describeChanges(experiments, beginning, filter)]).toEqual([
        filter,
        ['SAVED ours', 'UNMATCHED theirs'],
      ]);
    expect(await describeChanges(experiments, beginning, { status: [] })).toEqual([
      'UNMATCHED ours',
      'UNMATCHED theirs',
    ]);
  });

  test('for a list of the trash, what is not in it is unmatched, and what was purged is deleted', async () => {
    const events: ExperimentEvent[] = [];
    const experiments = await open(events);
    for (const id of ['live', 'trashed', 'restored', 'purged']) await insert(experiments, id);
    for (const id of ['trashed', 'restored', 'purged']) await trash(experiments, id);
    await experiments.restore({ organization: 'acme', id: 'restored', at });
    const { position } = await findEnd(experiments);
    await remove(experiments, 'purged');
    expect(await describeChanges(experiments, beginning, { deleted: true })).toEqual([
      'UNMATCHED live',
      'SAVED trashed',
      'UNMATCHED restored',
      'DELETED purged',
    ]);
    events.length = 0;
    while (await experiments.purge(purgeAt));
    expect(events).toEqual([{ kind: 'deleted', organization: 'acme', id: 'trashed', version: 2 }]);
    expect(await describeChanges(experiments, position, { deleted: true })).toEqual([
      'DELETED purged',
      'DELETED trashed',
    ]);
  });

  test('an id that is used again is one change, saved', async () => {
    const experiments = await open();
    for (const id of ['a', 'b']) await insert(experiments, id);
    const { position } = await findEnd(experiments);
    await trash(experiments, 'a');
    await remove(experiments, 'b');
    for (const id of ['a', 'b']) await insert(experiments, id, { name: 'Again' });
    expect(await describeChanges(experiments, position)).toEqual(['SAVED a', 'SAVED b']);
  });

  test('a page holds at most 100 changes, and the next one continues behind it', async () => {
    const experiments = await open();
    const ids = Array.from({ length: 205 }, (_, index) => `exp_${String(index).padStart(3, '0')}`);
    for (const id of ids) await insert(experiments, id);
    for (const id of ids.slice(0, 50)) await remove(experiments, id);
    const sizes: number[] = [];
    const seen: string[] = [];
    for (let [after, hasMore] = [beginning, true]; hasMore; ) {
      const page = await listChanges(experiments, after);
      sizes.push(page.changes.length);
      seen.push(...page.changes.map(({ change }) => change.id));
      after = page.changes.at(-1)?.position ?? after;
      ({ hasMore } = page);
    }
    expect(sizes).toEqual([100, 100, 5]);
    expect(seen).toEqual([...ids.slice(50), ...ids.slice(0, 50)]);
  });

  test('a page takes no further change once it holds 1 MiB of texts, and reads only the fields that are asked for', async () => {
    const experiments = await open();
    const workflow = json(`[{"text":"${'x'.repeat(400_000)}"}]`);
    for (const id of ['a', 'b', 'c', 'd', 'e']) await insert(experiments, id, { workflow });
    const whole = await listChanges(experiments, beginning);
    expect([whole.changes.length, whole.hasMore]).toEqual([3, true]);
    const rest = await listChanges(experiments, whole.changes.at(-1)?.position as ChangePosition);
    expect([rest.changes.length, rest.hasMore]).toEqual([2, false]);
    const fields = new Set<ReadField>(['name', 'workflowCount']);
    const few = await experiments.listChanges({ organization: 'acme', filter: {}, after: beginning, fields });
    expect([few.changes.length, few.hasMore]).toEqual([5, false]);
    const [first] = few.changes;
    if (first?.change.kind !== 'SAVED') throw new Error('It matches.');
    const { experiment } = first.change;
    expect([experiment.name, experiment.status]).toEqual(['Tone of voice', 'PENDING']);
    expect(() => experiment.workflow).toThrow('was not read');
  });

  // Property: a reader that stops anywhere and continues from its last position ends with what is stored.
  test('a reader that is cut anywhere and continues from its last position ends with the state of storage', async () => {
    const experiments = await open();
    const write = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      kind: fc.constantFrom('insert', 'resize', 'trash', 'restore', 'remove', 'purge'),
      size: fc.integer({ min: 1, max: 20 }),
    });
    const works: Record<string, (organization: string, id: string, size: number) => Promise<unknown>> = {
      insert: (organization, id, batchSize) =>
        experiments.insert(anExperiment({ organization, id, batchSize }), author),
      resize: (organization, id, batchSize) =>
        experiments.replace(toReplace(anExperiment({ organization, id }), { batchSize })),
      trash: (organization, id) => experiments.trash({ organization, id, ifRevision: null, at, purgeAt }),
      restore: (organization, id) => experiments.restore({ organization, id, at }),
      remove: (organization, id) => experiments.remove({ organization, id, ifRevision: null }),
      purge: () => experiments.purge(purgeAt),
    };
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(write, fc.nat({ max: 3 })), { maxLength: 25 }),
        fc.boolean(),
        async (steps, deleted) => {
          const organization = `org ${runs++}`;
          const filter = { deleted };
          const known = new Map<string, number>();
          let after = (await experiments.findFeedEnd(organization)).position;
          const readSome = async (count: number) => {
            const { changes } = await listChanges(experiments, after, filter, organization);
            for (const { change, position } of changes.slice(0, count)) {
              if (change.kind === 'SAVED') known.set(change.id, change.experiment.batchSize);
              else known.delete(change.id);
              after = position;
            }
          };
          for (const [{ kind, id, size }, count] of steps) {
            await works[kind]?.(organization, id, size);
            await readSome(count);
          }
          await readSome(100);
          const page = { size: 100, fromEnd: false, after: null, before: null };
          const order = { field: 'ID', direction: 'ASC' } as const;
          const stored = await experiments.list({ organization, filter, order, page });
          if ('kind' in stored) throw new Error('A first page has no cursor.');
          expect(known).toEqual(new Map(stored.entries.map(({ node }) => [node.id, node.batchSize])));
        },
      ),
      { numRuns: 30 },
    );
  });
}

/** A page of changes, once no writer that began earlier is under way: others may use the same PostgreSQL server. */
async function listChanges(
  experiments: ExperimentStore,
  after: ChangePosition,
  filter: ExperimentFilter = {},
  organization = 'acme',
): Promise<ChangesPage> {
  for (;;) {
    const page = await experiments.listChanges({ organization, filter, after });
    if (!page.isPending) return page;
    await sleep(5);
  }
}

/** Where the feed ends, behind everything that was written. */
async function findEnd(experiments: ExperimentStore): Promise<FeedEnd> {
  await listChanges(experiments, beginning);
  return experiments.findFeedEnd('acme');
}

async function describeChanges(...query: Parameters<typeof listChanges>): Promise<string[]> {
  const { changes } = await listChanges(...query);
  return changes.map(({ change: { kind, id } }) => `${kind} ${id}`);
}

/** An experiment of the feed decodes its values when they are read. */
function toPlain(experiment: object | null): Record<string, unknown> {
  const names = Object.keys(anExperiment()) as (keyof typeof experiment)[];
  return Object.fromEntries(names.map((name) => [name, experiment?.[name]]));
}
