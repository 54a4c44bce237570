/**
 * A message about the experiment or the organization of its channel. A change carries no version: the state that is read
 * brings its own.
 */
export interface Message {
  readonly kind: 'changed' | 'deleted';
  /** The last version of the deleted experiment: the id may already belong to another one. */
  readonly version?: number | undefined;
  /** The sending process. */
  readonly from: string;
}

/** The message in a text; undefined for any other text. */
export function parseMessage(text: string): Message | undefined {
  try {
    const { kind, version, from } = JSON.parse(text);
    return kind === 'changed' || kind === 'deleted' ? { kind, version, from } : undefined;
  } catch {
    return undefined;
  }
}
