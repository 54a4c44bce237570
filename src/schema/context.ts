import DataLoader from 'dataloader';
import type { Actor, Caller } from '../domain/actor.ts';
import type { DatasetOperations } from '../domain/dataset/dataset.ts';
import type { Until } from '../domain/experiment/changes.ts';
import type { ExperimentRevision } from '../domain/experiment/experiment.ts';
import type { ExperimentOperations } from '../domain/experiment/operations.ts';
import type { RevisionRange } from '../domain/experiment/store.ts';

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
  #revisions: DataLoader<RevisionRange, ExperimentRevision[]> | undefined;
  readonly #asked = new Set<string>();
  #names: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(caller: Caller, { experiments, datasets }: Services, until: Until) {
    this.caller = caller;
    this.experiments = experiments;
    this.datasets = datasets;
    this.until = until;
  }

  /** Revisions of all the experiments of a page, in one query. */
  readonly revisions = (actor: Actor, range: RevisionRange): Promise<ExperimentRevision[]> => {
    this.#revisions ??= new DataLoader((ranges) => this.#loadRevisions(actor, ranges), { cache: false });
    return this.#revisions.load(range);
  };

  /**
   * The name of a dataset: those that are asked for together are read in one query. Not kept, since a stream lives long.
   * A whole page asks in one turn, so a promise is enough to wait for all of it.
   */
  readonly datasetName = async (actor: Actor, id: string): Promise<string | null> => {
    this.#asked.add(id);
    this.#names ??= Promise.resolve().then(() => {
      const ids = [...this.#asked];
      this.#asked.clear();
      this.#names = undefined;
      return this.datasets.names(actor, ids);
    });
    return (await this.#names).get(id) ?? null;
  };

  async #loadRevisions(actor: Actor, ranges: readonly RevisionRange[]): Promise<ExperimentRevision[][]> {
    const found = await this.experiments.revisions(actor, ranges);
    const byExperiment = new Map<string, Map<number, ExperimentRevision>>();
    for (const revision of found) {
      const known = byExperiment.get(revision.experimentId) ?? new Map<number, ExperimentRevision>();
      byExperiment.set(revision.experimentId, known.set(revision.revision, revision));
    }
    return ranges.map(({ experimentId, from, to }) => {
      const known = [...(byExperiment.get(experimentId)?.values() ?? [])];
      return known.filter(({ revision }) => revision >= from && revision <= to);
    });
  }
}
