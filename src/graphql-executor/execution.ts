import type { Plan } from './plan.ts';

/** An operation of a valid document, and what it is executed with. */
export interface Execution extends Pick<Plan, 'schema' | 'document' | 'operation'> {
  readonly contextValue: unknown;
  readonly variableValues: Readonly<Record<string, unknown>> | null | undefined;
  readonly hideSuggestions: boolean;
  /** The event of a subscription; the fields of other operations have no source. */
  readonly event?: unknown;
  /** What the answer may hold; without one it is not counted. */
  readonly budget?: Budget | undefined;
}

/** Charged for everything that goes into an answer, before it does. What it throws ends the execution. */
export interface Budget {
  charge(bytes: number): void;
  chargeText(text: string): void;
  /** What it has thrown. */
  readonly refused: Error | undefined;
  /** Begins the next answer of a stream. */
  restart(): void;
}
