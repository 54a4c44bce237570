/**
 * Faults are thrown when the gateway, or a service that it depends on, cannot do its work. Failures that a caller can
 * expect are returned as values instead (`failure.ts`).
 */

/** A service that the gateway depends on does not respond. `message` is for the log, `publicMessage` for the caller. */
export class ServiceUnavailable extends Error {
  override readonly name: string = 'ServiceUnavailable';
  readonly publicMessage: string = 'The gateway cannot answer this request right now. Try again shortly.';
}

/** Storage cannot be reached, or is locked, full or broken. Nothing was written. The message is for the log only. */
export class StorageUnavailable extends ServiceUnavailable {
  override readonly name = 'StorageUnavailable';
  override readonly publicMessage: string = 'Storage is not available: try again in a moment.';
}

/**
 * Storage failed during a commit, so it is unknown whether the write is stored: it may reappear after a restart. Every
 * other `StorageUnavailable` means that nothing was written.
 */
export class OutcomeUnknown extends StorageUnavailable {
  override readonly publicMessage =
    'Storage did not confirm the write: it may or may not have been written. Read it before you try again.';
}

/** The gateway cannot start with this configuration. The message is one line for the person at the terminal. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** The environment is invalid. Every fault is one line for the terminal. */
export class InvalidConfiguration extends CannotStart {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join(' '));
    this.faults = faults;
  }
}
