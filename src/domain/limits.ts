/**
 * The limits of the public contract: R10 and section 7. Lengths are in characters (Unicode code points), sizes in bytes of
 * UTF-8.
 */

/** What an input may hold (R10). */
export const bounds = {
  listEntries: 100,
  jsonLevels: 32,
  jsonContainers: 10_000,
  workflowBytes: 1024 * 1024,
  tagBytes: 64 * 1024,
  tagKeys: 1_000,
  batchSize: { min: 1, max: 10_000 },
  concurrency: { min: 1, max: 1_000 },
} as const;

/** What an answer says about an input that is not valid (R10): the list stays within 16 KiB with the rest of its answer. */
export const issueLimits = {
  /** Holds for the warnings of one kind as well. */
  count: 50,
  bytes: 15 * 1024,
  pathEntryCharacters: 100,
  /** For the entries of a path that would take more than half of `bytes`. */
  longPathEntryCharacters: 20,
} as const;

/** How many entries a page may hold, and holds by default. */
export const pageSize = { max: 100, default: 20 } as const;

/** What a filter may hold. No index serves text conditions, so each of them reads every row. */
export const filterLimits = { conditions: 50, levels: 8, textConditions: 3 } as const;

/** The most bytes of one answer. */
export const maxAnswerBytes = 16 * 1024 * 1024;

/** The most streams that one caller may have open. */
export const maxStreams = 100;
