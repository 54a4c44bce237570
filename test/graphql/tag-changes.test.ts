import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toCanonicalJson } from '../../src/domain/json/canonical-json.ts';
import { jsonObjectTexts, plainKeys, plainStrings, runs } from '../support/gateway/arbitraries.ts';
import { answerText, createCalls, later, listIssues, toPreview } from '../support/gateway/calls.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

const id = 'a';

async function createGatewayWith(tags: readonly object[]) {
  const gateway = await createTestGateway();
  const calls = createCalls(gateway);
  const experiment = await calls.created({ experimentId: id, tags });
  return { gateway, calls, experiment, update: (input: object) => calls.update({ id, input }) };
}

/** Calls a mutation with an input that is JSON text, with the digits that it has. Returns the text of the answer. */
const sendText = (gateway: TestGateway, name: 'create' | 'update', input: string) =>
  answerText(gateway, `{"query":${JSON.stringify(mutations[name])},"variables":{"id":"a","input":${input}}}`);

describe('addTags and removeTags', () => {
  test('an update adds tags at the end, and leaves out those that are there', async () => {
    const { update } = await createGatewayWith([{ team: 'search' }, { n: 1, m: [2] }]);
    const { experiment, changes, warnings } = await update({ addTags: [{ new: true }, { m: [2], n: 1.0 }] });
    const tags = [{ team: 'search' }, { n: 1, m: [2] }, { new: true }];
    expect(experiment).toMatchObject({ tags, revision: 2 });
    expect(changes).toEqual([{ field: 'tags', before: tags.slice(0, 2), after: tags, reason: 'SET' }]);
    expect(warnings).toEqual([]);
  });

  test('an update removes every tag that equals a removed one, and clears the tags when none is left', async () => {
    const { update } = await createGatewayWith([{ a: 1 }, { a: 1, b: {} }, { a: 1 }, { a: '1' }]);
    const { experiment } = await update({ removeTags: [{ a: 1 }, { nobody: 1 }] });
    expect(experiment.tags).toEqual([{ a: 1, b: {} }, { a: '1' }]);
    const { changes } = await update({ removeTags: [{ b: {}, a: 1 }, { a: '1' }] });
    expect(changes).toMatchObject([{ field: 'tags', after: [], reason: 'CLEARED' }]);
  });

  test('tags are removed before others are added, so a tag in both lists ends up as the last one', async () => {
    const { update } = await createGatewayWith([{ a: 1 }, { b: 1 }]);
    const { experiment } = await update({ addTags: [{ a: 1 }, { c: 1 }], removeTags: [{ a: 1 }, { c: 1 }] });
    expect(experiment.tags).toEqual([{ b: 1 }, { a: 1 }, { c: 1 }]);
  });

  test.each([
    ['tags that are there', { addTags: [{ team: 'search' }] }],
    ['no tags that are there', { removeTags: [{ team: 'ads' }] }],
    ['empty lists', { addTags: [], removeTags: [] }],
    ['null', { addTags: null, removeTags: null }],
  ])('an update that adds or removes %s changes nothing', async (_, input) => {
    const { calls, experiment, update } = await createGatewayWith([{ team: 'search' }]);
    await later(experiment.updatedAt);
    const result = await calls.writingNothing(() => update(input));
    expect(result).toEqual({ __typename: 'UpdateExperimentSuccess', experiment, changes: [], warnings: [] });
  });

  test('an update may change tags and other fields together, and is one revision', async () => {
    const { update } = await createGatewayWith([{ a: 1 }]);
    const { experiment, changes } = await update({ name: 'New', addTags: [{ b: 1 }] });
    expect(experiment).toMatchObject({ name: 'New', tags: [{ a: 1 }, { b: 1 }], revision: 2 });
    expect(changes.map(({ field }: { field: string }) => field)).toEqual(['name', 'tags']);
  });

  test('a change of tags with the wrong ifRevision is a conflict, and one of a missing experiment is not found', async () => {
    const { calls } = await createGatewayWith([]);
    const input = { addTags: [{ a: 1 }] };
    const stale = await calls.writingNothing(() => calls.update({ id, input, ifRevision: 2 }));
    expect(stale).toMatchObject({ __typename: 'ConflictError', reason: 'STALE_REVISION', current: { revision: 1 } });
    expect(await calls.update({ id: 'b', input })).toMatchObject({ __typename: 'NotFoundError', missingId: 'b' });
  });

  test('R15: a dry run of a change of tags returns what the write then does', async () => {
    const { calls } = await createGatewayWith([{ a: 1 }]);
    const input = { addTags: [{ b: 1 }, { b: 1 }], removeTags: [{ a: 1.0 }] };
    const preview = await calls.writingNothing(() => calls.update({ id, input, dryRun: true }));
    expect(preview).toEqual(toPreview(await calls.update({ id, input })));
  });

  test.each([
    [{ tags: [], addTags: [] }, ['addTags', 'tags']],
    [{ tags: null, removeTags: [{ a: 1 }] }, ['removeTags', 'tags']],
    [{ tags: [{ a: 1 }], addTags: [{ a: 1 }], removeTags: [{ b: 1 }] }, ['addTags', 'removeTags', 'tags']],
  ])('tags excludes changes of tags: %j has an issue at each of them', async (input, fields) => {
    const { calls, update } = await createGatewayWith([]);
    const result = await calls.writingNothing(() => update(input));
    expect(listIssues(result)).toEqual(fields.map((field) => `input.${field} MUTUALLY_EXCLUSIVE`));
  });

  test('R12: tags that are repeated in a list of changes are kept once, with a warning', async () => {
    const { update } = await createGatewayWith([]);
    const { experiment, warnings } = await update({ addTags: [{ a: 1, b: 2 }, { c: 1 }, { b: 2, a: 1 }] });
    expect(experiment.tags).toEqual([{ a: 1, b: 2 }, { c: 1 }]);
    expect(warnings).toEqual([
      {
        code: 'DUPLICATES_REMOVED',
        message: 'addTags: repeated entries are kept once; 3 were sent, 2 are kept.',
        path: ['input', 'addTags'],
      },
    ]);
    const removed = await update({ removeTags: [{ c: 1 }, { c: 1.0 }] });
    expect(removed.warnings).toMatchObject([{ code: 'DUPLICATES_REMOVED', path: ['input', 'removeTags'] }]);
  });

  test('R16: texts that storage cannot keep, and values that are no objects, are issues of a change of tags', async () => {
    const { gateway, calls, update } = await createGatewayWith([]);
    const result = await calls.writingNothing(() => update({ addTags: [{ a: '\0' }], removeTags: [{}, { 'a\0': 1 }] }));
    expect(listIssues(result)).toEqual(['input.addTags.0.a INVALID_TEXT', 'input.removeTags.1 INVALID_TEXT']);
    const { status, body } = await callRest(gateway, 'PATCH', id, { add_tags: 'a', remove_tags: [1] });
    expect([status, Object.keys(body.errors).toSorted()]).toEqual([400, ['add_tags', 'remove_tags']]);
  });

  test('REST changes tags as add_tags and remove_tags', async () => {
    const { gateway } = await createGatewayWith([{ a: 1 }]);
    const { status, body } = await callRest(gateway, 'PATCH', id, { add_tags: [{ b: 1 }], remove_tags: [{ a: 1 }] });
    expect([status, body.tags]).toEqual([200, [{ b: 1 }]]);
    const refused = await callRest(gateway, 'PATCH', id, { tags: [], add_tags: [{ b: 1 }] });
    expect(refused.body.errors).toEqual({
      tags: ['tags: cannot be combined with add_tags; send tags, or the tags to add and remove.'],
      add_tags: ['add_tags: cannot be combined with tags; send tags, or the tags to add and remove.'],
    });
  });
});

