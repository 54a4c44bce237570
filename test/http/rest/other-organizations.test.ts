import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Scope, scopes } from '../../../src/domain/actor.ts';
import { createTestGateway, type TestGateway } from '../../support/gateway/test-gateway.ts';
import { callRest } from '../../support/http/rest.ts';
import { readWhole } from '../../support/tenants/ask.ts';
import {
  type Caller,
  createAsker,
  createOwner,
  type Ids,
  maskAnswer,
  readEverything,
  theirIds,
  unknownIds,
} from '../../support/tenants/organizations.ts';
import { findRestSlots, listRestOperations, type RestSlot } from '../../support/tenants/rest-slots.ts';

/** The texts that are content or a choice, and refer to nothing. */
const contents = new Set([
  'name',
  'description',
  'generation_method',
  'span_workflow_name',
  'sort_by',
  'If-Match',
  'filters.name',
  'filters.status',
  'filters.created_at',
  'filters.updated_at',
]);
/** Texts that refer to something, and what they refer to. */
const references = new Set([
  'experiment_id',
  'dataset_id',
  'evaluator_ids',
  'evaluator_slugs',
  'evaluator_workflow_ids',
  'Idempotency-Key',
  'filters.id',
  'filters.dataset_id',
]);
/** Where an id refers to nothing that the gateway keeps, or must be that of the path. */
const opaque = [/evaluator_/, /^PUT .* body.experiment_id/];

const slots = findRestSlots().filter(({ leaf }) => references.has(leaf));

const ends: (() => void | Promise<void>)[] = [];
let gateway: TestGateway;
let owner: Caller;

beforeAll(async () => {
  // So that the times in two answers are equal.
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-22T10:00:00.123Z') });
  gateway = await createTestGateway({}, (end) => ends.push(end));
  owner = await createOwner(gateway, theirIds);
});
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
  vi.useRealTimers();
});

test('every place of the REST operations that takes a text is known as a reference or as content', () => {
  const unknown = findRestSlots().filter(({ leaf }) => !references.has(leaf) && !contents.has(leaf));
  expect(unknown.map(({ name }) => name)).toEqual([]);
  expect(slots.length).toBeGreaterThan(20);
});

async function tryAll({ build }: RestSlot, { key }: Caller, ids: Ids): Promise<string[]> {
  const answers: string[] = [];
  for (const value of Object.values(ids)) {
    const { method, path, body, headers } = build(value);
    const response = await gateway.fetch(`/api/v2/experiments/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'x-request-id': 'same',
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    answers.push(maskAnswer(await readWhole(response), ids));
  }
  return answers;
}

describe('ids of other organizations over REST', () => {
  test.each(slots.map((slot) => [slot.name, slot] as const))(
    "%s answers exactly alike for another organization's ids and unknown ones, and writes nothing there",
    async (_name, slot) => {
      const before = await readEverything(owner);
      const answers = await tryAll(slot, await createAsker(gateway), theirIds);
      expect(await readEverything(owner)).toEqual(before);
      expect(answers).toEqual(await tryAll(slot, await createAsker(gateway), unknownIds));
    },
  );

  // Proves that the calls would find what is there.
  const found = slots.filter(({ name }) => !opaque.some((each) => each.test(name)));
  test.each(found.map((slot) => [slot.name, slot] as const))(
    '%s answers the owner of the ids otherwise',
    async (_name, slot) => {
      const stranger = await tryAll(slot, await createAsker(gateway), theirIds);
      expect(await tryAll(slot, await createOwner(gateway, theirIds), theirIds)).not.toEqual(stranger);
    },
  );
});

test.each(listRestOperations().map(({ name, request }) => [name, request] as const))(
  '%s answers 403 to every key without its scope, and 401 without a key',
  async (_name, { method, path, body }) => {
    const isRead = method === 'GET' || /^(?:list|summary)\//.test(path);
    const scope: Scope = isRead ? 'experiments:read' : 'experiments:write';
    const { secret: without } = await gateway.issueKey({ scopes: scopes.filter((each) => each !== scope) });
    const { secret: key } = await gateway.issueKey({ scopes: [scope] });
    expect(await callRest(gateway, method, path, body, { key: without })).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining(scope) },
    });
    expect((await callRest(gateway, method, path, body, { key: null })).status).toBe(401);
    expect((await callRest(gateway, method, path, body, { key })).status).not.toBe(403);
  },
);
