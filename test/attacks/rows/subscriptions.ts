import { type Attack, bearer, each, getGraphql, graphql, request } from '../attack.ts';

/** Subscriptions that are not asked for as streams, or cannot start. */
export const subscriptions: readonly Attack[] = [
  {
    name: 'a subscription without a stream',
    safe: { status: [405, 406] },
    shapes: {
      'by POST': graphql('subscription { experimentChanged(id: "exp_victim") { id } }'),
      'accepting JSON by GET': getGraphql({ query: 'subscription { experimentsChanged { cursor } }' }),
      'by HEAD': request(
        `HEAD /graphql?${new URLSearchParams({ query: 'subscription { experimentsChanged { cursor } }' })}`,
        { ...bearer, accept: 'text/event-stream' },
      ),
      'incremental delivery': graphql(
        'subscription { experimentsChanged { cursor } }',
        {},
        { accept: 'multipart/mixed' },
      ),
    },
  },
  {
    name: 'a subscription that cannot start',
    safe: { status: [200, 400] },
    shapes: each(
      {
        'two fields': 'subscription { experimentsChanged { cursor } b: experimentsChanged { cursor } }',
        'no cursor': 'subscription { experimentsChanged(since: "x") { cursor } }',
        'a cursor of prototypes': `subscription { experimentsChanged(since: "${Buffer.from('{"__proto__":[1]}').toString('base64url')}") { cursor } }`,
        'a cursor with NUL': `subscription { experimentsChanged(since: "${Buffer.from('["CHANGES","x",1,"\\u0000"]').toString('base64url')}") { cursor } }`,
        'a cursor beyond numbers': `subscription { experimentsChanged(since: "${Buffer.from('["CHANGES","x",1e308,"x"]').toString('base64url')}") { cursor } }`,
        'a cursor of a megabyte': `subscription { experimentsChanged(since: "${'A'.repeat(1_000_000)}") { cursor } }`,
        'a missing experiment': 'subscription { experimentChanged(id: "missing") { id } }',
        'rows beyond 500':
          'subscription { experimentsChanged { experiment { revisions(first: 100) { nodes { changes { field } } } a: revisions(first: 100) { nodes { changes { field } } } b: revisions(first: 100) { nodes { changes { field } } } c: revisions(first: 100) { nodes { changes { field } } } d: revisions(first: 100) { nodes { changes { field } } } e: revisions(first: 100) { nodes { changes { field } } } } } }',
      },
      (query) => graphql(query, {}, { accept: 'text/event-stream' }),
    ),
  },
];
