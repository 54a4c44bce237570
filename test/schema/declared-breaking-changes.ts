/**
 * Breaking changes since the last release, each in the words of graphql's `findBreakingChanges`, with the reason in a
 * comment. A release copies `schema.graphql` to `released.graphql` and empties this list.
 */
export const declaredBreakingChanges: readonly string[] = [];