describe('R10: the bounds of tags hold for the result of a change', () => {
  const many = (count: number, from = 0) => Array.from({ length: count }, (_, index) => ({ n: from + index }));
  const keys = (count: number, prefix: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, 1]));

  test.each([
    [
      '100 tags',
      many(60),
      many(40, 60),
      many(41, 60),
      'TOO_MANY',
      'the list has 101 entries; at most 100 are accepted.',
    ],
    [
      '1,000 keys',
      [keys(600, 'a')],
      [keys(400, 'b')],
      [keys(401, 'b')],
      'TOO_MANY',
      'the objects have 1001 keys in all; at most 1000 are accepted.',
    ],
    [
      '64 KiB',
      [{ a: 'x'.repeat(40_000) }],
      [{ b: 'x'.repeat(25_500) }],
      [{ b: 'x'.repeat(25_520) }],
      'TOO_LARGE',
      'the JSON has 65539 bytes; at most 65536 are accepted.',
    ],
  ])('a change that would lead to more than %s is refused', async (_, tags, fitting, excessive, code, problem) => {
    const { calls, update } = await createGatewayWith(tags);
    for (const dryRun of [true, false]) {
      const { issues } = await calls.writingNothing(() => calls.update({ id, input: { addTags: excessive }, dryRun }));
      const message = `addTags: with the tags that are there already, ${problem}`;
      expect(issues).toEqual([{ path: ['input', 'addTags'], code, message }]);
    }
    expect(await update({ addTags: fitting })).toMatchObject({ __typename: 'UpdateExperimentSuccess' });
    expect(await update({ addTags: excessive, removeTags: [...tags, ...fitting] })).toMatchObject({
      __typename: 'UpdateExperimentSuccess',
    });
  });
});

