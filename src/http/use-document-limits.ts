import { GraphQLError, getOperationAST, NoSchemaIntrospectionCustomRule, parse, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { callerOf } from './caller.ts';
import { documentFaults, documentLimits, rowsOf } from './document-limits.ts';
import { refusal } from './refusal.ts';

/** The most errors that a document is refused with. */
const mostErrors = 10;

/**
 * Refuses documents beyond the limits before anything of them is executed, and introspection where it is not allowed.
 * Stands behind authentication, since both depend on the caller, and before Yoga's cache of parsed documents, which
 * keeps what passed here.
 */
export function useDocumentLimits({ anonymousIntrospection }: { anonymousIntrospection: boolean }): Plugin {
  const mayIntrospect = (context: unknown) =>
    anonymousIntrospection || callerOf((context as { request: Request }).request) !== null;
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => {
        try {
          return parse(source, { ...options, maxTokens: documentLimits.tokens });
        } catch (error) {
          // The parser descends one call a bracket.
          if (error instanceof RangeError) throw refusal(400, 'The document is nested too deeply.');
          if (!(error instanceof GraphQLError) || !error.message.includes('tokens. Parsing aborted')) throw error;
          throw refusal(400, `The document has more than ${documentLimits.tokens} tokens.`);
        }
      });
    },
    onValidate({ context, addValidationRule, setValidationFn }) {
      // The rule is part of the key of Yoga's cache, so that what one caller may see is not kept for another.
      if (!mayIntrospect(context)) addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn((schema, document, rules) => {
        const faults = documentFaults(document);
        if (faults.length > 0) return faults;
        return validate(schema, document, rules, {
          maxErrors: mostErrors,
          hideSuggestions: !mayIntrospect(context),
        }).slice(0, mostErrors);
      });
    },
    onExecute({ args, setResultAndStopExecution }) {
      // Variables are coerced behind validation, with suggestions of their own.
      Object.assign(args, { hideSuggestions: !mayIntrospect(args.contextValue) });
      const operation = getOperationAST(args.document, args.operationName);
      if (operation?.operation !== 'query' && operation?.operation !== 'mutation') return;
      const rows = rowsOf(args.schema, args.document, operation, args.variableValues ?? {});
      if (rows <= documentLimits.rows) return;
      const error = refusal(
        400,
        `The document could return ${rows} rows, more than ${documentLimits.rows}: ask for smaller pages.`,
      );
      setResultAndStopExecution({ errors: [error] });
    },
  };
}
