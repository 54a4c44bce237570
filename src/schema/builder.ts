import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import ZodPlugin from '@pothos/plugin-zod';
import { invalid } from '../domain/failure.ts';
import type { JsonObject, JsonValue } from '../domain/json/exact-json.ts';
import { toIssue } from '../domain/validation.ts';
import type { GatewayContext } from './context.ts';
import PermissionPlugin from './permission-plugin.ts';
import { toGraphQLError } from './to-graphql-error.ts';

interface UserTypes {
  Context: GatewayContext;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: JsonValue; Output: JsonValue };
    JSONObject: { Input: JsonObject; Output: JsonObject };
  };
}

/** The builder's schema types, for functions that create types. */
export type Types = typeof builder.$inferSchemaTypes;

/**
 * The Pothos builder. It defines no types: those live beside their resolvers.
 *
 * Queries check what a field `requires` first, then the bounds of the arguments (plugin-zod), and then call the
 * resolver, so callers without permission cannot make us do work. Mutations return plain unions over the failures of
 * the domain: the domain checks permission and input for GraphQL and REST alike, and the compiler makes sure that no
 * failure is forgotten. The errors plugin would only turn the same values into throws and back again.
 */
export const builder = new SchemaBuilder<UserTypes>({
  plugins: [PermissionPlugin, RelayPlugin, ZodPlugin],
  defaultFieldNullability: false,
  zod: {
    validationError: ({ issues }) => toGraphQLError(invalid(issues.map((issue) => toIssue(issue, [])))),
  },
  relay: {
    cursorType: 'String',
    clientMutationId: 'omit',
    // `Query.node` is defined beside its type: the plugin's version would encode ids, and await each of them.
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    pageInfoTypeOptions: { description: 'The position of a page in its list.' },
    hasNextPageFieldOptions: { description: 'Whether there are entries after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there are entries before this page.' },
    startCursorFieldOptions: { description: 'The cursor of the first entry; null on an empty page.' },
    endCursorFieldOptions: { description: 'The cursor of the last entry; null on an empty page.' },
    edgesFieldOptions: { description: 'The entries of the page.', nullable: { list: false, items: false } },
    nodeFieldOptions: { description: 'The entry itself.', nullable: false },
    cursorFieldOptions: { description: 'The position of the entry, to use as `after` or `before`.' },
    pageInfoFieldOptions: { description: 'The position of the page in the list.' },
  },
});

builder.queryType({ description: 'What can be read. Failures are top-level errors with `extensions.code`.' });
builder.mutationType({ description: 'What can be written. Expected failures are members of the result union.' });
builder.subscriptionType({
  description: "What can be watched, over server-sent events or Apollo's multipart protocol.",
});
