import { GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { builder } from './builder.ts';
import './scalars.ts';
import './viewer.ts';
import './rate-limit.ts';
import './node.ts';
import './experiment/type.ts';
import './experiment/queries.ts';
import './experiment/mutations.ts';
import './experiment/trash.ts';
import './experiment/clone.ts';
import './experiment/lifecycle.ts';
import './experiment/batches.ts';
import './experiment/subscriptions.ts';
import './experiment/change-feed.ts';
import './dataset.ts';

/** The front page of GraphiQL's documentation, in Markdown. */
const description = `A gateway for LLM experiments. An experiment is a named run of a workflow over a dataset, scored by evaluators.

**How to start.** Send an API key with each request, in the header \`Authorization: Bearer <key>\`; \`viewer\` shows whose it is. \`createExperiment\` creates an experiment. \`replaceExperiment\` writes its whole configuration: what you omit takes its default or becomes empty. \`updateExperiment\` changes only the fields that you give. With \`dryRun: true\`, these three show what they would write. \`experiments\` lists what there is, \`experimentChanged\` follows one experiment while it runs, and \`experimentsChanged\` follows a whole list.

**Errors come in two ways.** A mutation returns the failures that you can expect as members of its result: select \`... on MutationError { code message }\` beside its success. Everything else is an entry of \`errors\`, at the top of the response: queries and subscriptions that fail, documents that are not valid, limits, and faults of the gateway. Its \`extensions\` have a \`code\` in the same words and a \`status\`.`;

/** The executable schema. */
export const schema = new GraphQLSchema({ ...builder.toSchema().toConfig(), description });

/** The SDL that `schema.graphql` holds: sorted, with all descriptions. */
export function printSdl(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
