import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { AnswerBudget } from '../../domain/answer-budget.ts';
import type { Answer } from './response.ts';

/** An operation of a document that was found valid, and what it is executed with. */
export interface Execution {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly contextValue: unknown;
  /** As they were sent: what executes coerces them. */
  readonly variableValues: Readonly<Record<string, unknown>> | undefined;
  readonly hideSuggestions: boolean;
  /** Restarted by `subscribe` before each event. */
  readonly budget: AnswerBudget;
}

/** What executes operations. */
export interface Executor {
  /** Executes a query or a mutation. */
  execute(execution: Execution): Answer | Promise<Answer>;
  /** Starts a subscription. Resolves to an answer for each event, or to the errors that kept it from starting. */
  subscribe(execution: Execution): Promise<AsyncIterableIterator<Answer> | Answer>;
}
