/** Bounds of an input (R10). Lengths are in characters, sizes in bytes of JSON. */
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