describe('the digits of tags', () => {
  const stored = '[{"run":6687881544318117707,"n":1.0},{"10":2,"a":1e2},{"x":0.1000000000000000055}]';

  test('R11: a change of tags keeps the digits and the keys of the others, and of what it adds', async () => {
    const gateway = await createTestGateway();
    await sendText(gateway, 'create', `{"experimentId":"a","tags":${stored}}`);
    await sendText(gateway, 'update', '{"addTags":[{"new":1.50,"1":-0}],"removeTags":[{"a":100.0,"10":2}]}');
    expect(await answerText(gateway, { query: '{ experiment(id: "a") { tags } }' })).toContain(
      '"tags":[{"run":6687881544318117707,"n":1.0},{"x":0.1000000000000000055},{"new":1.50,"1":-0}]',
    );
  });

  test('numbers compare by their exact value: a number that a double cannot tell apart is another one', async () => {
    const gateway = await createTestGateway();
    await sendText(gateway, 'create', '{"experimentId":"a","tags":[{"n":12345678901234567890}]}');
    const answer = await sendText(
      gateway,
      'update',
      '{"addTags":[{"n":12345678901234567891},{"n":1.234567890123456789e19}]}',
    );
    expect(answer).toContain('"tags":[{"n":12345678901234567890},{"n":12345678901234567891}]');
    expect(JSON.parse(answer).data.result.warnings).toEqual([]);
  });

  test('R17: a tag that a client rounded is named where it is added, and where it therefore removes nothing', async () => {
    const gateway = await createTestGateway();
    await sendText(gateway, 'create', `{"experimentId":"a","tags":${stored}}`);
    const rounded = '{"n":1,"run":6687881544318118000}';
    const added = JSON.parse(await sendText(gateway, 'update', `{"addTags":[{"x":1},${rounded}]}`)).data.result;
    const message = 'run: 6687881544318118000 is the stored 6687881544318117707, rounded by the client.';
    expect(added.experiment.tags).toHaveLength(5);
    expect(added.warnings).toEqual([
      {
        code: 'NUMBER_ROUNDED',
        message: `${message} It is stored as sent; to keep the number, send all its digits.`,
        path: ['input', 'addTags', '1', 'run'],
      },
    ]);
    const again = JSON.parse(await sendText(gateway, 'update', `{"addTags":[${rounded}]}`)).data.result;
    expect([again.changes, again.warnings]).toEqual([[], []]);
    await sendText(gateway, 'update', `{"removeTags":[${rounded}]}`);
    const removed = JSON.parse(await sendText(gateway, 'update', `{"removeTags":[{},${rounded}]}`)).data.result;
    expect([removed.changes, removed.warnings]).toEqual([
      [],
      [
        {
          code: 'NUMBER_ROUNDED',
          message: `${message} The tag is not removed; to remove it, send all digits of the number.`,
          path: ['input', 'removeTags', '1', 'run'],
        },
      ],
    ]);
  });
});

test('adding and removing random tags is what the same changes of a set of JSON values are', async () => {
  const gateway = await createTestGateway();
  await createCalls(gateway).created({ experimentId: id });
  const pool = jsonObjectTexts({ strings: plainStrings, keys: plainKeys }).map(({ compact }) => compact);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(pool, { minLength: 1, maxLength: 6 }).chain((texts) => {
        const some = fc.array(fc.constantFrom(...texts), { maxLength: 5 });
        return fc.tuple(some, some, some);
      }),
      async ([tags, addTags, removeTags]) => {
        const toInput = (fields: Record<string, string[]>) =>
          `{${Object.entries(fields)
            .map(([name, texts]) => `"${name}":[${texts.join()}]`)
            .join()}}`;
        await sendText(gateway, 'update', toInput({ tags }));
        const answer = await sendText(gateway, 'update', toInput({ addTags, removeTags }));
        const removed = new Set(removeTags.map(toCanonicalJson));
        const expected = tags.filter((tag) => !removed.has(toCanonicalJson(tag)));
        for (const tag of addTags)
          if (!expected.some((other) => toCanonicalJson(other) === toCanonicalJson(tag))) expected.push(tag);
        expect(answer).toContain(`"tags":[${expected.join()}]`);
      },
    ),
    runs(60),
  );
});

test('20 updates that add different tags at the same time are all kept', async () => {
  const { calls, update } = await createGatewayWith([{ first: true }]);
  const added = Array.from({ length: 20 }, (_, index) => ({ writer: index }));
  const results = await Promise.all(added.map((tag) => update({ addTags: [tag], removeTags: [{ first: true }] })));
  expect(results.map(({ __typename }) => __typename)).toEqual(added.map(() => 'UpdateExperimentSuccess'));
  const { tags, revision } = await calls.stored(id);
  expect([tags, revision]).toEqual([expect.arrayContaining(added), 21]);
  expect(tags).toHaveLength(20);
});
