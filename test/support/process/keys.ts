import { join } from 'node:path';
import { expect } from 'vitest';
import { openStorage } from '../../../src/storage/open.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { createTemporaryFolder } from '../gateway/test-gateway.ts';
import { type RunningGateway, runGateway } from './process.ts';

export const viewer = '{ viewer { organization scopes keyId } }';
/** Every scope. */
export const all = ['experiments:read', 'experiments:write', 'experiments:run'];

/** A migrated database without keys, and what `prepare` writes to it. */
export async function createDatabase(
  prepare?: (storage: Storage) => Promise<unknown>,
): Promise<{ DATABASE_URL: string }> {
  const env = { DATABASE_URL: `file:${join(createTemporaryFolder(), 'gateway.db')}` };
  const storage = await openStorage(env.DATABASE_URL);
  await prepare?.(storage);
  await storage.close();
  return env;
}

/** Runs a key command that must succeed. Returns its output; what it says on standard error is checked where it matters. */
export async function keys(env: Record<string, string>, ...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await runGateway(['keys', ...command], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/sk_|rror/) });
  return stdout;
}

/** Whether a running gateway accepts a key. */
export async function isKnown(gateway: RunningGateway, key: string): Promise<boolean> {
  const { errors } = await gateway.graphql(viewer, {}, key);
  return errors?.[0].extensions.code !== 'UNAUTHENTICATED';
}
