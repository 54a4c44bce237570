import type { Actor, Caller } from '../domain/actor.ts';
import { AnswerBudget } from '../domain/answer-budget.ts';
import type { ApiKeyReadOperations } from '../domain/api-key/api-key.ts';
import type { DatasetOperations } from '../domain/dataset/dataset.ts';
import type { EndSignal } from '../domain/experiment/change-stream.ts';
import type { Experiment, ExperimentRevision } from '../domain/experiment/experiment.ts';
import type { ExperimentOperations } from '../domain/experiment/operations.ts';
import { type ExperimentFilter, toListKey } from '../domain/experiment/query.ts';
import type { ListArguments } from '../domain/experiment/read-experiments.ts';
import { mergeFields, type ReadField, type Reading } from '../domain/experiment/reading.ts';
import { mergeRanges, type RevisionRange } from '../domain/experiment/revisions.ts';
import type { StatusCount } from '../domain/experiment/store.ts';
import { createQueue } from '../domain/loop-queue.ts';
import type { BadCursor, Page } from '../domain/pagination.ts';
import type { RateLimit } from '../domain/rate-limit.ts';
import type { Services } from '../domain/services.ts';
import { createBatchLoader } from './batch-loader.ts';

/** The fields that a selection reads; all of them when undefined. */
type Fields = Reading['fields'];

/** Who sends a request. */
export interface Sender {
  readonly caller: Caller;
  /** Whether the request has a credential that was refused, in which case `caller` is null too. */
  readonly isRefused: boolean;
  /** What the request cost and left; null when it was not counted. */
  readonly rateLimit: RateLimit | null;
  /** Notes a failure that goes into the answer, for metrics and the log. */
  noteError(code: string): void;
  /** Notes a fault that the answer only hints at. */
  noteFault(err: unknown): void;
}

/** A page of experiments. `count` runs one query, however often it is called. */
export interface ExperimentList {
  readonly page: Page<Experiment> | BadCursor;
  readonly count: () => Promise<number>;
  /** A cursor of changes: everything that the page does not show comes after it. Only read if a request needs it. */
  readonly changesCursor: string | undefined;
}

/**
 * The context of a request's resolvers: built once, with loaders that are created on first use. Resolvers destructure it,
 * so its functions are bound to it.
 */
export class GatewayContext implements Services, Sender {
  readonly caller: Caller;
  readonly isRefused: boolean;
  readonly rateLimit: RateLimit | null;
  readonly noteError: (code: string) => void;
  readonly noteFault: (err: unknown) => void;
  readonly experiments: ExperimentOperations;
  readonly datasets: DatasetOperations;
  readonly apiKeys: ApiKeyReadOperations;
  /** Fires when a stream has to end: its credential is no longer valid, or the gateway shuts down. */
  readonly until: EndSignal;
  /** Limits the size of the answer, or of each event of a stream. */
  readonly budget: AnswerBudget;
  readonly #queue = createQueue();
  #lists: ((request: ListRequest) => Promise<Map<string, Promise<ExperimentList>>>) | undefined;
  #revisions: ((request: RangeRequest) => Promise<Map<string, Map<number, ExperimentRevision>>>) | undefined;
  #datasetNames: ((id: string) => Promise<ReadonlyMap<string, string>>) | undefined;
  #keyNames: ((id: string) => Promise<ReadonlyMap<string, string>>) | undefined;

  constructor(
    sender: Sender,
    { experiments, datasets, apiKeys }: Services,
    until: EndSignal,
    budget = new AnswerBudget(),
  ) {
    this.caller = sender.caller;
    this.isRefused = sender.isRefused;
    this.rateLimit = sender.rateLimit;
    this.noteError = (code) => sender.noteError(code);
    this.noteFault = (err) => sender.noteFault(err);
    this.experiments = experiments;
    this.datasets = datasets;
    this.apiKeys = apiKeys;
    this.until = until;
    this.budget = budget;
  }

