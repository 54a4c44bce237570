import { serverAudits } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { sharedApp } from '../support/gateway/shared-app.ts';

/** The specification of GraphQL over HTTP, as graphql-http audits it, against the gateway on a socket. */
describe('GraphQL over HTTP', () => {
  const gateway = sharedApp();
  const audits = serverAudits({ url: () => `${gateway.url()}/graphql`, fetchFn: fetch });

  test('has 61 audits', () => {
    expect(audits).toHaveLength(61);
  });

  test.each(audits.map(({ id, name, fn }) => ({ id, name, fn })))('$id $name', async ({ fn }) => {
    const result = await fn();
    expect('reason' in result ? `${result.status}: ${result.reason}` : result.status).toBe('ok');
  });
});
