import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  type ParseOptions,
  parse,
  type Source,
  specifiedRules,
  validate,
} from 'graphql';
import { boundedCache } from './bounded-cache.ts';
import { documentFaults, documentLimits, rowsOf, sizeVariables } from './document-limits.ts';
import { mostErrors, refusal } from './refusal.ts';

/** How many combinations of page sizes are remembered of an operation. */
const mostSizes = 100;

/** What becomes of the text of a document: parsed and judged once, however often it is sent. */
export interface Documents {
  /** Throws a `GraphQLError` for a text that is no document, or one beyond the limits. */
  parse(source: string | Source, options?: ParseOptions): DocumentNode;
  /** What is wrong with a document for a caller who may introspect, or may not. */
  validate(document: DocumentNode, mayIntrospect: boolean): readonly GraphQLError[];
  /** Why an operation is not executed: it could return too many rows. */
  excess(args: Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>): GraphQLError | undefined;
}

/** The documents that a schema answers, within the limits of the contract (section 7). */
export function documentsOf(schema: GraphQLSchema): Documents {
  const known = boundedCache<DocumentNode | GraphQLError>();
  const faults = {
    mayIntrospect: new WeakMap<DocumentNode, readonly GraphQLError[]>(),
    mayNot: new WeakMap<DocumentNode, readonly GraphQLError[]>(),
  };
  const sizes = new WeakMap<OperationDefinitionNode, { variables: readonly string[]; rows: Map<string, number> }>();

  /** How many rows an operation could return, found once for each of the page sizes that its variables ask for. */
  function mostRows(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    values: Readonly<Record<string, unknown>>,
  ): number {
    const known = sizes.get(operation) ?? { variables: sizeVariables(document), rows: new Map<string, number>() };
    sizes.set(operation, known);
    // As `rowsOf` reads them, before they are coerced: a number, or something else in place of the default, or nothing.
    const key = known.variables
      .map((name) => (typeof values[name] === 'number' ? values[name] : Object.hasOwn(values, name) ? 'none' : ''))
      .join();
    let rows = known.rows.get(key);
    if (rows === undefined) {
      rows = rowsOf(schema, document, operation, values);
      if (known.rows.size >= mostSizes) known.rows.clear();
      known.rows.set(key, rows);
    }
    return rows;
  }

  return {
    parse(source, options) {
      const text = typeof source === 'string' ? source : source.body;
      let found = known.get(text);
      if (!found) {
        found = parsed(text, options);
        known.set(text, found);
      }
      if (found instanceof GraphQLError) throw found;
      return found;
    },

    validate(document, mayIntrospect) {
      const judged = mayIntrospect ? faults.mayIntrospect : faults.mayNot;
      let found = judged.get(document);
      if (!found) {
        found = faultsOf(schema, document, mayIntrospect);
        judged.set(document, found);
      }
      return found;
    },

    excess({ document, operationName, variableValues }) {
      const operation = getOperationAST(document, operationName);
      if (!operation || operation.operation === 'subscription') return undefined;
      const most = mostRows(document, operation, variableValues ?? {});
      if (most <= documentLimits.rows) return undefined;
      return refusal(
        400,
        `The document could return ${most} rows, more than ${documentLimits.rows}: ask for smaller pages.`,
      );
    },
  };
}

function parsed(text: string, options: ParseOptions | undefined): DocumentNode | GraphQLError {
  try {
    return parse(text, { ...options, maxTokens: documentLimits.tokens });
  } catch (error) {
    // The parser descends one call a bracket.
    if (error instanceof RangeError) return refusal(400, 'The document is nested too deeply.');
    if (!(error instanceof GraphQLError)) throw error;
    if (!error.message.includes('tokens. Parsing aborted')) return error;
    return refusal(400, `The document has more than ${documentLimits.tokens} tokens.`);
  }
}

function faultsOf(schema: GraphQLSchema, document: DocumentNode, mayIntrospect: boolean): readonly GraphQLError[] {
  const faults = documentFaults(document);
  if (faults.length > 0) return faults;
  const rules = mayIntrospect ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  return validate(schema, document, rules, { maxErrors: mostErrors, hideSuggestions: !mayIntrospect }).slice(
    0,
    mostErrors,
  );
}
