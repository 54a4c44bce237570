import { type Forbidden, forbidden, type Unauthenticated, unauthenticated } from './failure.ts';

/** What a credential may be allowed to do. */
export const scopes = ['experiments:read', 'experiments:write', 'experiments:run'] as const;
export type Scope = (typeof scopes)[number];

/** Who wrote: the id of an API key, or the subject of a dashboard token. */
export interface Author {
  readonly kind: 'apiKey' | 'subject';
  readonly id: string;
}

/** The authenticated caller of one request: everything it reads or writes belongs to its organization. */
export interface Actor {
  readonly organization: string;
  readonly scopes: readonly Scope[];
  readonly author: Author;
}

/** Who is calling: `null` when no valid credential came with the request. */
export type Caller = Actor | null;

/** Whether a caller may do what the scope names (R1): the actor, or the failure to answer. */
export function authorize(caller: Caller, scope: Scope): Actor | Unauthenticated | Forbidden {
  if (!caller) return unauthenticated();
  return caller.scopes.includes(scope) ? caller : forbidden(scope);
}

export function isScope(word: string): word is Scope {
  return (scopes as readonly string[]).includes(word);
}
