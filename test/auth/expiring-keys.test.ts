import { expect, onTestFinished, test, vi } from 'vitest';
import { readLog } from '../support/gateway/log.ts';
import { mutations } from '../support/gateway/operations.ts';
import { createTestGateway, type TestGateway } from '../support/gateway/test-gateway.ts';
import { openStream } from '../support/http/stream.ts';

const viewer = '{ viewer { keyId } }';
const day = 86_400_000;
const inMilliseconds = (milliseconds: number) => new Date(Date.now() + milliseconds);

/** Stops every clock by which keys and verdicts expire; `pass` moves them forward together. */
function stopClocks(): { pass(milliseconds: number): void } {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  return { pass: (milliseconds) => void vi.advanceTimersByTime(milliseconds) };
}

async function isKnown(gateway: TestGateway, key: string): Promise<boolean> {
  const { body } = await gateway.graphql(viewer, {}, { key });
  return body.errors?.[0].extensions.code !== 'UNAUTHENTICATED';
}

test('R1: a key is accepted until the moment it expires, and refused from then on, however often it is used', async () => {
  const gateway = await createTestGateway();
  const clocks = stopClocks();
  const { secret } = await gateway.issueKey({ expiresAt: inMilliseconds(2 * day) });
  expect(await isKnown(gateway, secret)).toBe(true);
  clocks.pass(2 * day - 300);
  // From here on the verdict is cached for longer than the key is valid.
  expect(await isKnown(gateway, secret)).toBe(true);
  clocks.pass(299);
  expect(await isKnown(gateway, secret)).toBe(true);
  clocks.pass(1);
  expect(await isKnown(gateway, secret)).toBe(false);
  clocks.pass(day);
  expect(await isKnown(gateway, secret)).toBe(false);
});

test('a key that expires later is looked up no more often than one that never expires', async () => {
  const gateway = await createTestGateway();
  const clocks = stopClocks();
  const { id, secret } = await gateway.issueKey({ expiresAt: inMilliseconds(day) });
  expect(await isKnown(gateway, secret)).toBe(true);
  await gateway.revokeKey(id);
  clocks.pass(499);
  expect(await isKnown(gateway, secret)).toBe(true);
  clocks.pass(1);
  expect(await isKnown(gateway, secret)).toBe(false);
});

test('a stream completes within five seconds after its key expires, and others continue', async () => {
  const gateway = await createTestGateway();
  await gateway.data(mutations.create, { input: { experimentId: 'a' } });
  const watch = 'subscription { experimentChanged(id: "a") { name } }';
  const expiresAt = inMilliseconds(1_000);
  const { secret } = await gateway.issueKey({ expiresAt });
  const [ending, other] = [await openStream(gateway, watch, { key: secret }), await openStream(gateway, watch)];
  await Promise.all([ending.next(), other.next()]);
  expect(await ending.next()).toBe('complete');
  expect(Date.now() - expiresAt.getTime()).toBeGreaterThanOrEqual(0);
  expect(Date.now() - expiresAt.getTime()).toBeLessThan(5_000);
  await gateway.data(mutations.update, { id: 'a', input: { name: 'later' } });
  expect(await other.next()).toMatchObject({ data: { experimentChanged: { name: 'later' } } });
});

test('the log says that a refused key has expired, and its use is not recorded', async () => {
  const gateway = await createTestGateway({ LOG_LEVEL: 'warn' });
  const log = readLog(gateway);
  const { id, secret } = await gateway.issueKey({ expiresAt: inMilliseconds(-1) });
  await isKnown(gateway, secret);
  expect(log.map(({ refused }) => refused)).toEqual([`expired key ${id}`]);
});
