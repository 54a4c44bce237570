import type { RateLimit as RateLimitState } from '../domain/rate-limit.ts';
import { builder } from './builder.ts';

const RateLimit = builder.objectRef<RateLimitState>('RateLimit').implement({
  description:
    'How many points the caller has left. A root field of a query or subscription costs 1 point and one of a mutation 5, and 1 more for each 100 rows that it could return.',
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'How many points the caller has in each period.' }),
    cost: t.exposeInt('cost', { description: 'What this request cost.' }),
    remaining: t.exposeInt('remaining', { description: 'The points left in this period, after this request.' }),
    resetAt: t.field({
      type: 'DateTime',
      description: 'When this period ends. The next one begins with the next request.',
      resolve: ({ resetAt }) => resetAt,
    }),
  }),
});

builder.queryField('rateLimit', (t) =>
  t.field({
    type: RateLimit,
    nullable: true,
    description:
      'How many points the caller has left; null when the gateway has no limit (RATE_LIMIT is not set), or the request has no credential.',
    requires: 'anyone',
    resolve: (_root, _args, { rateLimit }) => rateLimit,
  }),
);
