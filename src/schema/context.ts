import DataLoader from 'dataloader';
import type { Actor, Caller } from '../domain/actor.ts';
import type { ExperimentRevision } from '../domain/experiment/experiment.ts';
import type { ExperimentOperations } from '../domain/experiment/operations.ts';
import type { RevisionRange } from '../domain/experiment/store.ts';

/**
 * What a request brings to its resolvers; built once, and nothing in it is made before somebody asks for it. Yoga copies
 * its own properties, so its functions are properties too.
 */
export class GatewayContext {
  readonly caller: Caller;
  readonly experiments: ExperimentOperations;
  #revisions: DataLoader<RevisionRange, ExperimentRevision[]> | undefined;

  constructor(caller: Caller, experiments: ExperimentOperations) {
    this.caller = caller;
    this.experiments = experiments;
  }

  /** Revisions of all the experiments of a page, in one query. */
  readonly revisions = (actor: Actor, range: RevisionRange): Promise<ExperimentRevision[]> => {
    this.#revisions ??= new DataLoader((ranges) => this.#loadRevisions(actor, ranges), { cache: false });
    return this.#revisions.load(range);
  };

  async #loadRevisions(actor: Actor, ranges: readonly RevisionRange[]): Promise<ExperimentRevision[][]> {
    const found = await this.experiments.revisions(actor, ranges);
    const byExperiment = new Map<string, Map<number, ExperimentRevision>>();
    for (const revision of found) {
      const known = byExperiment.get(revision.experimentId) ?? new Map();
      byExperiment.set(revision.experimentId, known.set(revision.revision, revision));
    }
    return ranges.map(({ experimentId, from, to }) => {
      const known = [...(byExperiment.get(experimentId)?.values() ?? [])];
      return known.filter(({ revision }) => revision >= from && revision <= to);
    });
  }
}
