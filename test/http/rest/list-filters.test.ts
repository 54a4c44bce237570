import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openStorage } from '../../../src/storage/open.ts';
import { runs } from '../../support/gateway/arbitraries.ts';
import { anExperiment, author } from '../../support/gateway/experiments.ts';
import { createTestGateway, type TestGateway } from '../../support/gateway/test-gateway.ts';
import { callRest } from '../../support/http/rest.ts';
import {
  isListed,
  type RestFilters,
  restFields,
  restOperators,
  someCondition,
} from '../../support/http/rest-filter-model.ts';
import { startInProcessServer } from '../../support/storage/postgres-in-process.ts';
import { someExperiments } from '../../support/storage/storage-model.ts';

const server = await startInProcessServer();
afterAll(server.close);

/** A gateway on one of the engines with 40 experiments of few distinct values. */
async function createFilledGateway(engine: 'SQLite' | 'PostgreSQL') {
  if (engine === 'PostgreSQL') await server.reset();
  const gateway = await createTestGateway(engine === 'PostgreSQL' ? { DATABASE_URL: server.url } : {});
  const experiments = someExperiments('acme', { count: 40, seed: 5 });
  const storage = await openStorage(engine === 'PostgreSQL' ? server.url : `file:${gateway.databasePath}`);
  for (const each of [...experiments, ...someExperiments('other', { count: 10, seed: 6 })])
    await storage.experiments.insert(each, author);
  await storage.close();
  return { gateway, experiments };
}

/** The ids that a list returns, which its count and the summary must agree with. */
async function findListed(gateway: TestGateway, filters: unknown): Promise<string[]> {
  const { status, body } = await callRest(gateway, 'POST', 'list/', { filters, page_size: 100 });
  expect([status, body.errors]).toEqual([200, undefined]);
  const ids: string[] = body.results.map(({ id }: { id: string }) => id);
  expect(body.count).toBe(ids.length);
  expect((await callRest(gateway, 'POST', 'summary/', { filters })).body).toEqual({ total_count: ids.length });
  return ids.toSorted();
}

describe.each(['SQLite', 'PostgreSQL'] as const)('documented filters on %s', (engine) => {
  test('every operator matches for every field what it matches in JavaScript', async () => {
    const { gateway, experiments } = await createFilledGateway(engine);
    for (const field of restFields) {
      for (const operator of restOperators) {
        await fc.assert(
          fc.asyncProperty(someCondition(field, operator), async (condition) => {
            const filters = { [field]: condition };
            const expected = experiments.filter((each) => isListed(each, filters)).map(({ id }) => id);
            expect({ filters, ids: await findListed(gateway, filters) }).toEqual({ filters, ids: expected.toSorted() });
          }),
          // The contract of stores compares the engines more thoroughly.
          runs(engine === 'SQLite' ? 6 : 2),
        );
      }
    }
  }, 120_000);

  test('conditions of several fields must all be true', async () => {
    const { gateway, experiments } = await createFilledGateway(engine);
    const some = fc.constantFrom('', 'in', 'not', 'gt', 'lte', 'isnull');
    const condition = (field: (typeof restFields)[number]) =>
      fc.option(some.chain((operator) => someCondition(field, operator as ''))).map((each) => each ?? undefined);
    const filters = fc.record(
      Object.fromEntries(restFields.map((field) => [field, condition(field)])) as Record<
        (typeof restFields)[number],
        ReturnType<typeof condition>
      >,
    );
    await fc.assert(
      fc.asyncProperty(filters, async (values) => {
        const given = JSON.parse(JSON.stringify(values)) as RestFilters;
        const expected = experiments.filter((each) => isListed(each, given)).map(({ id }) => id);
        expect(await findListed(gateway, given)).toEqual(expected.toSorted());
      }),
      runs(engine === 'SQLite' ? 60 : 20),
    );
  });
});

