import { findChanges } from '../../domain/experiment/changes.ts';
import { blankContent, type ExperimentRevision, editableFields } from '../../domain/experiment/experiment.ts';
import { notFound } from '../../domain/failure.ts';
import { builder } from '../builder.ts';
import { createConnectionType } from '../connection.ts';
import { requireReader } from '../require-reader.ts';
import { toGraphQLError } from '../to-graphql-error.ts';
import { FieldChangeType } from './changes.ts';
import { ExperimentContent } from './content.ts';

const AuthorKind = builder.enumType('AuthorKind', {
  description: 'The kind of credential that wrote a revision.',
  values: {
    API_KEY: { value: 'apiKey' as const, description: 'An API key.' },
    SUBJECT: { value: 'subject' as const, description: 'The subject of a dashboard token.' },
  },
});

const allEditable = new Set(editableFields);

const RevisionType = builder.objectRef<ExperimentRevision>('ExperimentRevision').implement({
  description: 'The content of an experiment after one write.',
  interfaces: [ExperimentContent],
  fields: (t) => ({
    experimentId: t.exposeID('experimentId', { description: 'The id of the experiment.' }),
    revision: t.exposeInt('revision', { description: 'The revision number, to use with `restoreExperimentRevision`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was written.' }),
    authorKind: t.field({
      type: AuthorKind,
      description: 'The kind of credential that wrote it.',
      resolve: ({ author }) => author.kind,
    }),
    authorId: t.id({
      description: 'Who wrote it: the id of an API key, or the subject of a token.',
      resolve: ({ author }) => author.id,
    }),
    authorName: t.string({
      nullable: true,
      description: 'The name of the API key that wrote it; null when it has none, and for a token.',
      resolve: ({ author }, _args, context) =>
        author.kind === 'apiKey' ? context.keyName(requireReader(context), author.id) : null,
    }),
    changes: t.field({
      type: [FieldChangeType],
      description:
        'Every field that differs from the revision before it or, for the first one, from an experiment created with an empty input.',
      // The loader reads the contents for all revisions of a page, and those before them, in one query.
      resolve: async ({ experimentId, revision }, _args, context) => {
        const range = { experimentId, from: revision - 1, to: revision };
        const [after, before] = await context.revisions(requireReader(context), range, allEditable);
        // Deleted since the page was read.
        if (after?.revision !== revision) throw toGraphQLError(notFound(experimentId));
        return findChanges(before ?? blankContent, after);
      },
    }),
  }),
});

export const RevisionConnection = createConnectionType('ExperimentRevision', RevisionType);
