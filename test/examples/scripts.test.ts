import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createCalls } from '../support/gateway/calls.ts';
import { steps } from '../support/gateway/operations.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { start } from '../support/process/process.ts';

/** A slim container has neither, and Windows may have no bash. */
const has = (...tools: string[]) => tools.every((tool) => spawnSync(tool, ['--version']).status === 0);
const [hasCurl, hasPython] = [has('bash', 'curl'), has('python3')];
if (!hasCurl || !hasPython) console.warn('Without bash and curl, or python3: the tests of their examples are skipped.');

async function openWorld() {
  const gateway = await createTestGateway();
  const env = { GATEWAY_URL: await gateway.app.listen(), GATEWAY_KEY: gateway.key };
  return { ...gateway, ...createCalls(gateway), env };
}

test.skipIf(!hasCurl)('examples/curl.sh creates, replaces, lists and follows an experiment', async () => {
  const { env } = await openWorld();
  const running = start(['examples/curl.sh'], { env, group: true });
  await running.until(/experimentChanged/);
  running.signal('SIGINT', 'group');
  const { stdout } = await running.ended;
  expect(stdout.match(/\{.+/g)?.map((line) => JSON.parse(line).data)).toEqual([
    { createExperiment: { experiment: { id: 'exp_curl', revision: 1 } } },
    {
      replaceExperiment: {
        experiment: { revision: 2 },
        changes: [
          { field: 'description', before: null, after: 'Replaced', reason: 'SET' },
          { field: 'batchSize', before: 25, after: 100, reason: 'RESET_TO_DEFAULT' },
        ],
      },
    },
    { experiments: { totalCount: 1, nodes: [{ id: 'exp_curl', name: 'From curl', status: 'PENDING' }] } },
    { experimentChanged: { status: 'PENDING', progress: 0 } },
  ]);
});

test.skipIf(!hasCurl)('examples/curl.sh without a key says so, and sends nothing', async () => {
  const { code, stdout, stderr } = await start(['examples/curl.sh'], { env: { GATEWAY_KEY: '' } }).ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/GATEWAY_KEY: set it to an API key/);
});

test.skipIf(!hasPython)(
  'examples/notebook.py replaces an experiment, keeps every digit, and follows it until it ends',
  async () => {
    const { env, data, stored } = await openWorld();
    const running = start(['python3', '-u', 'examples/notebook.py'], { env });
    await running.until(/'status': 'PENDING'/);
    await data(steps.start, { id: 'exp_notebook' });
    await running.until(/'status': 'RUNNING'/);
    await data(steps.complete, { id: 'exp_notebook' });
    const { code, stdout, stderr } = await running.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      expect.stringContaining('CreateExperimentSuccess'),
      expect.stringContaining("'changes': [{'field': 'batchSize', 'reason': 'SET'}], 'warnings': []"),
      "{'status': 'PENDING', 'progress': 0}",
      "{'status': 'RUNNING', 'progress': 0}",
      "{'status': 'COMPLETED', 'progress': 100}",
      '',
    ]);
    expect(await stored('exp_notebook')).toMatchObject({ revision: 2, batchSize: 10 });
    const again = await start(['python3', 'examples/notebook.py'], { env: { ...env, GATEWAY_KEY: 'wrong' } }).ended;
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('RuntimeError: A valid API key') });
  },
);
