import type { StructureLimits } from './json/json-structure.ts';

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

/** How long the lease of a run may be, in seconds (contract, section 4). */
export const leaseSecondsRange = { min: 10, max: 86_400 } as const;

/** The limits of the issues in one answer (R10). With the rest of the answer, the list stays within 16 KiB. */
export const issueLimits = {
  /** Also limits the warnings of one kind. */
  count: 50,
  bytes: 15 * 1024,
  pathEntryCharacters: 100,
  /** For an issue that would otherwise take more than half of `bytes`. */
  longPathEntryCharacters: 20,
  /** In messages: the name of a place, each entry of it, and a value. */
  nameCharacters: 60,
  nameEntryCharacters: 30,
  valueCharacters: 40,
} as const;

/** The number of entries of a page. */
export const pageSize = { min: 1, max: 100, default: 20 } as const;

/** How many entries a numbered page and those before it may have. Cursors have no such limit. */
export const maxPageDepth = 10_000;

/**
 * The limits of a filter. No index supports text conditions, so each of them reads every row. `values` limits how many
 * a field is compared with.
 */
export const filterLimits = {
  conditions: 50,
  levels: 8,
  textConditions: 3,
  values: 100,
  ids: 100,
  valueCharacters: 255,
} as const;

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** What a request body may hold, in bytes. */
export const bodyLimits = {
  knownCaller: 2 * mebibyte,
  /** Unknown callers have no reason to send anything large. */
  unknownCaller: 64 * kibibyte,
  /** All bodies in progress together. */
  all: 64 * mebibyte,
  /** The share of unknown callers in it, so that they cannot keep out the body of a known caller. */
  allOfUnknownCallers: 16 * mebibyte,
} as const;

/** How JSON may be structured in a body, or in a literal of a document. */
export const structureLimits: StructureLimits = { levels: 1_000, containers: 10_000 };

/** The same for the body of a REST list. Filters need a few hundred values, and parsing a new name takes a microsecond. */
export const listBodyLimits: StructureLimits = { ...structureLimits, values: 10_000 };

/** What one document may hold. */
export const documentLimits = {
  tokens: 2_000,
  levels: 12,
  aliases: 30,
  rootFields: 20,
  /** The same field in one selection set, or in several that are merged. */
  sameField: 20,
  /** Fields and fragments, those of a fragment counted wherever it is spread. */
  selections: 10_000,
  /** Directives in one place. */
  directives: 10,
  /** Rows that it could return, page sizes multiplied down the nesting. */
  rows: 10_000,
  /** The same for each event of a subscription. */
  eventRows: 500,
  filteredLists: 3,
} as const;

/** What one answer may hold, and all answers in progress together, in bytes. */
export const answerLimits = { one: 16 * mebibyte, all: 64 * mebibyte } as const;

/** What the refusal of a document or its variables may hold. */
export const errorLimits = { count: 10, bytes: 8_000, locations: 10, messageCharacters: 200 } as const;

/** What one page of changes may hold. A row is added whole, so a page may exceed the bytes by one row. */
export const changesPage = { rows: 100, bytes: mebibyte } as const;

/** The maximum number of open streams per caller. */
export const maxStreams = 100;

/** How long a used idempotency key is kept, in milliseconds (contract, section 4). */
export const idempotencyKeyLifetime = 24 * 60 * 60 * 1000;

/**
 * What one batch may do (contract, section 4). On SQLite its transaction blocks the event loop, for about 50 ms at these
 * limits, plus the wait for the disk.
 */
export const batchLimits = {
  rows: { min: 1, max: 100 },
  /** What its experiments hold together, before and after, in bytes. */
  bytes: 4 * mebibyte,
  /** The keys of tags, and the evaluators, of the fields that change: those before and those after. */
  indexEntries: 5_000,
  /** The revisions that it permanently deletes, if they are of several experiments. */
  deletedRevisions: 1_000,
} as const;

/** What a call costs where `RATE_LIMIT` is set: a root field or a REST call, and one point more for each so many rows. */
export const prices = { read: 1, write: 5, rowsPerPoint: 100 } as const;

/** The largest `RATE_LIMIT`: points, and the seconds in which they may be spent. */
export const rateLimitBounds = { points: 1_000_000_000, seconds: 86_400 } as const;

/** How many days a deleted experiment can be restored unless TRASH_DAYS says otherwise (contract, section 1). */
export const defaultTrashDays = 30;
