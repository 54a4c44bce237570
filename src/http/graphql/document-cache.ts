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
import { createRefusal, maxErrors } from '../refusal.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { documentLimits, estimateRows, findDocumentFaults, findPageSizeVariables } from './document-limits.ts';
import { findFilterExcess } from './filter-limits.ts';

/** How many combinations of page sizes are remembered of an operation. */
const maxSizes = 20;
/** How many bytes of valid documents are kept, by an estimate. */
const maxCachedBytes = 8 * 1024 * 1024;

/** What becomes of the text of a document: parsed and judged once, however often it is sent. */
export interface Documents {
  /**
   * The document of a text, valid for a caller who may introspect, or may not. Throws `InvalidDocument`. Only valid
   * documents are kept.
   */
  find(text: string, mayIntrospect: boolean): DocumentNode;
  /** Why an operation is not executed: it could return too many rows, or filters cost too much. */
  findExcess(args: Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>): GraphQLError | undefined;
}

/** A text that is no document, is beyond the limits, or does not fit the schema. */
export class InvalidDocument extends Error {
  override readonly name = 'InvalidDocument';
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super('The document is not valid.');
    this.errors = errors;
  }
}

interface Known {
  readonly document: DocumentNode;
  /** Whether it was judged without introspection too. */
  isPublic: boolean;
}

/** The documents that a schema answers, within the limits of the contract (section 7). */
export function createDocumentCache(schema: GraphQLSchema): Documents {
  const known = createBoundedCache<Known>(maxCachedBytes);
  const sizes = new WeakMap<OperationDefinitionNode, { variables: readonly string[]; rows: Map<string, number> }>();

  /** How many rows an operation could return, found once for each of the page sizes that its variables ask for. */
  function findMostRows(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    values: Readonly<Record<string, unknown>>,
  ): number {
    const known = sizes.get(operation) ?? {
      variables: findPageSizeVariables(document),
      rows: new Map<string, number>(),
    };
    sizes.set(operation, known);
    // As `estimateRows` reads them, before they are coerced: a number, or something else in place of the default, or nothing.
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
      const most = findMostRows(document, operation, variableValues ?? {});
      if (most <= limit) return findFilterExcess(schema, document, operation, variableValues ?? {});
      const what = isStream ? 'Each event' : 'The document';
      return createRefusal(400, `${what} could return ${most} rows, more than ${limit}: ask for smaller pages.`);
    },
  };
}

/** What a document costs in memory, in bytes: its nodes with their plan (measured: 430 a token), its text and its sizes. */
function estimateCost(text: string, document: DocumentNode): number {
  return 4_000 + 500 * (document.tokenCount ?? documentLimits.tokens) + 4 * text.length;
}

/**
 * The longest document, in characters, whose errors say where they are: finding the line of each takes as long as the
 * text is, and a document of a program that has more brings long values, not mistakes.
 */
const maxLocatedCharacters = 64 * 1024;
/** How many lines a longer document may have. Block strings cost by the line, and tokens do not count theirs. */
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

function hasMoreLines(text: string, most: number): boolean {
  const lineBreaks = /\r\n|\r|\n/g;
  for (let count = 1; lineBreaks.test(text); count++) if (count >= most) return true;
  return false;
}

function toParseError(error: unknown): GraphQLError {
  // The parser descends one call a bracket.
  if (error instanceof RangeError) return createRefusal(400, 'The document is nested too deeply.');
  if (!(error instanceof GraphQLError)) throw error;
  if (!error.message.includes('tokens. Parsing aborted')) return error;
  return createRefusal(400, `The document has more than ${documentLimits.tokens} tokens.`);
}

function findFaults(schema: GraphQLSchema, document: DocumentNode, mayIntrospect: boolean): readonly GraphQLError[] {
  const faults = findDocumentFaults(document);
  if (faults.length > 0) return faults;
  const rules = mayIntrospect ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const options = { maxErrors: maxErrors, hideSuggestions: !mayIntrospect };
  return runWithoutStacks(() => validate(schema, document, rules, options)).slice(0, maxErrors);
}

/** Errors about a document need no stack: capturing one costs time, and it keeps what the validation knew alive. */
function runWithoutStacks<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