test('an answer repeats its filters in full', async () => {
  const gateway = await createTestGateway();
  const { body } = await callRest(gateway, 'POST', 'list/', {
    filters: { name: { value: 'x' }, dataset_id: null, id: { operator: 'not', value: ['a', 'b'] } },
  });
  expect(body.current_filters).toEqual({
    name: { operator: '', value: ['x'] },
    id: { operator: 'not', value: ['a', 'b'] },
  });
});

test('iexact and icontains ignore case in every script, for names and ids alike', async () => {
  const gateway = await createTestGateway();
  for (const [index, word] of ['Straße', 'ΟΔΟΣ', 'Жук', 'Ärger', 'plain'].entries())
    await callRest(gateway, 'POST', '', { experiment_id: `${word}-${index}`, name: word, dataset_id: word });
  for (const [index, word] of ['STRASSE', 'οδος', 'жУК', 'a\u0308RGER', 'PLAIN'].entries()) {
    for (const [field, value] of [
      ['name', word],
      ['dataset_id', word],
      ['id', `${word}-${index}`],
    ] as const) {
      const found = await findListed(gateway, { [field]: { operator: 'iexact', value: [value] } });
      expect([value, found]).toEqual([value, [expect.stringMatching(new RegExp(`-${index}$`))]]);
      expect(await findListed(gateway, { [field]: { operator: 'icontains', value: [value.slice(0, -1)] } })).toEqual(
        found,
      );
      expect(await findListed(gateway, { [field]: { operator: 'contains', value: [value] } })).toEqual([]);
    }
  }
});

describe('filters that are refused', () => {
  const one = (field: string, operator: unknown, value: unknown) => ({ [field]: { operator, value } });
  test.each<[what: string, filters: unknown, message: RegExp]>([
    [
      'an unknown field',
      one('colour', '', ['red']),
      /^filters: "colour" is not a field to filter by; it is one of name, status/,
    ],
    ['an inherited field', one('constructor', '', ['x']), /^filters: "constructor" is not a field/],
    ['__proto__', JSON.parse('{"__proto__":{"operator":"","value":[]}}'), /^filters: "__proto__" is not a field/],
    ['an unknown operator', one('name', 'regex', ['.']), /^filters\.name\.operator: "regex" is not one of "", "not"/],
    ['an operator that is no text', one('name', 5, ['.']), /^filters\.name\.operator: 5 is not one of/],
    [
      'an unknown part',
      { id: { value: ['x'], connector: 'OR' } },
      /^filters\.id: "connector" is not part of a condition/,
    ],
    ['no values', { id: { operator: 'in' } }, /^filters\.id\.value: a list is required/],
    ['a condition that is not an object', { id: 'x' }, /^filters\.id: "x" is not a JSON object/],
    ['a list', [], /^filters: a list is not a JSON object/],
    [
      'a number for a name',
      one('name', '', [5]),
      /^filters\.name\.value\.0: 5 is not a string; isnull takes true or false\.$/,
    ],
    ['null for a dataset', one('dataset_id', '', ['d', null]), /^filters\.dataset_id\.value\.1: null is not a string/],
    ['true for a name', one('name', '', [true]), /^filters\.name\.value\.0: true is not a string\.$/],
    [
      'a text for isnull',
      one('dataset_id', 'isnull', ['true']),
      /^filters\.dataset_id\.value\.0: "true" is not true or false/,
    ],
    ['two values for isnull', one('dataset_id', 'isnull', [true, false]), /isnull takes only one value/],
    ['two values for gte', one('created_at', 'gte', ['2026-01-01', '2026-02-01']), /gte takes only one value/],
    [
      'no time',
      one('created_at', 'lt', ['yesterday']),
      /^filters\.created_at\.value\.0: "yesterday" is not a time such as 2026-/,
    ],
    [
      'a day that does not exist',
      one('updated_at', '', ['2026-02-30']),
      /^filters\.updated_at\.value\.0: "2026-02-30" is not a time/,
    ],
    ['NUL', one('name', 'contains', ['a\0']), /^filters\.name\.value\.0: .* contains NUL/],
    ['a text of 256 characters', one('name', '', ['x'.repeat(256)]), /has more than 255 characters/],
    ['101 values', one('id', 'in', Array(101).fill('x')), /^filters\.id\.value: more than 100 values are not accepted/],
    [
      'four texts to search for',
      one('name', 'icontains', ['a', 'b', 'c', 'd']),
      /^filters: more than 3 values for iexact/,
    ],
    [
      'four texts in two fields',
      { ...one('name', 'iexact', ['a', 'b']), ...one('id', 'endswith', ['c', 'd']) },
      /more than 3 values/,
    ],
  ])('%s', async (_what, filters, message) => {
    const gateway = await createTestGateway();
    for (const path of ['list/', 'summary/']) {
      const { status, body } = await callRest(gateway, 'POST', path, { filters });
      expect([status, body]).toEqual([
        400,
        { detail: 'Validation error', errors: { filters: [expect.stringMatching(message)] } },
      ]);
    }
  });

  test('many faults are reported as few, quickly', async () => {
    const gateway = await createTestGateway();
    const names = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`f${index}`, 0]));
    const values = Array.from({ length: 400_000 }, () => 0);
    for (const filters of [names, { id: { operator: 'in', value: values } }, { id: names }]) {
      const start = performance.now();
      const { status, text } = await callRest(gateway, 'POST', 'list/', { filters });
      expect(performance.now() - start).toBeLessThan(10_000);
      expect([status, text.length]).toEqual([400, expect.toSatisfy((length) => length < 16 * 1024)]);
    }
  });
});

