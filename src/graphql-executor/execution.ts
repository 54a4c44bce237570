import type { Plan } from './plan.ts';

/** An operation of a valid document, with everything that its execution needs. */
export interface Execution extends Pick<Plan, 'schema' | 'document' | 'operation'> {
  readonly contextValue: unknown;
  readonly variableValues: Readonly<Record<string, unknown>> | null | undefined;
  readonly hideSuggestions: boolean;
  /** The event of a subscription. The root fields of other operations have no source. */
  readonly event?: unknown;
  /** Limits the size of the answer. Without it, nothing is counted. */
  readonly budget?: Budget | undefined;
}

/** Charged for everything before it goes into an answer. An error that it throws ends the execution. */
export interface Budget {
  charge(bytes: number): void;
  chargeText(text: string): void;
  /** The error that it has thrown. */
  readonly refused: Error | undefined;
  /** Starts the next answer of a stream. */
  restart(): void;
}
