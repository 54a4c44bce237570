import { Registry } from 'prom-client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readLog } from '../support/gateway/log.ts';
import { createTestGateway } from '../support/gateway/test-gateway.ts';

test('a fault outside the operations is answered with a masked 500, whose request id the log has', async () => {
  const gateway = await createTestGateway({ LOG_LEVEL: 'info' });
  const log = readLog(gateway);
  const broken = vi.spyOn(Registry.prototype, 'metrics').mockRejectedValue(new Error('broken in /src/http'));
  onTestFinished(() => broken.mockRestore());

  const response = await gateway.fetch('/metrics', { headers: { 'x-request-id': 'mine' } });
  expect([response.status, response.headers.get('x-request-id')]).toEqual([500, 'mine']);
  expect(await response.json()).toEqual({
    errors: [
      {
        message: 'Something went wrong on our side.',
        extensions: { code: 'INTERNAL_SERVER_ERROR', status: 500, requestId: 'mine' },
      },
    ],
  });
  expect(log).toContainEqual(expect.objectContaining({ level: 50, msg: 'fault', requestId: 'mine' }));
});
