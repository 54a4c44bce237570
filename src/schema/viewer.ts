import type { Actor } from '../domain/actor.ts';
import { builder } from './builder.ts';

const Viewer = builder.objectRef<Actor>('Viewer').implement({
  description: 'The caller, as the gateway sees them.',
  fields: (t) => ({
    organization: t.exposeID('organization', {
      description: 'The organization whose experiments the caller reads and writes.',
    }),
    scopes: t.stringList({
      description: 'What the credential is allowed to do.',
      resolve: ({ scopes }) => [...scopes],
    }),
    keyId: t.id({
      nullable: true,
      description: 'The id of the API key; null for a dashboard token.',
      resolve: ({ author }) => (author.kind === 'apiKey' ? author.id : null),
    }),
    subject: t.string({
      nullable: true,
      description: 'The subject of the dashboard token; null for an API key.',
      resolve: ({ author }) => (author.kind === 'subject' ? author.id : null),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    nullable: true,
    description:
      'The caller; null when the request has no credential. A credential that is refused is an UNAUTHENTICATED error.',
    requires: 'anyone',
    resolve: (_root, _args, { caller }) => caller,
  }),
);
