/**
 * The limits of the public contract (R10 and section 7). Lengths are in characters (Unicode code points), sizes in
 * bytes of UTF-8.
 */

/** The limits of an input (R10). */
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

/** The limits of the issues in one answer (R10). With the rest of the answer, the list stays within 16 KiB. */
export const issueLimits = {
  /** Also limits the warnings of one kind. */
  count: 50,
  bytes: 15 * 1024,
  pathEntryCharacters: 100,
  /** For an issue that would otherwise take more than half of `bytes`. */
  longPathEntryCharacters: 20,
} as const;

/** The number of entries of a page. */
export const pageSize = { max: 100, default: 20 } as const;

/** The limits of a filter. No index supports text conditions, so each of them reads every row. */
export const filterLimits = { conditions: 50, levels: 8, textConditions: 3 } as const;

/** The maximum size of one answer. */
export const maxAnswerBytes = 16 * 1024 * 1024;

/** The maximum number of open streams per caller. */
export const maxStreams = 100;
