import { afterAll, test } from 'vitest';
import { expectBatchesToEqualSingles } from '../support/gateway/batch-equals-singles.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';
import { startInProcessServer } from '../support/storage/postgres-in-process.ts';

const server = await startInProcessServer();
afterAll(server.close);

test('on SQLite, a batch equals its mutations of one experiment in order, whatever its policy', async () => {
  await expectBatchesToEqualSingles(await createTestGateway(), 30);
});

test('on PostgreSQL, a batch equals its mutations of one experiment in order, whatever its policy', async () => {
  await expectBatchesToEqualSingles(await createTestGateway({ DATABASE_URL: server.url }), 20);
});
