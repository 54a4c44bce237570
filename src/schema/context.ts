import type { Actor, Caller } from '../domain/actor.ts';
import type { DatasetOperations } from '../domain/dataset/dataset.ts';
import type { Until } from '../domain/experiment/changes.ts';
import type { ExperimentRevision } from '../domain/experiment/experiment.ts';
import type { ExperimentOperations } from '../domain/experiment/operations.ts';
import type { RevisionRange } from '../domain/experiment/store.ts';
import { together } from './together.ts';

/** What every request shares. */
export interface Services {
  readonly experiments: ExperimentOperations;
  readonly datasets: DatasetOperations;
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
  readonly until: Until;
  #revisions: ((range: RevisionRange) => Promise<Map<string, Map<number, ExperimentRevision>>>) | undefined;
  #datasetNames: ((id: string) => Promise<ReadonlyMap<string, string>>) | undefined;

  constructor(caller: Caller, { experiments, datasets }: Services, until: Until) {
    this.caller = caller;
    this.experiments = experiments;
    this.datasets = datasets;
    this.until = until;
  }

  /** The revisions in a range; those of all the experiments of a page in one query. */
  readonly revisions = async (actor: Actor, range: RevisionRange): Promise<ExperimentRevision[]> => {
    this.#revisions ??= together((ranges) => this.#revisionsIn(actor, ranges));
    const found = (await this.#revisions(range)).get(range.experimentId)?.values() ?? [];
    return [...found].filter(({ revision }) => revision >= range.from && revision <= range.to);
  };

  /** The name of a dataset; those of a page in one query. */
  readonly datasetName = async (actor: Actor, id: string): Promise<string | null> => {
    this.#datasetNames ??= together((ids) => this.datasets.names(actor, [...new Set(ids)]));
    return (await this.#datasetNames(id)).get(id) ?? null;
  };

  /** By experiment and number: ranges may overlap. */
  async #revisionsIn(actor: Actor, ranges: readonly RevisionRange[]) {
    const byExperiment = new Map<string, Map<number, ExperimentRevision>>();
    for (const revision of await this.experiments.revisions(actor, ranges)) {
      const known = byExperiment.get(revision.experimentId) ?? new Map<number, ExperimentRevision>();
      byExperiment.set(revision.experimentId, known.set(revision.revision, revision));
    }
    return byExperiment;
  }
}
