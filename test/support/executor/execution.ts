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

/** What to execute, and on which root. Create a new one for each execution, because promises can be used only once. */
export interface Case {
  readonly variables?: Variables | undefined;
  readonly root?: () => Source;
  readonly operationName?: string;
}

/** Parses a document, which must be valid. */
export function validDocument(text: string): DocumentNode {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  return document;
}

/** The result from the gateway's own executor. */
export async function ours(document: DocumentNode, { variables, root, operationName }: Case): Promise<ExecutionResult> {
  const operation = getOperationAST(document, operationName);
  if (!operation) throw new Error('No such operation.');
  const contextValue = { root: root?.() ?? {} };
  return execute({ schema, document, operation, variableValues: variables, contextValue, hideSuggestions: false });
}

/** The result from graphql-js. */
export async function theirs(document: DocumentNode, { variables, root, operationName }: Case) {
  const contextValue = { root: root?.() ?? {} };
  return executeByGraphql({
    schema,
    document,
    contextValue,
    ...(variables && { variableValues: variables }),
    ...(operationName !== undefined && { operationName }),
    // Callers never get more errors than this (contract, section 7).
    options: { maxCoercionErrors: 10 },
  });
}

/** Everything in a result that callers or error masking can observe, including key order. */
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

/** Schema errors that our executor words differently from graphql-js. Callers never see them. */
const reworded = [
  [/^Expected `\w+\.coerceOutputValue[^]*/, 'a leaf without a value'],
  [/^Expected value of type "\w+" [^]*/, 'an object of another type'],
  [/^(Abstract type|Runtime Object type) [^]*/, 'no possible type'],
] as const;

function neutral(message: string): string {
  return reworded.reduce((text, [pattern, name]) => text.replace(pattern, name), message);
}

/** Executes a document with both executors, expects the same result from each, and returns it. */
export async function expectAlike(document: string | DocumentNode, options: Case = {}): Promise<ExecutionResult> {
  const parsed = typeof document === 'string' ? validDocument(document) : document;
  const [own, other] = [await ours(parsed, options), await theirs(parsed, options)];
  expect(seen(own)).toEqual(seen(other));
  return own;
}
