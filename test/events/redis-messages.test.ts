import { describe, expect, onTestFinished, test } from 'vitest';
import type { ExperimentEvent } from '../../src/domain/experiment/events.ts';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import { createRedisEvents } from '../../src/events/redis-events.ts';
import { isRedisMissing, redisUrl, space, startRedis, waitUntil } from '../support/storage/redis.ts';

const state = { organization: 'acme', id: 'exp_live', version: 3, description: 'secret' } as Experiment;
const channel = `gateway:${space}:experiment:["acme","exp_live"]`;

/** A process that listens to an experiment, another process, and the messages about experiments between them. */
async function startProcesses() {
  const told: ExperimentEvent[] = [];
  const sent: { channel: string; text: string }[] = [];
  let reads = 0;
  const find = async () => {
    reads++;
    return state;
  };
  const [one, other] = [createRedisEvents(redisUrl, { find, report }), createRedisEvents(redisUrl, { find, report })];
  onTestFinished(() => one.close());
  onTestFinished(() => other.close());
  const redis = startRedis();
  const spy = startRedis();
  spy.on('pmessage', (_pattern, name, text) => sent.push({ channel: name, text }));
  await spy.psubscribe(`gateway:${space}:experiment:*`);
  one.connect();
  other.connect();
  const release = one.listen('acme', 'exp_live', (event) => told.push(event));
  onTestFinished(release);
  await waitUntil(() => reads === 1);
  await waitUntil(async () => (await redis.pubsub('NUMSUB', `gateway:${space}:missed`))[1] === 2);
  return { one, other, redis, told, sent, reads: () => reads };
}

function report(): void {
  // Without a listener.
}

describe.skipIf(isRedisMissing)('between two processes and a Redis at 127.0.0.1:6379,', () => {
  test('a message says that an experiment changed, and contains nothing of it', async () => {
    const { other, told, sent } = await startProcesses();
    other.publish({ kind: 'changed', experiment: state });
    await waitUntil(() => told.length === 2 && sent.length === 1);
    expect(told).toEqual([
      { kind: 'changed', experiment: state },
      { kind: 'changed', experiment: state },
    ]);
    expect(sent).toEqual([{ channel, text: expect.stringMatching(/^\{"kind":"changed","from":"[\da-f-]{36}"\}$/) }]);
  });

  test('a deletion is delivered as a deletion, even if the id is in use again', async () => {
    const { other, told, reads } = await startProcesses();
    other.publish({ kind: 'deleted', organization: 'acme', id: 'exp_live', version: 7 });
    await waitUntil(() => told.length === 2);
    expect(told[1]).toEqual({ kind: 'deleted', organization: 'acme', id: 'exp_live', version: 7 });
    expect(reads()).toBe(1);
  });

  test('a process delivers its own events to its listeners immediately, without reading', async () => {
    const { one, told, sent, reads } = await startProcesses();
    one.publish({ kind: 'changed', experiment: state });
    expect(told).toHaveLength(2);
    await waitUntil(() => sent.length === 1);
    one.publish({ kind: 'deleted', organization: 'acme', id: 'exp_live' });
    expect(told).toHaveLength(3);
    await waitUntil(() => sent.length === 2);
    expect(reads()).toBe(1);
  });

  test('a text that is not a message is ignored', async () => {
    const { other, redis, told, sent, reads } = await startProcesses();
    for (const text of ['', 'null', '[]', '{"kind":"renamed","from":"x"}', '\u0000'])
      await redis.publish(channel, text);
    other.publish({ kind: 'deleted', organization: 'acme', id: 'exp_live' });
    await waitUntil(() => told.length === 2);
    expect([told[1]?.kind, sent.length, reads()]).toEqual(['deleted', 6, 1]);
  });

  test('many changes of an organization are few messages about it, which name no experiment, and the last is never missed', async () => {
    const { one, other, redis } = await startProcesses();
    const sent: string[] = [];
    const spy = startRedis();
    spy.on('message', (_channel, text) => sent.push(text));
    await spy.subscribe(`gateway:${space}:organization:"acme"`);
    let heard = 0;
    onTestFinished(one.listenToOrganization('acme', () => heard++));
    await waitUntil(async () => (await redis.pubsub('NUMSUB', `gateway:${space}:organization:"acme"`))[1] === 2);
    await waitUntil(() => heard === 1);
    const start = performance.now();
    for (let n = 0; n < 500; n++) {
      other.publish({ kind: 'changed', experiment: { ...state, id: `exp_${n}` } });
      if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const most = 2 + (performance.now() - start) / 10;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.length).toBeLessThanOrEqual(Math.ceil(most));
    for (const text of sent) expect(text).toMatch(/^\{"kind":"changed","from":"[\da-f-]{36}"\}$/);
    await waitUntil(() => heard === 1 + sent.length);
  });

  test('a process tells its own listeners of an organization at once, and those of no other', () => {
    const events = createRedisEvents(redisUrl, { find: async () => null, report });
    const heard: string[] = [];
    const release = events.listenToOrganization('acme', () => heard.push('acme'));
    events.listenToOrganization('ACME', () => heard.push('ACME'));
    events.publish({ kind: 'changed', experiment: state });
    events.publish({ kind: 'deleted', organization: 'acme', id: 'exp_1' });
    release();
    events.publish({ kind: 'changed', experiment: state });
    expect(heard).toEqual(['acme', 'acme']);
  });
});
