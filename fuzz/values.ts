import * as fc from 'fast-check';
import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import { createInputs, type Input, replaceInputs, updateInputs } from '../test/support/gateway/arbitraries.ts';
import type { Random } from './random.ts';

/** What later requests can refer to: the texts that answers have shown. */
export interface Seen {
  readonly ids: string[];
  readonly cursors: string[];
}

/** An enum value, which is written without quotes in a document. */
export class EnumValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  toJSON(): string {
    return this.name;
  }
}

const texts = [
  '',
  ' ',
  'a',
  'Text',
  'x'.repeat(255),
  'x'.repeat(256),
  '\0',
  '\ud800',
  '😀'.repeat(100),
  'é\u0301',
  '\u202eabc',
  '__proto__',
  'constructor',
  'null',
  '%00',
  '../..',
  "' OR 1=1 --",
  '%',
  '_',
  '\\',
  '"',
  '${x}',
  '\n',
  '\u2028',
  '{}',
];
const wholeNumbers = [
  0,
  1,
  1,
  2,
  3,
  5,
  10,
  15,
  20,
  99,
  100,
  101,
  255,
  1_000,
  10_000,
  10_001,
  -1,
  86_400,
  2 ** 31 - 1,
  -(2 ** 31),
];
const oddNumbers = [2 ** 31, 1.5, -0, 1e21, 5e-324, 2 ** 53 + 2, 1e308];
const times = [
  '2026-11-22T10:00:00.000Z',
  '1970-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-11-22',
  '9999-12-31T23:59:59.999Z',
  '2026-11-22T10:00:00+14:00',
  '-000001-01-01T00:00:00Z',
  '10000-01-01T00:00:00Z',
  'now',
  '',
];
const ids = ['e1', 'e2', 'e3', 'e4', 'e5', 'dataset:d1', 'd1', 'list', '.', 'x'.repeat(255), 'ü/ä?#'];

/** How often a value is one that its type does not allow. */
const wrongShare = 0.03;

/** A value for an argument or input field: usually valid, often at an edge, now and then wrong. */
export function generateValue(random: Random, type: GraphQLInputType, name: string, seen: Seen, depth = 0): unknown {
  if (isNonNullType(type)) return random.chance(0.01) ? null : generateValue(random, type.ofType, name, seen, depth);
  if (random.chance(wrongShare)) return random.pick([null, true, 7, 'text', [], {}, [[]], 1.5]);
  if (random.chance(0.05)) return null;
  if (isListType(type)) {
    const length = random.chance(0.02) ? 101 : random.below(4);
    return Array.from({ length }, () => generateValue(random, type.ofType, name, seen, depth));
  }
  if (isEnumType(type)) return new EnumValue(random.pick(type.getValues()).name);
  if (isInputObjectType(type)) {
    const ready = random.chance(0.7) ? generateInput(random, type.name) : {};
    if (Object.keys(ready).length > 0 && random.chance(0.7)) {
      const isNamed = type.name === 'CreateExperimentInput' && random.chance(0.8);
      return isNamed ? { ...ready, experimentId: random.pick(ids.slice(0, 5)) } : ready;
    }
    const share = depth > 2 ? 0.05 : 0.2;
    const fields = Object.values(type.getFields()).filter(
      (field) => isRequiredInputField(field) || random.chance(share),
    );
    const given = fields.map((field) => [field.name, generateValue(random, field.type, field.name, seen, depth + 1)]);
    return { ...ready, ...Object.fromEntries(given) };
  }
  return generateScalar(random, type.name, name, seen);
}

/** A valid input by the arbitraries of the tests; empty for an input that they do not know. */
function generateInput(random: Random, type: string): Input {
  const known: Record<string, fc.Arbitrary<Input>> = {
    CreateExperimentInput: createInputs,
    ReplaceExperimentInput: replaceInputs,
    UpdateExperimentInput: updateInputs,
    CloneExperimentInput: updateInputs,
  };
  const arbitrary = known[type];
  return arbitrary ? (fc.sample(arbitrary, { numRuns: 1, seed: random.below(2 ** 31) })[0] ?? {}) : {};
}

function generateScalar(random: Random, type: string, name: string, seen: Seen): unknown {
  if (['after', 'before', 'since'].includes(name) && seen.cursors.length > 0 && random.chance(0.7))
    return random.pick(seen.cursors);
  if (['first', 'last'].includes(name) && random.chance(0.8)) return 1 + random.below(5);
  if (name === 'idempotencyKey') return `key-${random.below(5)}`;
  switch (type) {
    case 'ID':
      if (seen.ids.length > 0 && random.chance(0.4)) return random.pick(seen.ids);
      if (random.chance(0.6)) return random.pick(ids.slice(0, 5));
      return random.chance(0.8) ? random.pick(ids) : random.pick(texts);
    case 'Int':
      return random.chance(0.95) ? random.pick(wholeNumbers) : random.pick(oddNumbers);
    case 'Float':
      return random.chance(0.7) ? random.below(101) : random.pick([...wholeNumbers, ...oddNumbers]);
    case 'Boolean':
      return random.chance(0.5);
    case 'DateTime':
      return random.pick(times);
    case 'String':
      return random.chance(0.02) ? 'y'.repeat(10_001) : random.pick(texts);
    default:
      return type === 'JSONObject' ? generateObject(random) : generateJson(random);
  }
}

/** Any JSON value. */
export function generateJson(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 4 ? 4 : 6);
  if (kind === 0) return random.pick(texts);
  if (kind === 1) return random.pick([...wholeNumbers, ...oddNumbers]);
  if (kind === 2) return random.pick([null, true, false]);
  if (kind === 3) return random.pick([{}, []]);
  if (kind === 4) return Array.from({ length: random.below(4) }, () => generateJson(random, depth + 1));
  return generateObject(random, depth);
}

function generateObject(random: Random, depth = 0): Record<string, unknown> {
  const keys = ['a', 'b', '1', '', '__proto__x', 'type', 'config', 'temperature', 'toJSON', 'é'];
  const entries = Array.from({ length: random.below(4) }, () => [random.pick(keys), generateJson(random, depth + 1)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/** Writes a value as a literal of a document. */
export function writeLiteral(value: unknown): string {
  if (value instanceof EnumValue) return value.name;
  if (Array.isArray(value)) return `[${value.map(writeLiteral).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, each]) => `${name}: ${writeLiteral(each)}`);
  return `{${fields.join(', ')}}`;
}
