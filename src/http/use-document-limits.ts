import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { execute } from '../execution/execute.ts';
import { callerOf } from './caller.ts';
import type { Documents } from './documents.ts';

/**
 * Refuses documents beyond the limits before anything of them is executed, and introspection where it is not allowed.
 * Stands behind authentication, since both depend on the caller.
 */
export function useDocumentLimits({
  documents,
  anonymousIntrospection,
}: {
  documents: Documents;
  anonymousIntrospection: boolean;
}): Plugin {
  const mayIntrospect = (context: unknown) =>
    anonymousIntrospection || callerOf((context as { request: Request }).request) !== null;
  return {
    onParse({ setParseFn }) {
      setParseFn(documents.parse);
    },
    onValidate({ context, setValidationFn }) {
      setValidationFn((_, document) => documents.validate(document, mayIntrospect(context)));
    },
    onExecute({ args, setExecuteFn, setResultAndStopExecution }) {
      // Variables are coerced behind validation, with suggestions of their own.
      const hideSuggestions = !mayIntrospect(args.contextValue);
      const operation = getOperationAST(args.document, args.operationName);
      if (operation)
        setExecuteFn(() => execute({ ...args, variableValues: args.variableValues, operation, hideSuggestions }));
      const excess = documents.excess(args);
      if (excess) setResultAndStopExecution({ errors: [excess] });
    },
  };
}
