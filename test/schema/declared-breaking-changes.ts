/**
 * Breaking changes since the last release, each in the words of graphql's `findBreakingChanges`, with the reason in a
 * comment. A release copies `schema.graphql` to `released.graphql` and empties this list.
 */
export const declaredBreakingChanges: readonly string[] = [
  // Client caches key records by `id`, and only a `Node` may have one. These two are not the record that they name: the
  // ids are `deletedExperimentId` and `missingId` now. For the same reason, but unseen by graphql, `Dataset.id` has a
  // prefix, and `dryRun` returns an `ExperimentPreview`.
  'Field DeleteExperimentSuccess.id was removed.',
  'Field NotFoundError.id was removed.',
  // Null without a credential, so that a page can ask who is signed in without handling an error.
  'Field Query.viewer changed type from Viewer! to Viewer.',
];
