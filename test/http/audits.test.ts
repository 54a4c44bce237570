import { serverAudits } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { sharedApp } from '../support/gateway/shared-app.ts';

/** Runs the GraphQL-over-HTTP audits of graphql-http against the gateway on a socket. */
describe('GraphQL over HTTP', () => {
  const gateway = sharedApp();
  const audits = serverAudits({ url: () => `${gateway.url()}/graphql`, fetchFn: fetch });

  test('graphql-http audits 61 rules of GraphQL over HTTP', () => {
    expect(audits).toHaveLength(61);
  });

  test.each(audits.map(({ id, name, fn }) => ({ id, name, fn })))('$id $name', async ({ fn }) => {
    const result = await fn();
    expect('reason' in result ? `${result.status}: ${result.reason}` : result.status).toBe('ok');
  });
});
