import { hash } from 'node:crypto';
import type { Conflict } from '../failure.ts';
import { JsonList } from '../json/json-list.ts';
import { text } from '../text-shapes.ts';
import { type Issue, validate } from '../validation.ts';
import { type Experiment, noTags, untitled } from './experiment.ts';
import { toContent, type ValidInput } from './input.ts';

export interface WithIdempotencyKey {
  readonly idempotencyKey?: string | null | undefined;
}

/** A key that makes a create or a clone safe to repeat for 24 hours (contract, section 4). */
export interface IdempotencyKey {
  readonly key: string;
  /** The digest of the operation and its input. */
  readonly digest: string;
}

/** What a key was used for. */
export interface KeyUse {
  readonly digest: string;
  /** The experiment that it created, as it is now; null when that has been deleted since. */
  readonly experiment: Experiment | null;
}

const keyShape = text({ min: 1, max: 255 });

/** The issues of a key; null and undefined mean that none was given. */
export function findKeyIssues(idempotencyKey: WithIdempotencyKey['idempotencyKey']): Issue[] {
  const issues: Issue[] = [];
  if (idempotencyKey != null) validate(keyShape, idempotencyKey, ['idempotencyKey'], issues);
  return issues;
}

/**
 * The experiment that the same call with this key created, or why the key cannot be used again. A key belongs to its
 * organization, no matter who used it, or whether over GraphQL or REST.
 */
export function judgeKeyUse(use: KeyUse, key: IdempotencyKey | undefined): Experiment | Conflict<Experiment> {
  const isSameCall = use.digest === key?.digest;
  if (isSameCall && use.experiment) return use.experiment;
  const message = isSameCall
    ? 'The experiment that this idempotency key created has been deleted. Use another key to create it again.'
    : 'This idempotency key was used for another call. Use another key, or repeat that call with the same input.';
  return { kind: 'conflict', message, reason: 'IDEMPOTENCY_KEY_REUSED', current: use.experiment };
}

/** Two creates are the same if they would store the same, whether a default was sent or omitted. */
export function digestCreate(valid: ValidInput): string {
  const { name, tags } = valid.given;
  return digest('create', {
    experimentId: valid.experimentId ?? null,
    ...toContent(valid),
    name: name ?? untitled,
    tags: tags ?? noTags,
  });
}

/** Two clones are the same if they have the same source and the same input. */
export function digestClone(
  source: { readonly id: string; readonly revision: number | null },
  valid: ValidInput,
): string {
  const { given, experimentId = null, addTags = [], removeTags = [] } = valid;
  const tagChanges = { addTags: JsonList.of(addTags), removeTags: JsonList.of(removeTags) };
  return digest('clone', { ...source, experimentId, ...given, ...tagChanges });
}

/** Lists count as the text that would be stored, with its digits and its order of keys. */
function digest(operation: 'create' | 'clone', fields: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(fields).map(
    ([name, value]) => `${JSON.stringify(name)}:${value instanceof JsonList ? value.text : JSON.stringify(value)}`,
  );
  return hash('sha256', `${operation} {${members.toSorted().join()}}`);
}
