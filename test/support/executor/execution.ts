import {
  type DocumentNode,
  type ExecutionResult,
  execute as executeByGraphql,
  GraphQLError,
  getOperationAST,
  parse,
  validate,
} from 'graphql';
import { expect } from 'vitest';
import { execute } from '../../../src/graphql-executor/execute.ts';
import { type Source, executionSchema as schema } from './execution-schema.ts';

type Variables = Readonly<Record<string, unknown>>;

/** What is executed, and on what: made anew for each execution, since promises are used up. */
export interface Case {
  readonly variables?: Variables | undefined;
  readonly root?: () => Source;
  readonly operationName?: string;
}

/** A document, which must be valid. */
export function validDocument(text: string): DocumentNode {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  return document;
}

/** The answer of the gateway's own executor. */
export async function ours(document: DocumentNode, { variables, root, operationName }: Case): Promise<ExecutionResult> {
  const operation = getOperationAST(document, operationName);
  if (!operation) throw new Error('No such operation.');
  const contextValue = { root: root?.() ?? {} };
  return execute({ schema, document, operation, variableValues: variables, contextValue, hideSuggestions: false });
}

/** The answer of graphql-js. */
export async function theirs(document: DocumentNode, { variables, root, operationName }: Case) {
  const contextValue = { root: root?.() ?? {} };
  return executeByGraphql({
    schema,
    document,
    contextValue,
    ...(variables && { variableValues: variables }),
    ...(operationName !== undefined && { operationName }),
    // No more than a caller is told (contract, section 7).
    options: { maxCoercionErrors: 10 },
  });
}

/** All of an answer that a caller or the masking of errors can tell, the order of keys included. */
export function seen(result: ExecutionResult) {
  const errors = result.errors?.map((error) => {
    expect(error).toBeInstanceOf(GraphQLError);
    const { message, path, locations, extensions, originalError } = error;
    return { message: neutral(message), path, locations, extensions, cause: findCause(originalError) };
  });
  return { keys: Object.keys(result), text: JSON.stringify(result.data), errors };
}

function findCause(error: Error | undefined): string | undefined {
  return error && `${error.name}: ${neutral(error.message)}`;
}

/** Faults of a schema, which are worded in another way than graphql-js does: callers never see them. */
export const reworded = [
  [/^Expected `\w+\.coerceOutputValue[^]*/, 'a leaf without a value'],
  [/^Expected value of type "\w+" [^]*/, 'an object of another type'],
  [/^(Abstract type|Runtime Object type) [^]*/, 'no possible type'],
] as const;

function neutral(message: string): string {
  return reworded.reduce((text, [pattern, name]) => text.replace(pattern, name), message);
}

/** Executes a document both ways and expects the same answer, which it returns. */
export async function expectAlike(document: string | DocumentNode, options: Case = {}): Promise<ExecutionResult> {
  const parsed = typeof document === 'string' ? validDocument(document) : document;
  const [own, other] = [await ours(parsed, options), await theirs(parsed, options)];
  expect(seen(own)).toEqual(seen(other));
  return own;
}
