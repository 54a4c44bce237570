import { lexicographicSortSchema, printSchema } from 'graphql';
import { builder } from './builder.ts';
import './scalars.ts';
import './viewer.ts';
import './node.ts';
import './experiment/type.ts';
import './experiment/queries.ts';
import './experiment/mutations.ts';
import './experiment/lifecycle.ts';
import './experiment/subscriptions.ts';
import './dataset.ts';

/** The executable schema. */
export const schema = builder.toSchema();

/** The SDL that `schema.graphql` holds: sorted, with all descriptions. */
export function printSdl(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
