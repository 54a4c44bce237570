import type { Actor, Caller } from '../domain/actor.ts';
import { AnswerBudget } from '../domain/answer-budget.ts';
import type { DatasetOperations } from '../domain/dataset/dataset.ts';
import type { EndSignal } from '../domain/experiment/change-stream.ts';
import type { Experiment, ExperimentRevision } from '../domain/experiment/experiment.ts';
import type { ExperimentOperations } from '../domain/experiment/operations.ts';
import type { ListArguments } from '../domain/experiment/read-experiments.ts';
import { mergeFields, type ReadField, type Reading } from '../domain/experiment/reading.ts';
import { mergeRanges, type RevisionRange } from '../domain/experiment/revisions.ts';
import { toJsonText } from '../domain/json/exact-json.ts';
import { createQueue } from '../domain/loop-queue.ts';
import type { BadCursor, Page } from '../domain/pagination.ts';
import type { Services } from '../domain/services.ts';
import { createBatchLoader } from './batch-loader.ts';

/** The texts that a selection looks at; all of them when undefined. */
type Fields = Reading['fields'];

/** A list of experiments, counted once however often its total is asked for. */
export interface ExperimentList {
  readonly page: Page<Experiment> | BadCursor;
  readonly count: () => Promise<number>;
}

/**
 * What a request brings to its resolvers; built once, and nothing in it is made before somebody asks for it. Yoga copies
 * its own properties, so its functions are properties too.
 */
export class GatewayContext implements Services {
  readonly caller: Caller;
  readonly experiments: ExperimentOperations;
  readonly datasets: DatasetOperations;
  /** When a stream has to end: its credential is refused from now on, or the gateway shuts down. */
  readonly until: EndSignal;
  /** How large the answer may become, or each event of a stream. */
  readonly budget: AnswerBudget;
  readonly #turn = createQueue();
  #lists: ((asked: AskedList) => Promise<Map<string, Promise<ExperimentList>>>) | undefined;
  #revisions: ((asked: AskedRange) => Promise<Map<string, Map<number, ExperimentRevision>>>) | undefined;
  #datasetNames: ((id: string) => Promise<ReadonlyMap<string, string>>) | undefined;

  constructor(caller: Caller, { experiments, datasets }: Services, until: EndSignal, budget = new AnswerBudget()) {
    this.caller = caller;
    this.experiments = experiments;
    this.datasets = datasets;
    this.until = until;
    this.budget = budget;
  }

  /** A list of experiments with the texts that are looked at; equal lists of a document are read once. */
  readonly list = async (actor: Actor, args: ListArguments, fields: Fields): Promise<ExperimentList> => {
    this.#lists ??= createBatchLoader(async (asked) => this.#readLists(actor, asked));
    const key = toListKey(args);
    return (await this.#lists({ key, args, fields })).get(key) as Promise<ExperimentList>;
  };

  /** The revisions in a range; those of all the experiments of a page in one query. */
  readonly revisions = async (actor: Actor, range: RevisionRange, fields: Fields): Promise<ExperimentRevision[]> => {
    this.#revisions ??= createBatchLoader((asked) => this.#readRevisions(actor, asked));
    const found = (await this.#revisions({ range, fields })).get(range.experimentId)?.values() ?? [];
    return [...found].filter(({ revision }) => revision >= range.from && revision <= range.to);
  };

  /** The name of a dataset; those of a page in one query. */
  readonly datasetName = async (actor: Actor, id: string): Promise<string | null> => {
    this.#datasetNames ??= createBatchLoader((ids) => this.datasets.names(actor, [...new Set(ids)]));
    return (await this.#datasetNames(id)).get(id) ?? null;
  };

  /** Reads one after the other: each sees what the others have left of the budget, and other requests get between. */
  #read<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turn(() => {
      this.budget.chargeRead(0);
      return work();
    });
  }

  #readLists(actor: Actor, asked: readonly AskedList[]): Map<string, Promise<ExperimentList>> {
    const byKey = Map.groupBy(asked, ({ key }) => key);
    return new Map(Array.from(byKey, ([key, equal]) => [key, this.#readList(actor, equal)]));
  }

  async #readList(actor: Actor, equal: readonly AskedList[]): Promise<ExperimentList> {
    const [{ args }] = equal as [AskedList];
    const reading = { fields: mergeFields(equal), budget: this.budget };
    const page = await this.#read(() => this.experiments.list(actor, args, reading));
    let total: Promise<number> | undefined;
    const count = () => (total ??= this.#read(() => this.experiments.count(actor, args.filter)));
    return { page, count };
  }

  /** By experiment and number. What ranges have in common is read once. */
  async #readRevisions(actor: Actor, asked: readonly AskedRange[]) {
    const byExperiment = new Map<string, Map<number, ExperimentRevision>>();
    const ranges = mergeRanges(asked.map(({ range }) => range));
    const reading = { fields: mergeFields(asked), budget: this.budget };
    for (const revision of await this.#read(() => this.experiments.revisions(actor, ranges, reading))) {
      const known = byExperiment.get(revision.experimentId) ?? new Map<number, ExperimentRevision>();
      byExperiment.set(revision.experimentId, known.set(revision.revision, revision));
    }
    return byExperiment;
  }
}

interface AskedList {
  readonly key: string;
  readonly args: ListArguments;
  readonly fields: Fields;
}

interface AskedRange {
  readonly range: RevisionRange;
  readonly fields: ReadonlySet<ReadField> | undefined;
}

/** Equal for the arguments of equal lists. The value of a tag counts to its last digit. */
function toListKey(args: ListArguments): string {
  return JSON.stringify(args, (name, value: unknown) => (name === 'value' ? toJsonText(value) : value));
}
