import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editableFields } from '../../../src/domain/experiment/experiment.ts';

/** A module of the page; those without a document run here too. */
const load = (name: string) => import(new URL(`../../../src/http/browser/page/${name}.js`, import.meta.url).href);
const { readAnswer, writeJson, indent, Exact } = await load('json');
const { findListFault } = await load('json-faults');
const { fields } = await load('fields');
const { listDifferences } = await load('differences');
const { buildFilters } = await load('state');

/** JSON with long numbers, spellings of numbers, and keys that a browser's own JSON would move. */
const someJson: fc.Arbitrary<string> = fc.letrec((tie) => ({
  text: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('null', 'true', '0.20', '1e400', '-0', '6687881544318117707', '123456789012345678901234567890'),
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc.array(tie('text') as fc.Arbitrary<string>, { maxLength: 4 }).map((texts) => `[${texts.join(',')}]`),
    fc
      .uniqueArray(
        fc.tuple(fc.constantFrom('b', '10', '9', '__proto__', 'a "b"', ''), tie('text') as fc.Arbitrary<string>),
        {
          selector: ([key]) => key,
        },
      )
      .map((members) => `{${members.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`),
  ),
})).text;

test('the page reads workflows, tags and changes to the last digit, with their keys in order, and writes them back as they came', () => {
  fc.assert(
    fc.property(someJson, someJson, (workflow, before) => {
      const answer = `{"data":{"experiment":{"name":"a\\"{","batchSize":5,"workflow":${workflow},"changes":[{"before":${before},"after":null}]}}}`;
      const read = readAnswer(answer);
      expect(read.data.experiment.workflow.text).toBe(workflow);
      expect(read.data.experiment.changes[0].before.text).toBe(before);
      expect(read.data.experiment).toMatchObject({ name: 'a"{', batchSize: 5 });
      expect(writeJson(read)).toBe(answer);
    }),
  );
});

test('the page indents JSON as browsers do, and changes nothing else', () => {
  fc.assert(
    fc.property(someJson, (text) => {
      // Without strings, white space is all that was added.
      const strip = (json: string) =>
        json.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part.startsWith('"') ? part : ''));
      expect(strip(indent(text))).toBe(strip(text));
    }),
  );
  const value = { a: [1, { b: [], c: {} }], d: 'x: [y], {z}' };
  expect(indent(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
});

test('an answer that is no JSON is refused by the page, whatever it looks like', () => {
  for (const text of ['', '<html>', '{"data":', '{"a" 1}', '[1 2]', '{"data":null}}'])
    expect(() => readAnswer(text)).toThrow(SyntaxError);
});

test.each([
  ['[{"a":{"t":0.2}}]', '[{"a":{"t":0.7}}]', [{ path: 'w[0].a.t', before: '0.2', after: '0.7' }]],
  ['[1,2,3]', '[0,1,2,3]', [{ path: 'w[0]', after: '0' }]],
  ['[1,2,3]', '[1,3]', [{ path: 'w[1]', before: '2' }]],
  [
    '[1,2,3]',
    '[1,5,6,3]',
    [
      { path: 'w[1]', before: '2', after: '5' },
      { path: 'w[2]', after: '6' },
    ],
  ],
  ['[1,1]', '[1]', [{ path: 'w[1]', before: '1' }]],
  ['{"a":1,"b":2}', '{"b":2,"a":1}', [{ path: 'w' }]],
  [
    '{"a.b":1,"10":2}',
    '{"a.b":2}',
    [
      { path: 'w["a.b"]', before: '1', after: '2' },
      { path: 'w["10"]', before: '2' },
    ],
  ],
  ['{"a":null}', '{}', [{ path: 'w.a', before: 'null' }]],
  ['[]', 'null', [{ path: 'w', before: '[]', after: 'null' }]],
  ['{ "a" : 1 }', '{"a":1}', []],
  ['1.0', '1', [{ path: 'w', before: '1.0', after: '1' }]],
])('the page describes the change from %s to %s place by place', (before, after, expected) => {
  expect(listDifferences('w', new Exact(before), new Exact(after))).toEqual(expected);
});

test('the form of the page has every field that callers can edit, since a replace resets those that it leaves out', () => {
  expect(fields.map(({ name }: { name: string }) => name).toSorted()).toEqual(editableFields.toSorted());
});

test('the page finds no difference exactly where two values are the same', () => {
  fc.assert(
    fc.property(someJson, someJson, (before, after) => {
      const found = listDifferences('w', new Exact(before), new Exact(after));
      expect(found.length === 0).toBe(before === after);
      expect(listDifferences('w', new Exact(before), new Exact(indent(before)))).toEqual([]);
    }),
  );
});

test.each([
  ['[', /^This is not valid JSON: /],
  ['{}', /^Enter a JSON list/],
  ['[{}, 1]', /^Entry 1 is not a JSON object\.$/],
  ['[{"a":1}]', /^$/],
])('the page says what is wrong with the text %s as a list of objects', (text, expected) => {
  expect(findListFault(text) ?? '').toMatch(expected);
});

test('the page says in which line a text is not JSON', () => {
  expect(findListFault('[\n{},\n{"a":1,}\n]')).toMatch(/, in line 3\.$/);
  // Chromium names no position for these.
  const tasks = '{"type":"prompt"},\n'.repeat(100);
  expect(findListFault(`[\n${tasks}]`)).toBe("This is not valid JSON: Unexpected token ']', in line 102.");
  expect(findListFault(`[\n${tasks}tru, ${tasks}]`)).toBe("This is not valid JSON: Unexpected token ',', in line 102.");
});

const state = { isTrash: false, search: '', tag: '', statuses: [], order: 'newest', id: null, tab: 'run' };

test.each([
  [{}, {}],
  [{ isTrash: true }, { deleted: true }],
  [{ search: ' a ' }, { and: [{ or: [{ nameContains: 'a' }, { ids: ['a'] }] }] }],
  [{ tag: 'team' }, { and: [{ tag: { key: 'team' } }] }],
  [{ tag: ' team = a=b ' }, { and: [{ tag: { key: 'team', value: 'a=b' } }] }],
])('the controls of the page %j are the filter %j', (change, filter) => {
  expect(JSON.parse(writeJson(buildFilters({ ...state, ...change }).filter))).toEqual(filter);
});

test('a value of a tag that is also JSON is searched for in both meanings by the page, with every digit', () => {
  const { filter, counted } = buildFilters({ ...state, tag: 'build=18446744073709551615', statuses: ['RUNNING'] });
  const both =
    '[{"tag":{"key":"build","value":"18446744073709551615"}},{"tag":{"key":"build","value":18446744073709551615}}]';
  expect(writeJson(filter)).toBe(`{"and":[{"or":${both}}],"status":["RUNNING"]}`);
  expect(writeJson(counted)).toBe(`{"and":[{"or":${both}}]}`);
});
