import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { AnswerBudget } from '../../domain/answer-budget.ts';
import type { Answer } from './response.ts';

/** An operation of a valid document, and what it is executed with. */
export interface Execution {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly contextValue: unknown;
  /** As they were sent: the executor coerces them. */
  readonly variableValues: Readonly<Record<string, unknown>> | undefined;
  readonly hideSuggestions: boolean;
  /** Restarted by `subscribe` before each event. */
  readonly budget: AnswerBudget;
}

/** Executes operations: our executor, or graphql-js. */
export interface Executor {
  /** Executes a query or a mutation. */
  execute(execution: Execution): Answer | Promise<Answer>;
  /** Starts a subscription. Resolves to one answer per event, or to the errors that prevented the start. */
  subscribe(execution: Execution): Promise<AsyncIterableIterator<Answer> | Answer>;
}
