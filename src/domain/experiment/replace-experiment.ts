import type { Caller } from '../actor.ts';
import type { ExperimentReplace } from './apply-replace.ts';
import { toContent, type ValidInput } from './input.ts';
import {
  acceptInput,
  type DryRun,
  storeReplace,
  toInputResult,
  toReplace,
  type WithInput,
  type WriteParts,
  type WriteResult,
  type WriteTarget,
} from './write-steps.ts';

/** Replaces the content: every editable field takes its value from the input (R1 to R18). */
export async function replaceExperiment(
  parts: WriteParts,
  caller: Caller,
  { input, dryRun, ...target }: WriteTarget & WithInput & DryRun,
): Promise<WriteResult> {
  const accepted = acceptInput(caller, input, { expectedId: target.id });
  if (accepted.kind !== 'accepted') return accepted;
  const { actor, valid } = accepted;
  const outcome = await storeReplace(parts, toReplace(actor, target, toReplacement(valid), parts.now()), dryRun);
  return toInputResult(target.id, outcome, valid, dryRun);
}

/** The content that a replace writes; a null name leaves the name unchanged (R5). */
export function toReplacement(valid: ValidInput): ExperimentReplace['content'] {
  return { ...toContent(valid), name: valid.given.name ?? null };
}
