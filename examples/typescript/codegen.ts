/** The configuration of GraphQL Code Generator: `npx graphql-codegen --config codegen.ts` writes the folder `gql`. */
export default {
  schema: '../../schema.graphql',
  documents: 'documents.ts',
  generates: {
    'gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        scalars: { DateTime: 'string', JSON: 'unknown', JSONObject: 'Record<string, unknown>' },
        useTypeImports: true,
        importExtension: '.ts',
      },
    },
    // For the cache of Apollo Client: the members of each union and interface.
    'gql/possible-types.ts': { plugins: ['fragment-matcher'] },
    // For graphcache: the schema without its descriptions, 5 KB compressed.
    'gql/introspection.json': { plugins: ['introspection'], config: { minify: true, descriptions: false } },
  },
};
