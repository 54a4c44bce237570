import { describe, expect, test } from 'vitest';
import { createCalls, listIssues, otherConnection } from '../support/gateway/calls.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { callRest } from '../support/http/rest.ts';

const reserved = ['.', '..', 'list', 'summary', 'dataset:', 'dataset:1', 'dataset:dataset:'];
const allowed = [
  '...',
  '. ',
  'List',
  'SUMMARY',
  'lists',
  'a/list',
  'dataset',
  'Dataset:1',
  'my-dataset:1',
  ' dataset:1',
];

describe('reserved ids', () => {
  test.each(reserved)('R10: no new experiment may have the id "%s"', async (experimentId) => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    const message = `experimentId: ${JSON.stringify(experimentId)} is reserved; an id may not be ".", "..", "list", or "summary", or begin with "dataset:".`;
    for (const dryRun of [true, false]) {
      const result = await calls.writingNothing(() => calls.create({ input: { experimentId }, dryRun }));
      expect(result).toMatchObject({
        __typename: 'ValidationError',
        code: 'BAD_USER_INPUT',
        status: 400,
        issues: [{ path: ['input', 'experimentId'], code: 'RESERVED', message }],
      });
    }
    const answer = await callRest(gateway, 'POST', '', { experiment_id: experimentId });
    expect([answer.status, answer.body]).toEqual([
      400,
      { detail: 'Validation error', errors: { experiment_id: [message.replace('experimentId', 'experiment_id')] } },
    ]);
  });

  test.each(allowed)('R10: a new experiment may have the id "%s"', async (experimentId) => {
    expect(await createCalls(await createTestGateway()).created({ experimentId })).toMatchObject({ id: experimentId });
  });

  test('R10: a reserved id is reported beside all other issues', async () => {
    const calls = createCalls(await createTestGateway());
    const result = await calls.create({ input: { experimentId: 'dataset:\n', batchSize: 0 } });
    expect(listIssues(result)).toEqual([
      'input.batchSize TOO_SMALL',
      'input.experimentId INVALID_TEXT',
      'input.experimentId RESERVED',
    ]);
  });

  test.each(reserved)('R10: a stored experiment with the id "%s" can still be used', async (id) => {
    const gateway = await createTestGateway();
    const calls = createCalls(gateway);
    const { name } = await calls.created({ experimentId: 'before', name: 'Kept' });
    const database = otherConnection(gateway);
    for (const [table, column] of [
      ['experiments', 'id'],
      ['experiment_revisions', 'experiment_id'],
    ] as const)
      database.prepare(`UPDATE ${table} SET ${column} = ?`).run(id);

    expect(await calls.stored(id)).toMatchObject({ id, name });
    expect(await calls.replace({ id, input: { experimentId: id, description: 'New' } })).toMatchObject({
      experiment: { id, name, description: 'New', revision: 2 },
    });
    expect(await calls.update({ id, input: { batchSize: 7 } })).toMatchObject({ experiment: { id, batchSize: 7 } });
    expect(await calls.restore({ id, revision: 1 })).toMatchObject({ experiment: { id, revision: 4 } });
    expect(await calls.delete({ id })).toMatchObject({ __typename: 'DeleteExperimentSuccess' });
    expect(await calls.stored(id)).toBeNull();
  });
});