test('the body of a list may hold 10,000 values, known or not', async () => {
  const gateway = await createTestGateway();
  const withNames = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, ',']));
  for (const path of ['list/', 'summary/']) {
    expect((await callRest(gateway, 'POST', path, withNames(10_001))).status).toBe(200);
    const { status, body } = await callRest(gateway, 'POST', path, withNames(10_002));
    const errors = { body: ['The body holds more than 10000 values.'] };
    expect([status, body]).toEqual([400, { detail: 'Validation error', errors }]);
  }
});

test('three texts may be searched for, and any number of statuses and of whole values up to 100', async () => {
  const gateway = await createTestGateway();
  await callRest(gateway, 'POST', '', { experiment_id: 'a1', name: 'One' });
  const filters = {
    name: { operator: 'icontains', value: ['o', 'x', 'y'] },
    status: { operator: 'startswith', value: ['pend', 'run', 'comp', 'fail'] },
    id: { operator: 'in', value: Array.from({ length: 100 }, (_, index) => `a${index}`) },
  };
  expect(await findListed(gateway, filters)).toEqual(['a1']);
});

test('a list of any length of values matches each of them', async () => {
  const { gateway, experiments } = await createFilledGateway('SQLite');
  for (let length = 0; length <= 10; length++) {
    const ids = experiments.slice(0, length).map(({ id }) => id);
    expect(await findListed(gateway, { id: { operator: 'in', value: [...ids, ...ids] } })).toEqual(ids.toSorted());
    expect(await findListed(gateway, { id: { operator: 'not', value: ids } })).toHaveLength(40 - length);
  }
});

test('an experiment that was just replaced is listed by its new values', async () => {
  const gateway = await createTestGateway();
  await callRest(gateway, 'POST', '', { experiment_id: anExperiment().id, name: 'Before', dataset_id: 'ä' });
  await callRest(gateway, 'PUT', `${anExperiment().id}/`, { name: 'After', dataset_id: 'Ö' });
  expect(await findListed(gateway, { name: { operator: 'iexact', value: ['after'] } })).toHaveLength(1);
  expect(await findListed(gateway, { dataset_id: { operator: 'iexact', value: ['ö'] } })).toHaveLength(1);
  expect(await findListed(gateway, { dataset_id: { operator: 'iexact', value: ['Ä'] } })).toHaveLength(0);
});