  /** A list of experiments with the selected fields. Equal lists of one document are read once. */
  readonly list = async (
    actor: Actor,
    args: ListArguments,
    fields: Fields,
    needsCursor: boolean,
  ): Promise<ExperimentList> => {
    this.#lists ??= createBatchLoader(async (requests) => this.#readLists(actor, requests));
    const key = toListKey(args);
    return (await this.#lists({ key, args, fields, needsCursor })).get(key) as Promise<ExperimentList>;
  };

  /** How many experiments match in each status. */
  readonly countByStatus = (actor: Actor, filter: ExperimentFilter | null | undefined): Promise<StatusCount[]> =>
    this.#read(() => this.experiments.countByStatus(actor, filter));

  /** The revisions in a range, newest first. One query serves all experiments of a page. */
  readonly revisions = async (actor: Actor, range: RevisionRange, fields: Fields): Promise<ExperimentRevision[]> => {
    this.#revisions ??= createBatchLoader((requests) => this.#readRevisions(actor, requests));
    const found = (await this.#revisions({ range, fields })).get(range.experimentId);
    const revisions: ExperimentRevision[] = [];
    for (let number = range.to; number >= range.from; number--) {
      const revision = found?.get(number);
      if (revision) revisions.push(revision);
    }
    return revisions;
  };

  /** The name of a dataset, or null when it is not registered. One query serves a whole page. */
  readonly datasetName = async (actor: Actor, id: string): Promise<string | null> => {
    this.#datasetNames ??= createBatchLoader((ids) => this.datasets.names(actor, [...new Set(ids)]));
    return (await this.#datasetNames(id)).get(id) ?? null;
  };

  /** The name of an API key, or null when it has none. One query serves a whole page. */
  readonly keyName = async (actor: Actor, id: string): Promise<string | null> => {
    this.#keyNames ??= createBatchLoader((ids) => this.apiKeys.names(actor, [...new Set(ids)]));
    return (await this.#keyNames(id)).get(id) ?? null;
  };

  /** Runs reads one at a time: each sees what the others left of the budget, and other requests run in between. */
  #read<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#queue(() => {
      this.budget.chargeRead(0);
      return work();
    });
  }

  #readLists(actor: Actor, requests: readonly ListRequest[]): Map<string, Promise<ExperimentList>> {
    const byKey = Map.groupBy(requests, ({ key }) => key);
    return new Map(Array.from(byKey, ([key, sameRequests]) => [key, this.#readList(actor, sameRequests)]));
  }

  async #readList(actor: Actor, sameRequests: readonly ListRequest[]): Promise<ExperimentList> {
    const [{ args }] = sameRequests as [ListRequest];
    const reading = { fields: mergeFields(sameRequests), budget: this.budget };
    // Before the page: what changes in between comes after the cursor, and so in the stream that starts there.
    const needsCursor = sameRequests.some((request) => request.needsCursor);
    const changesCursor = needsCursor ? await this.#read(() => this.experiments.changesCursor(actor)) : undefined;
    const page = await this.#read(() => this.experiments.list(actor, args, reading));
    let total: Promise<number> | undefined;
    const count = () => (total ??= this.#read(() => this.experiments.count(actor, args.filter)));
    return { page, count, changesCursor };
  }

  /** Revisions by experiment id and number. Overlapping ranges are read once. */
  async #readRevisions(actor: Actor, requests: readonly RangeRequest[]) {
    const byExperiment = new Map<string, Map<number, ExperimentRevision>>();
    const ranges = mergeRanges(requests.map(({ range }) => range));
    const reading = { fields: mergeFields(requests), budget: this.budget };
    for (const revision of await this.#read(() => this.experiments.revisions(actor, ranges, reading))) {
      const known = byExperiment.get(revision.experimentId) ?? new Map<number, ExperimentRevision>();
      byExperiment.set(revision.experimentId, known.set(revision.revision, revision));
    }
    return byExperiment;
  }
}

interface ListRequest {
  readonly key: string;
  readonly args: ListArguments;
  readonly fields: Fields;
  readonly needsCursor: boolean;
}

interface RangeRequest {
  readonly range: RevisionRange;
  readonly fields: ReadonlySet<ReadField> | undefined;
}
