import { type JsonObject, type JsonValue, readExactMember, toJsonText } from '../json/exact-json.ts';
import { issueLimits } from '../limits.ts';
import { quote } from '../messages.ts';
import { shorten } from '../text.ts';

/** Returns what is wrong with the value of a setting, if anything: the end of a sentence that begins with the value. */
type Check = (value: JsonValue) => string | undefined;

/** A number in a documented range. It is judged by its double, however long it is. */
function number(range: string, isInRange: (value: number) => boolean, { isWhole = false } = {}): Check {
  return (value) => {
    if (typeof value !== 'number') return `is not a number; the documented range is ${range}.`;
    if (!isInRange(value)) return `is outside the documented range ${range}.`;
    // A number beyond the doubles is read as infinite; all doubles from 2^53 on are whole.
    const isFraction = Number.isFinite(value) && !Number.isInteger(value);
    return isWhole && isFraction ? `is not a whole number; the documented range is ${range}.` : undefined;
  };
}

const between = (min: number, max: number) => number(`${min} to ${max}`, (value) => value >= min && value <= max);

const trueOrFalse: Check = (value) =>
  typeof value === 'boolean' ? undefined : 'is not true or false, which are the documented values.';

/** The sampling settings that completion and prompt tasks share, with their documented ranges. */
const sampling = {
  temperature: between(0, 2),
  max_tokens: number('1 or more', (value) => value >= 1, { isWhole: true }),
  top_p: between(0, 1),
  frequency_penalty: between(-2, 2),
  presence_penalty: between(-2, 2),
};

/**
 * The documented config of each known task type. A config outside it causes warnings, never an error (R11): models and
 * their settings change faster than this table.
 */
const documentedConfigs: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  completion: sampling,
  prompt: sampling,
  custom: { allow_submission: trueOrFalse, timeout_hours: number('above 0', (value) => value > 0) },
  duplicate: {},
  condition: {},
};

/**
 * Finds settings of a workflow task outside the documented ranges (R11). A setting that is absent or null is not one of
 * them. Returns paths within the task, each with a message.
 */
export function findUndocumentedSettings({ type, config }: JsonObject): { path: string[]; message: string }[] {
  if (typeof type !== 'string' || !Object.hasOwn(documentedConfigs, type) || config == null) return [];
  if (typeof config !== 'object' || Array.isArray(config))
    return [
      { path: ['config'], message: `config: ${quote(config)} is not a JSON object, which is the documented form.` },
    ];
  const settings = config as JsonObject;
  return Object.entries(documentedConfigs[type] ?? {}).flatMap(([name, check]) => {
    const value = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (value == null) return [];
    const problem = check(value);
    return problem === undefined
      ? []
      : [{ path: ['config', name], message: `${name}: ${showMember(settings, name)} ${problem}` }];
  });
}

/** Writes a member of an object into a message: a number with the digits that were sent. */
function showMember(settings: JsonObject, name: string): string {
  const value = settings[name];
  if (typeof value !== 'number') return quote(value);
  return shorten(toJsonText(readExactMember(settings, name)), issueLimits.valueCharacters);
}
