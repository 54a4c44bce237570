import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { documentLimits, errorLimits } from '../../domain/limits.ts';
import { createRefusal } from '../refusal.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { estimateRows, findDocumentFaults, findPageSizeVariables } from './document-limits.ts';
import { findFilterExcess } from './filter-limits.ts';

/** The most combinations of page sizes that are remembered for an operation. */
const maxSizes = 20;
/** The most bytes of valid documents that one generation of the cache keeps, by an estimate. */
const maxCachedBytes = 8 * 1024 * 1024;

/** Parses and validates the text of a document once, however often it is sent. */
export interface Documents {
  /**
   * Returns the document for a text, validated with or without introspection. Throws `InvalidDocument`. Only valid
   * documents are kept.
   */
  find(text: string, mayIntrospect: boolean): DocumentNode;
  /** Returns why an operation must not be executed: it could return too many rows, or its filters cost too much. */
  findExcess(args: Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>): GraphQLError | undefined;
}

/** Thrown for a text that does not parse, exceeds the limits, or does not match the schema. */
export class InvalidDocument extends Error {
  override readonly name = 'InvalidDocument';
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super('The document is not valid.');
    this.errors = errors;
  }

  /** Whether the document exceeds a limit, which is 400 in any media type. */
  get isRefusal(): boolean {
    return this.errors.some(({ extensions }) => extensions.http !== undefined);
  }
}

interface Known {
  readonly document: DocumentNode;
  /** Whether it is also valid for callers who may not introspect. */
  isPublic: boolean;
}

/** Creates the cache of a schema's documents, within the limits of the contract (section 7). */
export function createDocumentCache(schema: GraphQLSchema): Documents {
  const known = createBoundedCache<Known>(maxCachedBytes);
  const sizes = new WeakMap<OperationDefinitionNode, { variables: readonly string[]; rows: Map<string, number> }>();

  /** How many rows an operation could return, estimated once for each combination of page sizes in its variables. */
  function findMaxRows(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    values: Readonly<Record<string, unknown>>,
  ): number {
    const known = sizes.get(operation) ?? {
      variables: findPageSizeVariables(document),
      rows: new Map<string, number>(),
    };
    sizes.set(operation, known);
    // Uncoerced, as `estimateRows` reads them: a number, another value that overrides the default, or nothing.
    const key = known.variables
      .map((name) => (typeof values[name] === 'number' ? values[name] : Object.hasOwn(values, name) ? 'none' : ''))
      .join();
    let rows = known.rows.get(key);
    if (rows === undefined) {
      rows = estimateRows(schema, document, operation, values);
      if (known.rows.size >= maxSizes) known.rows.clear();
      known.rows.set(key, rows);
    }
    return rows;
  }

  return {
    find(text, mayIntrospect) {
      const found = known.get(text);
      if (found && (mayIntrospect || found.isPublic)) return found.document;
      const document = found?.document ?? parseWithin(text);
      const errors = findFaults(schema, document, mayIntrospect);
      if (errors.length > 0) throw new InvalidDocument(errors);
      if (found) found.isPublic = true;
      else known.set(text, { document, isPublic: !mayIntrospect }, estimateCost(text, document));
      return document;
    },

    findExcess({ document, operationName, variableValues }) {
      const operation = getOperationAST(document, operationName);
      if (!operation) return undefined;
      const isStream = operation.operation === 'subscription';
      const limit = isStream ? documentLimits.eventRows : documentLimits.rows;
      const rows = findMaxRows(document, operation, variableValues ?? {});
      if (rows <= limit) return findFilterExcess(schema, document, operation, variableValues ?? {});
      const subject = isStream ? 'Each event' : 'The document';
      return createRefusal(400, `${subject} could return ${rows} rows, more than ${limit}: ask for smaller pages.`);
    },
  };
}

/** The memory of a document in bytes: nodes and their plan (measured: 430 per token), text, and page sizes. */
function estimateCost(text: string, document: DocumentNode): number {
  return 4_000 + 500 * (document.tokenCount ?? documentLimits.tokens) + 4 * text.length;
}

/**
 * The longest document, in characters, whose errors have locations. Finding the line of an error takes time
 * proportional to the text, and longer documents are written by programs: they contain long values, not typing
 * mistakes.
 */
const maxLocatedCharacters = 64 * 1024;
/** The most lines of a longer document. Block strings cost time per line, which the token limit does not cover. */
const maxLines = 20_000;

function parseWithin(text: string): DocumentNode {
  const isLong = text.length > maxLocatedCharacters;
  if (isLong && hasMoreLines(text, maxLines))
    throw new InvalidDocument([
      createRefusal(400, `The document has more than ${maxLines} lines: send long texts as variables.`),
    ]);
  try {
    return runWithoutStacks(() => parse(text, { maxTokens: documentLimits.tokens, noLocation: isLong }));
  } catch (error) {
    throw new InvalidDocument([toParseError(error)]);
  }
}

function hasMoreLines(text: string, limit: number): boolean {
  const lineBreaks = /\r\n|\r|\n/g;
  for (let count = 1; lineBreaks.test(text); count++) if (count >= limit) return true;
  return false;
}

function toParseError(error: unknown): GraphQLError {
  // The parser recurses once per bracket.
  if (error instanceof RangeError)
    return createRefusal(
      400,
      `The document is nested too deeply: at most ${documentLimits.levels} levels are accepted.`,
    );
  if (!(error instanceof GraphQLError)) throw error;
  if (!error.message.includes('tokens. Parsing aborted')) return error;
  return createRefusal(400, `The document has more than ${documentLimits.tokens} tokens: send values as variables.`);
}

function findFaults(schema: GraphQLSchema, document: DocumentNode, mayIntrospect: boolean): readonly GraphQLError[] {
  const faults = findDocumentFaults(document);
  if (faults.length > 0) return faults;
  const rules = mayIntrospect ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const options = { maxErrors: errorLimits.count, hideSuggestions: !mayIntrospect };
  return runWithoutStacks(() => validate(schema, document, rules, options)).slice(0, errorLimits.count);
}

/** Errors about a document need no stack: capturing one costs time and keeps the state of the validation alive. */
function runWithoutStacks<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
