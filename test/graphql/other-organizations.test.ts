import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { schema } from '../../src/schema/index.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { findSlots, type OtherArgument, type Slot } from '../support/schema/slots.ts';
import { ask, askForEvents } from '../support/tenants/ask.ts';
import {
  type Caller,
  createAsker,
  createOwner,
  type Ids,
  maskAnswer,
  readCursors,
  readEverything,
  theirIds,
  unknownIds,
} from '../support/tenants/organizations.ts';

/** The texts of the schema that are content, and refer to nothing. */
const contents = new Set('description errorMessage generationMethod key name nameContains spanWorkflowName'.split(' '));
/** The texts that are positions in a list, or in the changes. */
const cursors = new Set(['after', 'before', 'since']);
/** Where an id refers to nothing that the gateway keeps, or to what the caller has or makes: owners learn no more. */
const opaque = [
  /evaluatorIds/,
  /evaluatorSlugs/,
  /evaluatorWorkflowIds/,
  /^Mutation.registerDataset/,
  /^Mutation.replaceExperiment\(input.experimentId/,
  /^Mutation.replaceExperiments\(items.\[].input.experimentId/,
];

const slots = findSlots().filter(({ leaf }) => !contents.has(leaf));

const ends: (() => void | Promise<void>)[] = [];
let gateway: TestGateway;
/** The organization whose ids the others try. */
let owner: Caller;
/** The cursors of an organization, and those of one that has ceased to exist. */
let theirCursors: Record<string, string>;
let unknownCursors: Record<string, string>;

beforeAll(async () => {
  // So that the times in two answers are equal.
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-22T10:00:00.123Z') });
  gateway = await createTestGateway({}, (end) => ends.push(end));
  owner = await createOwner(gateway, theirIds);
  theirCursors = await readCursors(owner, theirIds);
  const gone = await createOwner(gateway, unknownIds);
  unknownCursors = await readCursors(gone, unknownIds);
  for (const id of [unknownIds.live, unknownIds.trashed])
    await gone.data('mutation ($id: ID!) { deleteExperiment(id: $id, permanently: true) { __typename } }', { id });
});
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
  vi.useRealTimers();
});

/** The values to try in a place, of one organization. */
function listValues({ leaf, name }: Slot, ids: Ids, ownCursors: Record<string, string>): string[] {
  if (leaf === 'idempotencyKey') return [ids.idempotencyKey];
  if (!cursors.has(leaf)) return Object.values(ids);
  const [, list = ''] = /\.(\w+)\(/.exec(name) ?? [];
  return [ownCursors[list] ?? ''];
}

test('every place of the schema that takes a text is known as an id, a cursor, an idempotency key or content', () => {
  const all = findSlots();
  const known = new Set([...contents, ...cursors, 'idempotencyKey', 'evaluatorSlugs']);
  expect(all.filter(({ type, leaf }) => type === 'String' && !known.has(leaf)).map(({ name }) => name)).toEqual([]);
  expect(all.filter(({ type, leaf }) => type === 'ID' && contents.has(leaf)).map(({ name }) => name)).toEqual([]);
  for (const query of new Set(all.map(({ build }) => build('').query)))
    expect([query, validate(schema, parse(query))]).toEqual([query, []]);
  const operations = new Set(all.map(({ name }) => name.replace(/\(.*/, '')));
  for (const operation of ['Query.node', 'Mutation.replaceExperiments', 'Subscription.experimentsChanged'])
    expect(operations).toContain(operation);
  expect(slots.length).toBeGreaterThan(70);
});

let touches = 0;

/**
 * What a caller sees who tries the values of an organization in a place, one after the other, with masked ids: all values
 * without another argument, and the first two with each of the others.
 */
async function tryAll(slot: Slot, caller: Caller, ids: Ids, values: string[], others: Others): Promise<string[]> {
  const answers: string[] = [];
  for (const other of others)
    for (const value of other ? values.slice(0, 2) : values) {
      const built = slot.build(value, other);
      const touch = () =>
        owner.data(mutations.update, { id: theirIds.live, input: { tags: [{ touched: ++touches }] } });
      const answer =
        slot.operation === 'subscription'
          ? await askForEvents(gateway, caller, built, touch)
          : await ask(gateway, caller, built);
      answers.push(maskAnswer(answer, ids));
    }
  return answers;
}
type Others = readonly (OtherArgument | undefined)[];

describe('ids of other organizations', () => {
  test.each(slots.map((slot) => [slot.name, slot] as const))(
    "%s answers exactly alike for another organization's ids and unknown ones, and writes nothing there",
    async (_name, slot) => {
      const [asker, control] = [await createAsker(gateway), await createAsker(gateway)];
      const others = [undefined, ...(/^ids?$/.test(slot.leaf) ? slot.others : [])];
      const before = await readEverything(owner);
      const theirs = listValues(slot, theirIds, theirCursors);
      const answers = await tryAll(slot, asker, theirIds, theirs, others);
      const after = await readEverything(owner);
      // While a subscription waits, the owner writes.
      expect(after).toEqual(slot.operation === 'subscription' ? after : before);
      const unknown = listValues(slot, unknownIds, unknownCursors);
      const expected = await tryAll(slot, control, unknownIds, unknown, others);
      expect(answers).toEqual(expected);
    },
  );

  // Proves that the calls would find what is there.
  const found = slots.filter(({ leaf, name }) => !cursors.has(leaf) && !opaque.some((each) => each.test(name)));
  test.each(found.map((slot) => [slot.name, slot] as const))(
    '%s answers the owner of the ids otherwise',
    async (_name, slot) => {
      const values = listValues(slot, theirIds, {});
      const insider = slot.operation === 'subscription' ? owner : await createOwner(gateway, theirIds);
      const answers = await tryAll(slot, insider, theirIds, values, [undefined]);
      const stranger = await tryAll(slot, await createAsker(gateway), theirIds, values, [undefined]);
      expect(answers).not.toEqual(stranger);
    },
  );
});
