/**
 * Faults: what is thrown when the gateway, or something that it depends on, cannot do its work. Failures that a caller
 * can expect are values instead (`failure.ts`).
 */

/** A service that the gateway depends on does not answer. `message` is for the log, `publicMessage` for the caller. */
export class ServiceUnavailable extends Error {
  override readonly name: string = 'ServiceUnavailable';
  readonly publicMessage: string = 'The gateway cannot answer this at the moment: try again shortly.';
}

/** Storage could not be reached, is locked, full or broken. Nothing was written. Its message is for the log alone. */
export class StorageUnavailable extends ServiceUnavailable {
  override readonly name = 'StorageUnavailable';
  override readonly publicMessage: string = 'Storage is not available: try again in a moment.';
}

/**
 * Storage failed while it committed and could not say afterwards whether the write is there: it may come back after a
 * restart. Every other `StorageUnavailable` means that nothing was written.
 */
export class OutcomeUnknown extends StorageUnavailable {
  override readonly publicMessage =
    'Storage did not confirm the write: it may or may not have been written. Read it before you try again.';
}

/** The gateway cannot start as it is configured. The message is one line for the person at the terminal. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}
