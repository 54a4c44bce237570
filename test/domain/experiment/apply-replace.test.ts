import { describe, expect, test } from 'vitest';
import { applyReplace, type ExperimentReplace } from '../../../src/domain/experiment/apply-replace.ts';
import { findChanges, hasSameContent } from '../../../src/domain/experiment/changes.ts';
import {
  documentedDefaults,
  type EditableFields,
  type Experiment,
  initialState,
  omittedContent,
} from '../../../src/domain/experiment/experiment.ts';
import { type JsonObject, parseJson } from '../../../src/domain/json/exact-json.ts';
import { JsonList } from '../../../src/domain/json/json-list.ts';

const noTags = JsonList.of<JsonObject>([]);
const blank: EditableFields = { ...omittedContent, name: 'Run', tags: noTags };
const full: EditableFields = {
  name: 'Full',
  description: 'd',
  datasetId: 'set',
  workflow: JsonList.of<JsonObject>([{ type: 'prompt' }]),
  evaluatorIds: JsonList.of(['quality']),
  evaluatorWorkflowIds: JsonList.of(['flow']),
  spanWorkflowName: 'span',
  enableTracing: false,
  batchSize: 1,
  concurrency: 2,
  generationMethod: 'fast',
  tags: JsonList.of<JsonObject>([{ team: 'a' }]),
};
const tasks = (text: string): Pick<EditableFields, 'workflow'> => ({
  workflow: JsonList.of(parseJson(text) as JsonObject[]),
});

describe('R13: changes', () => {
  test('R13: changes name every field that differs, in a fixed order, with before, after and reason', () => {
    expect(findChanges(blank, full)).toEqual([
      { field: 'name', before: 'Run', after: 'Full', reason: 'SET' },
      { field: 'description', before: null, after: 'd', reason: 'SET' },
      { field: 'datasetId', before: null, after: 'set', reason: 'SET' },
      { field: 'workflow', before: [], after: [{ type: 'prompt' }], reason: 'SET' },
      { field: 'evaluatorIds', before: [], after: ['quality'], reason: 'SET' },
      { field: 'evaluatorWorkflowIds', before: [], after: ['flow'], reason: 'SET' },
      { field: 'spanWorkflowName', before: 'workflow', after: 'span', reason: 'SET' },
      { field: 'enableTracing', before: true, after: false, reason: 'SET' },
      { field: 'batchSize', before: 100, after: 1, reason: 'SET' },
      { field: 'concurrency', before: 15, after: 2, reason: 'SET' },
      { field: 'generationMethod', before: null, after: 'fast', reason: 'SET' },
      { field: 'tags', before: [], after: [{ team: 'a' }], reason: 'SET' },
    ]);
  });

  test('R13: the reason of a change depends on the new value: the documented default, empty or neither', () => {
    expect(findChanges(full, blank).map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      'name SET',
      'description CLEARED',
      'datasetId CLEARED',
      'workflow CLEARED',
      'evaluatorIds CLEARED',
      'evaluatorWorkflowIds CLEARED',
      'spanWorkflowName RESET_TO_DEFAULT',
      'enableTracing RESET_TO_DEFAULT',
      'batchSize RESET_TO_DEFAULT',
      'concurrency RESET_TO_DEFAULT',
      'generationMethod CLEARED',
      'tags CLEARED',
    ]);
  });

  test('R13: an empty description counts as cleared', () => {
    expect(findChanges(blank, { ...blank, description: '' })).toEqual([
      { field: 'description', before: null, after: '', reason: 'CLEARED' },
    ]);
  });

  test('R13: the default of one field is not a default of another', () => {
    const next = { ...full, description: 'workflow', batchSize: 15, concurrency: 100, generationMethod: 'workflow' };
    expect(findChanges(full, next).map(({ reason }) => reason)).toEqual(['SET', 'SET', 'SET', 'SET']);
    const named = { ...blank, name: 'Untitled experiment' };
    expect(findChanges(blank, named)).toMatchObject([{ field: 'name', reason: 'SET' }]);
  });

  test('R13: equal contents have no changes', () => {
    expect(findChanges(full, { ...full })).toEqual([]);
    expect(findChanges(blank, { ...blank, workflow: JsonList.fromText('[]') })).toEqual([]);
    expect(hasSameContent(full, { ...full, evaluatorIds: JsonList.fromText('["quality"]') })).toBe(true);
  });

  test.each([
    ['[{"a":1}]', '[{"a":1.0}]'],
    ['[{"a":0}]', '[{"a":-0}]'],
    ['[{"a":1e400}]', '[{"a":1e401}]'],
    ['[{"a":9007199254740992}]', '[{"a":9007199254740993}]'],
    ['[{"a":1,"b":2}]', '[{"b":2,"a":1}]'],
    ['[{"1":1,"2":2}]', '[{"2":2,"1":1}]'],
    ['[{},{"a":1}]', '[{"a":1},{}]'],
    ['[{}]', '[{},{}]'],
    ['[{"a":"é"}]', '[{"a":"e\u0301"}]'],
  ])('R13: %s and %s differ', (before, after) => {
    expect(findChanges({ ...blank, ...tasks(before) }, { ...blank, ...tasks(after) })).toMatchObject([
      { field: 'workflow', reason: 'SET' },
    ]);
  });

  test('R13: white space makes no difference', () => {
    const [compact, spaced] = [tasks('[{"a":1.0,"2":[]}]'), tasks(' [ { "a" : 1.0 , "2" : [ ] } ] ')];
    expect(findChanges({ ...blank, ...compact }, { ...blank, ...spaced })).toEqual([]);
  });

  test.each([
    ['[{"a":"é"}]', '[{"a":"\\u00e9"}]'],
    ['[{"a":"é","n":1.0}]', '[{"a":"\\u00e9","n":1.0}]'],
    ['[{"a/b":1.0}]', '[{"a\\/b":1.0}]'],
  ])('R13: escaping makes no difference: %s equals %s', (plain, escaped) => {
    expect(findChanges({ ...blank, ...tasks(plain) }, { ...blank, ...tasks(escaped) })).toEqual([]);
  });
});

