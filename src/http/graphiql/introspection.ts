import { getIntrospectionQuery, graphqlSync } from 'graphql';
import { schema } from '../../schema/index.ts';

/** Returns the answer to the introspection of GraphiQL, which does not change while the gateway runs. */
export function introspectSchema(): string {
  const source = getIntrospectionQuery({
    schemaDescription: true,
    inputValueDeprecation: true,
    specifiedByUrl: true,
    oneOf: true,
  });
  return JSON.stringify(graphqlSync({ schema, source }));
}
