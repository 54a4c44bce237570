import { type GraphQLError, parse } from 'graphql';
import { documentLimits } from '../../domain/limits.ts';
import { createRefusal } from '../refusal.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { type Documents, InvalidDocument } from './document-cache.ts';
import type { RequestParams } from './request-params.ts';

/** Returns the text of the document that a request sends or names. Throws a refusal. */
export type SelectDocument = (params: RequestParams) => string;

/** The longest document, in characters, that is compared by its meaning. */
const maxComparedCharacters = 64 * 1024;
/** The most bytes of texts that one generation of the cache of spellings keeps, by an estimate. */
const maxCachedBytes = 1024 * 1024;

/** Creates the step that selects the document: any that a request sends, or only those of a manifest, by their hash. */
export function createDocumentSelector(operations: ReadonlyMap<string, string> | undefined): SelectDocument {
  return operations ? createPersistedSelector(operations) : selectSent;
}

/** Throws 400, or 200 for a client that sends only the hash of its document. */
function selectSent({ query, documentId, isAutomatic }: RequestParams): string {
  if (query !== undefined) return query;
  // Clients with automatic persisted queries send the document when they get this message. The status is 200, as in
  // Apollo's own servers.
  if (isAutomatic) throw createRefusal(200, 'PersistedQueryNotSupported');
  throw createRefusal(
    400,
    documentId === undefined
      ? 'The query is missing: send the GraphQL document as query.'
      : 'This gateway has no persisted operations: send the GraphQL document as query.',
  );
}

/** The hashes of the operations that would be refused, because the schema does not have what they ask for. */
export function findInvalidOperations(operations: ReadonlyMap<string, string>, documents: Documents): string[] {
  const isValid = (text: string) => {
    try {
      return documents.find(text, true) !== undefined;
    } catch (error) {
      if (error instanceof InvalidDocument) return false;
      throw error;
    }
  };
  return Array.from(operations).flatMap(([hash, text]) => (isValid(text) ? [] : hash));
}

/** Throws 400 for any other document. */
function createPersistedSelector(operations: ReadonlyMap<string, string>): SelectDocument {
  const texts = new Set(operations.values());
  const byMeaning = new Map(Array.from(texts, (text) => [describeMeaning(text) ?? text, text]));
  const spellings = createBoundedCache<string>(maxCachedBytes);

  /** The manifest's text for a document that differs from it only in its spelling. */
  function findByMeaning(query: string): string | undefined {
    const known = spellings.get(query);
    if (known !== undefined) return known;
    const meaning = describeMeaning(query);
    const text = meaning === undefined ? undefined : byMeaning.get(meaning);
    if (text !== undefined) spellings.set(query, text, 200 + 2 * query.length);
    return text;
  }

  return ({ query, documentId }) => {
    // GraphQL over HTTP, appendix A, names the algorithm in front of the hash.
    const named = documentId && (operations.get(documentId) ?? operations.get(documentId.replace(/^sha256:/, '')));
    if (named) return named;
    if (query === undefined && documentId === undefined)
      throw createRefusal(400, 'The operation is missing: send the hash of a persisted operation as documentId.');
    const text = query === undefined || texts.has(query) ? query : findByMeaning(query);
    if (text === undefined) throw createNotFoundError();
    return text;
  };
}

function createNotFoundError(): GraphQLError {
  return createRefusal(
    400,
    'This is not one of the persisted operations, and the gateway executes no others.',
    {},
    'PERSISTED_OPERATION_NOT_FOUND',
  );
}

/**
 * A text that is the same for all spellings of a document, whatever their layout and the order of definitions, fields and
 * arguments: the manifest's documents are printed in another order than the clients' own. Undefined for a text that
 * does not parse within the limits.
 */
function describeMeaning(text: string): string | undefined {
  if (text.length > maxComparedCharacters) return undefined;
  try {
    return describe(parse(text, { maxTokens: documentLimits.tokens, noLocation: true }));
  } catch {
    return undefined;
  }
}

function describe(node: unknown): string {
  if (Array.isArray(node)) return `[${node.map(describe).toSorted().join()}]`;
  if (typeof node !== 'object' || node === null) return JSON.stringify(node) ?? '';
  // The values of a list keep their order, and a block string means the same as another string.
  const parts = Object.entries(node).map(([name, value]) => {
    if (name === 'block' || value === undefined || (Array.isArray(value) && value.length === 0)) return '';
    return name === 'values' ? `values:[${value.map(describe).join()}]` : `${name}:${describe(value)}`;
  });
  return `{${parts.filter(Boolean).join()}}`;
}
