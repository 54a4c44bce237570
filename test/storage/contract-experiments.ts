import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import { JsonList } from '../../src/domain/json/json-list.ts';
import { isStorable } from '../../src/domain/text.ts';
import { runs } from '../support/gateway/arbitraries.ts';
import { anExperiment, author, json, toContent, toReplace } from '../support/gateway/experiments.ts';
import { openStorageOn, readEverything } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

/** Writing, finding and replacing one experiment. */
export function experimentContract(newDatabase: NewDatabase): void {
  const openStore = async () => (await openStorageOn(await newDatabase())).experiments;

  test('a check of open storage succeeds', async () => {
    const storage = await openStorageOn(await newDatabase());
    await expect(storage.check()).resolves.toBeUndefined();
  });

  test('an inserted experiment is found exactly as it was written', async () => {
    const experiments = await openStore();
    const written = anExperiment({
      status: 'FAILED',
      progress: 33.3,
      updatedAt: new Date('2026-01-03T00:00:00.001Z'),
      startedAt: new Date('2026-01-02T10:00:00.000Z'),
      completedAt: new Date('2026-01-02T11:00:00.999Z'),
      errorMessage: 'out of tokens',
    });
    expect(await experiments.insert(written, author)).toMatchObject({ kind: 'inserted' });
    expect(await experiments.find('acme', 'exp_1')).toEqual(written);
    expect(await experiments.find('acme', 'exp_2')).toBeNull();
  });

  test('null stays null, and empty stays empty', async () => {
    const experiments = await openStore();
    const empty = json<never>('[]');
    const written = anExperiment({
      description: null,
      datasetId: null,
      generationMethod: null,
      workflow: empty,
      evaluatorIds: empty,
      evaluatorWorkflowIds: empty,
      tags: empty,
    });
    await experiments.insert(written, author);
    expect(await experiments.find('acme', 'exp_1')).toEqual(written);
    await experiments.replace(toReplace(written, { description: '' }));
    expect((await experiments.find('acme', 'exp_1'))?.description).toBe('');
  });

  test('JSON is returned exactly as spelled, with its number of entries', async () => {
    const experiments = await openStore();
    const text = String.raw`[{"b":1.0,"10":12345678901234567890,"1":-0,"a":"\u0041/é\u2028"},{"":[]},{"__proto__":1e2}]`;
    await experiments.insert(anExperiment({ workflow: json(text), tags: json(text) }), author);
    const found = await experiments.find('acme', 'exp_1');
    expect([found?.workflow.text, found?.tags.text, found?.workflow.length]).toEqual([text, text, 3]);
    const revision = await experiments.revision('acme', 'exp_1', 1);
    expect([revision?.workflow.text, revision?.tags.text, revision?.workflow.length]).toEqual([text, text, 3]);
  });

  test('every storable text is returned unchanged, from the experiment and from its revisions', async () => {
    const experiments = await openStore();
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter(isStorable);
    const content = fc.record({ name: text, description: text, spanWorkflowName: text, generationMethod: text });
    const lists = fc.record({ entries: fc.array(text), task: fc.dictionary(text, text) });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(content, content, lists, text, async (first, second, { entries, task }, id) => {
        const evaluatorIds = JsonList.of(entries);
        const workflow = JsonList.of([task]);
        const organization = `organization ${count++}`;
        const one = anExperiment({ organization, id, ...first, datasetId: id, evaluatorIds, workflow });
        await experiments.insert(one, { kind: 'subject', id });
        expect(await experiments.find(organization, id)).toEqual(one);
        await experiments.replace(toReplace(one, second));
        expect(toContent((await experiments.find(organization, id)) as Experiment)).toEqual({
          ...toContent(one),
          ...second,
        });
        const revisions = await experiments.revisions(organization, [{ experimentId: id, from: 1, to: 2 }]);
        expect(revisions).toMatchObject([
          { revision: 2, ...second, evaluatorIds, workflow },
          { revision: 1, ...first, author: { kind: 'subject', id } },
        ]);
      }),
      runs(30),
    );
  });

  test('inserting a taken id returns the existing experiment, and writes nothing', async () => {
    const experiments = await openStore();
    const first = anExperiment();
    await experiments.insert(first, author);
    const before = await readEverything(experiments, 'acme');
    const taken = { kind: 'taken', current: first };
    expect(await experiments.insert(anExperiment({ name: 'Another', batchSize: 1 }), author)).toEqual(taken);
    expect(await experiments.insert(first, author)).toEqual(taken);
    expect(await readEverything(experiments, 'acme')).toEqual(before);
  });

  test('ids differ by case and by how their characters are composed', async () => {
    const experiments = await openStore();
    for (const id of ['exp_é', 'exp_e\u0301', 'exp_É', 'exp_é ', '1', '01']) {
      expect(await experiments.insert(anExperiment({ id, name: id }), author)).toMatchObject({ kind: 'inserted' });
    }
    expect((await experiments.find('acme', 'exp_e\u0301'))?.name).toBe('exp_e\u0301');
    expect((await experiments.find('acme', '01'))?.name).toBe('01');
  });

  test('a replace returns before and after, and after is what is found', async () => {
    const experiments = await openStore();
    const before = anExperiment({ status: 'RUNNING', progress: 12.5, startedAt: new Date(5) });
    await experiments.insert(before, author);
    const at = new Date('2026-03-01T00:00:00.000Z');
    const content = { name: 'New', description: null, datasetId: null, workflow: json('[{},{}]'), enableTracing: true };
    const after = { ...before, ...content, updatedAt: at, revision: 2, version: 2 };
    expect(await experiments.replace(toReplace(before, content, { at }))).toEqual({ kind: 'replaced', before, after });
    expect(await experiments.find('acme', 'exp_1')).toEqual(after);
  });

  test('a null name and absent tags are left unchanged', async () => {
    const experiments = await openStore();
    const one = anExperiment();
    await experiments.insert(one, author);
    await experiments.replace(toReplace(one, { name: null, batchSize: 8 }));
    const expected = { ...one, batchSize: 8, revision: 2, version: 2, updatedAt: new Date('2026-02-02T00:00:00.000Z') };
    expect(await experiments.find('acme', 'exp_1')).toEqual(expected);
    expect(await experiments.count('acme', { tag: { key: 'team', value: 'search' } })).toBe(1);
  });

  test('given tags replace the old ones, for queries too', async () => {
    const experiments = await openStore();
    const one = anExperiment();
    await experiments.insert(one, author);
    const tags = json('[{"team":"ads"}]');
    const outcome = await experiments.replace(toReplace(one, {}, { tags }));
    expect(outcome).toMatchObject({ kind: 'replaced', after: { tags, revision: 2 } });
    const counts = ['search', 'ads'].map((value) => experiments.count('acme', { tag: { key: 'team', value } }));
    expect(await Promise.all(counts)).toEqual([0, 1]);
  });

  test('a replace that changes nothing writes nothing, and returns the same object twice', async () => {
    const experiments = await openStore();
    const one = anExperiment();
    await experiments.insert(one, author);
    const before = await readEverything(experiments, 'acme');
    const outcome = await experiments.replace(toReplace(one, { name: null }, { tags: json(one.tags.text) }));
    expect(outcome).toEqual({ kind: 'replaced', before: one, after: one });
    expect(outcome.kind === 'replaced' && outcome.after === outcome.before).toBe(true);
    expect(await readEverything(experiments, 'acme')).toEqual(before);
  });

  test('a replace of a missing or newer experiment writes nothing', async () => {
    const experiments = await openStore();
    const one = anExperiment();
    expect(await experiments.replace(toReplace(one, {}))).toEqual({ kind: 'missing' });
    expect(await experiments.replace(toReplace(one, {}, { ifRevision: 1 }))).toEqual({ kind: 'missing' });
    expect(await experiments.find('acme', 'exp_1')).toBeNull();
    await experiments.insert(one, author);
    for (const ifRevision of [0, 2, -1]) {
      const outcome = await experiments.replace(toReplace(one, { name: 'New' }, { ifRevision }));
      expect(outcome).toEqual({ kind: 'stale', current: one });
    }
    expect(await readEverything(experiments, 'acme')).toMatchObject({
      experiments: [one],
      revisions: [{ revision: 1 }],
    });
    expect(await experiments.replace(toReplace(one, { name: 'New' }, { ifRevision: 1 }))).toMatchObject({
      kind: 'replaced',
    });
  });
}
