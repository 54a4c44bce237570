import { type Actor, authorize, type Caller } from '../actor.ts';
import {
  type Conflict,
  type Forbidden,
  type Invalid,
  idTaken,
  invalid,
  type NotFound,
  notFound,
  staleRevision,
  type Unauthenticated,
} from '../failure.ts';
import { JsonList, type JsonObject } from '../json/exact-json.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { isIdentifier } from '../text.ts';
import {
  type Experiment,
  type ExperimentContent,
  type FieldChange,
  findChanges,
  hasSameContent,
  omittedContent,
  untitled,
} from './experiment.ts';
import { generateExperimentId } from './id.ts';
import {
  findEvaluatorsField,
  findIdIssues,
  toExclusiveIssue,
  type UncheckedInput,
  type ValidInput,
  validateInput,
  type Warning,
} from './input.ts';
import {
  applyReplace,
  continueRevisions,
  type ExperimentReplace,
  type ExperimentStore,
  type InsertOutcome,
  type ReplaceOutcome,
} from './store.ts';

/** A write that was done, or with `dryRun` would have been. */
export interface Written {
  readonly kind: 'written';
  readonly experiment: Experiment;
  readonly changes: readonly FieldChange[];
  readonly warnings: readonly Warning[];
}
export interface Deleted {
  readonly kind: 'deleted';
  readonly id: string;
}
type Refused = Unauthenticated | Forbidden | Invalid;
export type CreateResult = Written | Refused | Conflict;
export type WriteFailure = Refused | NotFound | Conflict;
export type WriteResult = Written | WriteFailure;
export type DeleteResult = Deleted | Refused | NotFound | Conflict;

interface Target {
  readonly id: string;
  readonly ifRevision?: number | null | undefined;
}
interface DryRun {
  readonly dryRun?: boolean | null | undefined;
}
interface Input {
  readonly input: UncheckedInput;
}

/** How often an update is tried again when other gateways write between its read and its write. */
const updateAttempts = 20;

/**
 * The writes of editable fields. Order of judgement: authentication, permission, input, existence, revision; one write,
 * or none (contract, section 3).
 */
export function createWriteOperations(store: ExperimentStore, now: () => Date) {
  const inTurn = createKeyedQueue();

  /** What would come of an insert (R15). */
  async function judgeInsert(experiment: Experiment): Promise<InsertOutcome> {
    const { organization, id } = experiment;
    const current = await store.find(organization, id);
    if (current) return { kind: 'taken', current };
    return {
      kind: 'inserted',
      experiment: continueRevisions(experiment, await store.findLastRevision(organization, id)),
    };
  }

  /** The one write of a replace, or what it would be (R15). */
  async function write(replace: ExperimentReplace, dryRun: boolean): Promise<ReplaceOutcome> {
    if (!dryRun) return store.replace(replace);
    return applyReplace(await store.find(replace.organization, replace.id), replace);
  }

  function buildReplace(
    actor: Actor,
    { id, ifRevision }: Target,
    content: ExperimentReplace['content'],
  ): ExperimentReplace {
    return {
      organization: actor.organization,
      id,
      content,
      ifRevision: ifRevision ?? null,
      at: now(),
      author: actor.author,
    };
  }

  return {
    /** A new experiment; the same create again is answered with what the first one made (contract, section 4). */
    async create(caller: Caller, { input, dryRun }: Input & DryRun): Promise<CreateResult> {
      const actor = authorize(caller, 'experiments:write');
      if ('kind' in actor) return actor;
      const checked = validateInput(input);
      if (checked.kind === 'invalid') return checked;
      const { warnings } = checked;
      const experiment = createExperiment(actor.organization, checked, now());
      const blank = { ...experiment, ...omittedContent, name: untitled, tags: noTags };
      const outcome = dryRun ? await judgeInsert(experiment) : await store.insert(experiment, actor.author);
      if (outcome.kind === 'inserted') {
        return {
          kind: 'written',
          experiment: outcome.experiment,
          changes: findChanges(blank, experiment),
          warnings,
        };
      }
      if (!hasSameContent(outcome.current, experiment)) return idTaken(outcome.current);
      return { kind: 'written', experiment: outcome.current, changes: [], warnings };
    },

    /** Every editable field takes its value from the input (R1 to R16). */
    async replace(caller: Caller, { input, dryRun, ...target }: Target & Input & DryRun): Promise<WriteResult> {
      const actor = authorize(caller, 'experiments:write');
      if ('kind' in actor) return actor;
      const checked = validateInput(input, { mustBeId: target.id });
      if (checked.kind === 'invalid') return checked;
      const content = { ...toContent(checked), name: checked.given.name ?? null };
      return answer(target.id, await write(buildReplace(actor, target, content), dryRun === true), checked.warnings);
    },

    /** Only the fields that are present change (contract, section 4). */
    async update(caller: Caller, { input, dryRun, ...target }: Target & Input & DryRun): Promise<WriteResult> {
      const actor = authorize(caller, 'experiments:write');
      if ('kind' in actor) return actor;
      const checked = validateInput(input, { mustBeId: target.id, nullClears: true });
      if (checked.kind === 'invalid') return checked;
      // In turn: updates that come together would all read one state, and all but one of them be stale.
      return inTurn(JSON.stringify([actor.organization, target.id]), async () => {
        let current = await store.find(actor.organization, target.id);
        for (let attempt = 1; ; attempt++) {
          if (!current) return notFound(target.id);
          if (target.ifRevision != null && target.ifRevision !== current.revision) return staleRevision(current);
          const next = applyUpdate(current, checked, input);
          if (next.kind === 'invalid') return next;
          const replace = {
            ...buildReplace(actor, { id: target.id, ifRevision: current.revision }, next.content),
            tags: next.tags,
          };
          const outcome = await write(replace, dryRun === true);
          if (outcome.kind !== 'stale' || attempt === updateAttempts)
            return answer(target.id, outcome, checked.warnings);
          current = outcome.current;
        }
      });
    },

    /** The revision that a write would find: read where the writes go. */
    async presentRevision(caller: Caller, id: string): Promise<number | null> {
      const actor = authorize(caller, 'experiments:write');
      return 'kind' in actor || !isIdentifier(id)
        ? null
        : ((await store.find(actor.organization, id))?.revision ?? null);
    },

    /** Gone for queries at once, with its revisions; the id is free again, and its revisions continue. */
    async delete(caller: Caller, { id, ifRevision }: Target): Promise<DeleteResult> {
      const actor = authorize(caller, 'experiments:write');
      if ('kind' in actor) return actor;
      const issues = findIdIssues(id);
      if (issues.length > 0) return invalid(issues);
      const outcome = await store.remove({ organization: actor.organization, id, ifRevision: ifRevision ?? null });
      if (outcome.kind === 'missing') return notFound(id);
      return outcome.kind === 'stale' ? staleRevision(outcome.current) : { kind: 'deleted', id };
    },

    /** A replace with the content of an earlier revision; tags stay, as in every replace (R9). */
    async restoreRevision(
      caller: Caller,
      { revision, dryRun, ...target }: Target & DryRun & { readonly revision: number },
    ): Promise<WriteResult> {
      const actor = authorize(caller, 'experiments:write');
      if ('kind' in actor) return actor;
      const issues = findIdIssues(target.id);
      if (revision < 1) issues.push({ path: ['revision'], code: 'TOO_SMALL', message: 'Must be at least 1.' });
      if (issues.length > 0) return invalid(issues);
      const content = await store.revision(actor.organization, target.id, revision);
      if (!content) return notFound(target.id, `There is no revision ${revision} of an experiment with this id.`);
      return answer(target.id, await write(buildReplace(actor, target, pickContent(content)), dryRun === true), []);
    },
  };
}
const noTags = JsonList.of<JsonObject>([]);

