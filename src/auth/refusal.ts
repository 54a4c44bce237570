/** Why a credential is refused, in words that metrics count: a closed list without anything that a caller sent. */
export type RefusalReason =
  | 'malformed'
  | 'tokens not configured'
  | 'unknown key'
  | 'revoked key'
  | 'expired key'
  | 'expired token'
  | 'invalid token'
  /** There were many refusals before: the credential may be valid. */
  | 'not checked';

/** A refused credential. The caller learns neither: `refused` says more, for the log. */
export interface Refusal {
  readonly refused: string;
  readonly reason: RefusalReason;
}
