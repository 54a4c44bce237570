import { type Forbidden, forbidden, type Unauthenticated, unauthenticated } from './failure.ts';

/** What a credential may be granted. */
export const scopes = ['experiments:read', 'experiments:write', 'experiments:run'] as const;
export type Scope = (typeof scopes)[number];

/** Who wrote something: the id of an API key, or the subject of a dashboard token. */
export interface Author {
  readonly kind: 'apiKey' | 'subject';
  readonly id: string;
}

/** The authenticated caller of one request: everything they read or write belongs to their organization. */
export interface Actor {
  readonly organization: string;
  readonly scopes: readonly Scope[];
  readonly author: Author;
}

/** Who is calling; `null` without a valid credential. */
export type Caller = Actor | null;

/** Names a caller uniquely, whichever credential they use: an API key, or the subject of tokens of an organization. */
export function nameActor({ organization, author }: Actor): string {
  return JSON.stringify([organization, author.kind, author.id]);
}

/** Checks that the caller has a scope (R1). Returns them, or the failure to return instead. */
export function authorize(caller: Caller, scope: Scope): Actor | Unauthenticated | Forbidden {
  if (!caller) return unauthenticated();
  return caller.scopes.includes(scope) ? caller : forbidden(scope);
}

export function isScope(word: string): word is Scope {
  return (scopes as readonly string[]).includes(word);
}