function answer(id: string, outcome: ReplaceOutcome, warnings: readonly Warning[]): WriteResult {
  if (outcome.kind === 'missing') return notFound(id);
  if (outcome.kind === 'stale') return staleRevision(outcome.current);
  const { before, after } = outcome;
  return { kind: 'written', experiment: after, changes: findChanges(before, after), warnings };
}

/** R2 to R4: given values, and what omitted ones become. */
function toContent({ given }: ValidInput): Omit<ExperimentContent, 'name'> {
  const { name: _, tags: __, ...content } = { ...omittedContent, ...given } as ExperimentContent & { tags: unknown };
  return content;
}

function createExperiment(organization: string, checked: ValidInput, at: Date): Experiment {
  return {
    organization,
    id: checked.experimentId ?? generateExperimentId(at),
    ...toContent(checked),
    name: checked.given.name ?? untitled,
    tags: checked.given.tags ?? noTags,
    status: 'PENDING',
    progress: 0,
    createdAt: at,
    updatedAt: at,
    startedAt: null,
    completedAt: null,
    errorMessage: null,
    revision: 1,
    firstRevision: 1,
    version: 1,
  };
}

/** The content after an update, unless it would have evaluators and evaluator workflows both (R7). */
function applyUpdate(current: Experiment, { given }: ValidInput, input: UncheckedInput) {
  const values = Object.entries(given).map(([field, value]) => [field, value ?? toEmptyValue(field)]);
  const next: Experiment = { ...current, ...Object.fromEntries(values) };
  if (!next.evaluatorIds.isEmpty && !next.evaluatorWorkflowIds.isEmpty) {
    const fields = [findEvaluatorsField(input), 'evaluatorWorkflowIds'] as const;
    return invalid(fields.filter((field) => input[field] != null).map(toExclusiveIssue));
  }
  return { kind: 'next' as const, content: pickContent(next), tags: next.tags };
}

function toEmptyValue(field: string): unknown {
  return field === 'tags' ? noTags : omittedContent[field as keyof typeof omittedContent];
}

/** The content alone, of something that has more. */
function pickContent(source: ExperimentContent): ExperimentContent {
  const fields = ['name', ...Object.keys(omittedContent)] as (keyof ExperimentContent)[];
  return Object.fromEntries(fields.map((field) => [field, source[field]])) as unknown as ExperimentContent;
}
