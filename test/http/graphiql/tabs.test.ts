import { expect, test } from 'vitest';
import { tabs } from '../../../src/http/graphiql/tabs.ts';
import { createTestGateway } from '../../support/gateway/test-gateway.ts';
import { openStream } from '../../support/http/stream.ts';

const byName = new Map(tabs.map((tab) => [/^(?:query|mutation|subscription) (\w+)/m.exec(tab.query)?.[1] ?? '', tab]));

test('GraphiQL has tabs named Create, Replace, List, Watch and ValidationErrors', () => {
  expect([...byName.keys()]).toEqual(['Create', 'Replace', 'List', 'Watch', 'ValidationErrors']);
});

test('every tab of GraphiQL runs as it stands, in order and any number of times', async () => {
  const gateway = await createTestGateway();
  const run = async (name: string) => {
    const { query = '', variables = '' } = byName.get(name) ?? {};
    return Object.values(await gateway.data(query, JSON.parse(variables)))[0] as Record<string, any>;
  };
  for (let round = 0; round < 2; round++) {
    expect(await run('Create')).toMatchObject({ __typename: 'CreateExperimentSuccess', experiment: { revision: 1 } });
    expect(await run('List')).toMatchObject({ totalCount: 1, nodes: [{ id: 'exp_first_steps' }] });
  }
  expect(await run('Replace')).toMatchObject({
    __typename: 'ReplaceExperimentSuccess',
    changes: expect.arrayContaining([
      { field: 'batchSize', before: 25, after: 100, reason: 'RESET_TO_DEFAULT' },
      expect.objectContaining({ field: 'description', after: null, reason: 'CLEARED' }),
    ]),
    experiment: { revision: 2 },
  });
  for (let round = 0; round < 2; round++) {
    expect(await run('Replace')).toMatchObject({
      __typename: 'ConflictError',
      reason: 'STALE_REVISION',
      current: { id: 'exp_first_steps', revision: 2 },
    });
    expect(await run('Create')).toMatchObject({
      __typename: 'CreateExperimentSuccess',
      changes: [],
      experiment: { revision: 2 },
    });
    expect(await run('List')).toMatchObject({ nodes: [{ revision: 2 }] });
    expect(await run('ValidationErrors')).toMatchObject({
      __typename: 'ValidationError',
      issues: expect.arrayContaining([expect.objectContaining({ code: 'MUTUALLY_EXCLUSIVE' })]),
    });
  }
});

test('the Watch tab of GraphiQL shows the progress that its help line makes', async () => {
  const gateway = await createTestGateway();
  const [create, watch] = [byName.get('Create'), byName.get('Watch')];
  await gateway.data(create?.query ?? '', JSON.parse(create?.variables ?? ''));
  const { id } = JSON.parse(watch?.variables ?? '');
  const stream = await openStream(
    gateway,
    (watch?.query ?? '').replace(/\(\s*\$id: ID!\s*\)/, '').replace('$id', `"${id}"`),
  );
  expect(await stream.next()).toMatchObject({ data: { experimentChanged: { status: 'PENDING', progress: 0 } } });
  const help = (watch?.query ?? '').match(/^# .*/gm)?.map((line) => line.slice(2)) ?? [];
  await gateway.data(help.slice(help.indexOf('mutation {')).join('\n'));
  expect(await stream.next()).toMatchObject({ data: { experimentChanged: { status: 'RUNNING', progress: 0 } } });
  expect(await stream.next()).toMatchObject({ data: { experimentChanged: { status: 'RUNNING', progress: 40 } } });
});

test('the mutations of GraphiQL show what changed before anything else', () => {
  for (const name of ['Create', 'Replace'])
    expect(byName.get(name)?.query).toMatch(/\.\.\. on \w+Success \{\s+changes \{ field before after reason \}/);
});

test('every line of the tabs of GraphiQL fits an editor in a window of 1280 pixels', () => {
  const lines = tabs.flatMap(({ query }) => query.split('\n'));
  expect(lines.filter((line) => line.length > 50)).toEqual([]);
});
