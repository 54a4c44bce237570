/** One request, in a form that a file can keep. */
export interface FuzzCase {
  /** In process, over a socket by a client, or over a socket with changed bytes of the whole request. */
  readonly door: 'fetch' | 'socket' | 'raw';
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBase64: string;
  readonly isStream: boolean;
  /** The operation that it was made from; null for REST. */
  readonly operation: { readonly query: string; readonly variables: Readonly<Record<string, unknown>> } | null;
  /** Whether its bytes were changed after they were made. */
  readonly isChanged: boolean;
  /** By which a raw request is changed again when it is replayed. */
  readonly rawSeed: number;
}

export function toCase({ body, ...rest }: Omit<FuzzCase, 'bodyBase64'> & { readonly body: Buffer }): FuzzCase {
  return { ...rest, bodyBase64: body.toString('base64') };
}

export const readBody = ({ bodyBase64 }: FuzzCase): Buffer => Buffer.from(bodyBase64, 'base64');

/** What came back; null where the bytes were no complete request. */
export interface FuzzAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}