describe('applyReplace', () => {
  const current: Experiment = {
    ...initialState,
    ...full,
    organization: 'acme',
    id: 'exp',
    status: 'RUNNING',
    progress: 40,
    createdAt: new Date(1_000),
    updatedAt: new Date(2_000),
    startedAt: new Date(1_500),
    completedAt: null,
    errorMessage: null,
    revision: 7,
    firstRevision: 1,
    version: 9,
  };
  const { name: _, tags: __, ...content } = full;
  const write: ExperimentReplace = {
    organization: 'acme',
    id: 'exp',
    content: { ...content, name: null },
    ifRevision: null,
    at: new Date(9_000),
    author: { kind: 'apiKey', id: 'key' },
  };

  test('a replace changes the content, keeps the rest and increments the revision (R2, R9)', () => {
    const replaced = applyReplace(current, { ...write, content: { ...omittedContent, name: 'New' } });
    expect(replaced).toEqual({
      kind: 'replaced',
      before: current,
      after: {
        ...current,
        ...omittedContent,
        name: 'New',
        tags: full.tags,
        updatedAt: new Date(9_000),
        revision: 8,
        version: 10,
      },
    });
  });

  test('a replace keeps a name (R5) and tags (R9) that are not given', () => {
    const replaced = applyReplace(current, { ...write, content: { ...omittedContent, name: null } });
    expect(replaced).toMatchObject({ after: { name: 'Full', tags: full.tags, revision: 8 } });
    const tagged = applyReplace(current, { ...write, tags: noTags });
    expect(tagged).toMatchObject({ after: { name: 'Full', tags: noTags, revision: 8 } });
  });

  test('a replace with equal fields returns the same experiment before and after (R13)', () => {
    const outcome = applyReplace(current, { ...write, tags: JsonList.of<JsonObject>([{ team: 'a' }]) });
    expect(outcome).toEqual({ kind: 'replaced', before: current, after: current });
    expect(outcome.kind === 'replaced' && outcome.after === current).toBe(true);
  });

  test('a stale revision is detected even when nothing would change (R14)', () => {
    expect(applyReplace(current, { ...write, ifRevision: 6 })).toEqual({ kind: 'stale', current });
    expect(applyReplace(current, { ...write, ifRevision: 0 })).toEqual({ kind: 'stale', current });
    expect(applyReplace(current, { ...write, ifRevision: 7 })).toMatchObject({ kind: 'replaced' });
    expect(applyReplace(null, { ...write, ifRevision: 7 })).toEqual({ kind: 'missing' });
  });
});

test('R3, R4: omitted fields take their documented default or become empty', () => {
  expect(documentedDefaults).toEqual({
    spanWorkflowName: 'workflow',
    enableTracing: true,
    batchSize: 100,
    concurrency: 15,
  });
  const { workflow, evaluatorIds, evaluatorWorkflowIds, ...rest } = omittedContent;
  expect([workflow.text, evaluatorIds.text, evaluatorWorkflowIds.text]).toEqual(['[]', '[]', '[]']);
  expect(rest).toEqual({ ...documentedDefaults, description: null, datasetId: null, generationMethod: null });
});
