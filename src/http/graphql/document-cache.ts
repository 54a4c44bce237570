import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { documentLimits, errorLimits } from '../../domain/limits.ts';
import { findPrice } from '../../domain/rate-limit.ts';
import { createRefusal } from '../refusal.ts';
import { runWithoutStacks } from '../without-stacks.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { findDocumentFaults } from './document-limits.ts';
import { findFilterExcess } from './filter-limits.ts';
import { estimateRows, findSizeVariables } from './row-estimate.ts';

/** The most combinations of page sizes that are remembered for an operation. */
const maxSizes = 20;
/** The most bytes of valid documents that one generation of the cache keeps, by an estimate. */
const maxCachedBytes = 8 * 1024 * 1024;

/** The values of variables, uncoerced. */
type Values = Readonly<Record<string, unknown>>;

/** Parses and validates the text of a document once, however often it is sent. */
export interface Documents {
  /**
   * Returns the document for a text, validated with or without introspection. Throws `InvalidDocument`. Only valid
   * documents are kept.
   */
  find(text: string, mayIntrospect: boolean): DocumentNode;
  /** Returns why an operation must not be executed: it could return too many rows, or its filters cost too much. */
  findExcess(document: DocumentNode, operation: OperationDefinitionNode, values?: Values): GraphQLError | undefined;
  /** The points that an operation costs: the sum of its root fields, each with the rows that it could return. */
  findCost(document: DocumentNode, operation: OperationDefinitionNode, values?: Values): number;
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

/** What is known of an operation before it is executed. */
interface Estimate {
  readonly rows: number;
  readonly cost: number;
}

interface Known {
  readonly document: DocumentNode;
  /** Whether it is also valid for callers who may not introspect. */
  isPublic: boolean;
}

/** Creates the cache of a schema's documents, within the limits of the contract (section 7). */
export function createDocumentCache(schema: GraphQLSchema): Documents {
  const known = createBoundedCache<Known>(maxCachedBytes);
  const sizes = new WeakMap<
    OperationDefinitionNode,
    { variables: readonly string[]; estimates: Map<string, Estimate> }
  >();

  /** Estimates an operation once for each combination of sizes in its variables. */
  function findEstimate(document: DocumentNode, operation: OperationDefinitionNode, values: Values): Estimate {
    const sized = sizes.get(operation) ?? { variables: findSizeVariables(document), estimates: new Map() };
    sizes.set(operation, sized);
    const key = sized.variables.map((name) => describeSize(values, name)).join();
    let estimate = sized.estimates.get(key);
    if (estimate === undefined) {
      const rows = estimateRows(schema, document, operation, values);
      const kind = operation.operation === 'mutation' ? 'write' : 'read';
      estimate = {
        rows: rows.reduce((total, ofField) => total + ofField, 0),
        cost: rows.reduce((total, ofField) => total + findPrice(kind, ofField), 0),
      };
      if (sized.estimates.size >= maxSizes) sized.estimates.clear();
      sized.estimates.set(key, estimate);
    }
    return estimate;
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

    findExcess(document, operation, values = {}) {
      const isStream = operation.operation === 'subscription';
      const limit = isStream ? documentLimits.eventRows : documentLimits.rows;
      const { rows } = findEstimate(document, operation, values);
      if (rows <= limit) return findFilterExcess(schema, document, operation, values);
      const subject = isStream ? 'Each event' : 'The document';
      return createRefusal(400, `${subject} could return ${rows} rows, more than ${limit}: ask for smaller pages.`);
    },

    findCost: (document, operation, values = {}) => findEstimate(document, operation, values).cost,
  };
}

/** A size in a variable, as `estimateRows` reads it: of a page, of a list, another value that overrides the default, or none. */
function describeSize(values: Values, name: string): string {
  const value = values[name];
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.length}]`;
  return Object.hasOwn(values, name) ? 'other' : '';
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
  // Looking for names that are similar to one of a megabyte takes long. Long documents have no locations (see above).
  const hideSuggestions = !mayIntrospect || document.loc === undefined;
  const options = { maxErrors: errorLimits.count, hideSuggestions };
  return runWithoutStacks(() => validate(schema, document, rules, options)).slice(0, errorLimits.count);
}
