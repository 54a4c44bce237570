import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type EditableField,
  type EditableFields,
  type Experiment,
  editableFields,
} from '../../src/domain/experiment/experiment.ts';
import { defaultOrder } from '../../src/domain/experiment/query.ts';
import { type Reading, readFields } from '../../src/domain/experiment/reading.ts';
import type { ExperimentStore } from '../../src/domain/experiment/store.ts';
import { anExperiment, author, json, toReplace } from '../support/gateway/experiments.ts';
import type { AtEnd } from '../support/gateway/test-gateway.ts';
import { openStorageOn } from '../support/storage/storage.ts';
import type { NewDatabase } from './contract.ts';

/** For every editable field, a value that differs from `anExperiment`. */
const changed: EditableFields = {
  name: 'Length of answers',
  description: 'How long should they be?',
  datasetId: 'dataset_2',
  workflow: json('[{"type":"custom"},{"type":"prompt"}]'),
  evaluatorIds: json<string>('["long"]'),
  evaluatorWorkflowIds: json<string>('["evaluator_workflow"]'),
  spanWorkflowName: 'another span',
  enableTracing: true,
  batchSize: 70,
  concurrency: 30,
  generationMethod: 'sampled',
  tags: json('[{"team":"ads"}]'),
};

function pickEditable(source: EditableFields): EditableFields {
  return Object.fromEntries(editableFields.map((field) => [field, source[field]])) as unknown as EditableFields;
}

/** No editable field is lost on its way into a database or out of it, on any path. */
export function fieldContract(newDatabase: NewDatabase): void {
  let experiments: ExperimentStore;
  const ends: Parameters<AtEnd>[0][] = [];
  beforeAll(async () => {
    const atEnd: AtEnd = (end) => void ends.unshift(end);
    ({ experiments } = await openStorageOn(await newDatabase(atEnd), undefined, atEnd));
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });

  /** Reads the experiment through a page, and one of its revisions through a list of revisions. */
  async function readLists(organization: string, revision: number, reading: Reading = {}) {
    const page = await experiments.list({
      organization,
      filter: {},
      order: defaultOrder,
      page: { size: 1, fromEnd: false, after: null, before: null },
      reading,
    });
    if ('kind' in page) throw new Error('a first page has no cursors');
    const range = { experimentId: 'exp_1', from: revision, to: revision };
    const [recorded] = await experiments.revisions(organization, [range], reading);
    return [page.entries[0]?.node, recorded] as EditableFields[];
  }

  /** Replaces these fields of an experiment, and compares every field in every result of storage. */
  async function expectKept(fields: readonly EditableField[]) {
    const organization = `changes ${fields.join()}`;
    const before = anExperiment({ organization });
    await experiments.insert(before, author);
    const values: Partial<EditableFields> = Object.fromEntries(fields.map((field) => [field, changed[field]]));
    const expected = pickEditable({ ...before, ...values });
    const { tags, ...content } = values;

    const outcome = await experiments.replace(toReplace(before, content, tags && { tags }));
    expect(outcome).toMatchObject({ kind: 'replaced', after: { ...expected, revision: 2 } });
    const found = (await experiments.find(organization, 'exp_1')) as Experiment;
    for (const read of [found, ...(await readLists(organization, 2))]) expect(pickEditable(read)).toEqual(expected);
    const [, first] = await readLists(organization, 1);
    expect(pickEditable(first as EditableFields)).toEqual(pickEditable(before));

    for (const field of fields) {
      expect(changed[field]).not.toEqual(before[field]);
      // Reading a single field uses other statements and decoders.
      const asked = readFields.filter((each) => each === field);
      for (const part of await readLists(organization, 2, { fields: new Set(asked) }))
        expect(part[field]).toEqual(changed[field]);
    }
  }

  test.each(editableFields)('%s, changed alone, is stored, returned and found', (field) => expectKept([field]));

  test('all editable fields, changed together, are stored, returned and found', () => expectKept(editableFields));

  test('all editable fields of a new experiment are stored and found, and are in its first revision', async () => {
    const written = anExperiment({ ...changed, organization: 'new' });
    await experiments.insert(written, author);
    expect(await experiments.find('new', 'exp_1')).toEqual(written);
    for (const read of await readLists('new', 1)) expect(pickEditable(read)).toEqual(changed);
  });
}
