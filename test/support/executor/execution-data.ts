import * as fc from 'fast-check';
import { red, type Source } from './execution-schema.ts';

/** A value, how it is supplied, and in which turn if that happens later. */
export interface Given {
  readonly how: (typeof ways)[number];
  readonly what: What;
  readonly turn: number;
}

type What = null | undefined | boolean | number | string | object | readonly Given[] | Thing;

/** An object with fields, and the way in which it reports its type. */
class Thing {
  readonly kind: string | null;
  readonly telling: Given['how'];
  readonly fields: Readonly<Record<string, Given>>;
  constructor(kind: string | null, telling: Given['how'], fields: Readonly<Record<string, Given>>) {
    this.kind = kind;
    this.telling = telling;
    this.fields = fields;
  }
}

const ways = ['now', 'method', 'later', 'throws', 'rejects', 'error', 'error later'] as const;
const way = (good: number) =>
  fc.oneof(
    { weight: good, arbitrary: fc.constantFrom<Given['how'][]>('now', 'method', 'later') },
    { weight: 1, arbitrary: fc.constantFrom(...ways) },
  );

const given = (what: fc.Arbitrary<unknown>): fc.Arbitrary<Given> =>
  fc.record({ how: way(6), what: what as fc.Arbitrary<What>, turn: fc.nat(20) });

const orOdd = <Value>(usual: fc.Arbitrary<Value>) =>
  fc.oneof(
    { weight: 9, arbitrary: usual },
    { weight: 1, arbitrary: fc.constantFrom(null, undefined, 'text', 1.5, {}) },
  );

const ints = orOdd(fc.integer({ min: 0, max: 5 }));
const toList = (items: fc.Arbitrary<unknown>) => orOdd(fc.array(given(items), { maxLength: 3 }));

/** Values for every field of the schema, by field name, nested only a few levels deep. */
const data = fc.letrec<{ thing: Thing; fields: Record<string, Given> }>((tie) => {
  const object = orOdd(tie('thing'));
  const values: Record<string, fc.Arbitrary<unknown>> = {
    name: orOdd(fc.constantFrom('a', 'b')),
    lives: ints,
    value: ints,
    must: ints,
    odd: ints,
    mustOdd: ints,
    color: orOdd(fc.constantFrom<unknown[]>(red, 2, 'BLUE')),
    list: toList(ints),
    mustList: toList(ints),
    colors: toList(fc.constantFrom<unknown[]>(red, 2)),
    grid: toList(toList(ints)),
    mustGrid: toList(toList(ints)),
    ask: orOdd(fc.constant('asked')),
  };
  for (const field of ['box', 'mustBox', 'being', 'mustBeing', 'friend', 'found']) values[field] = object;
  for (const field of ['boxes', 'mustBoxes', 'beings', 'friends', 'founds', 'mustFounds'])
    values[field] = toList(object);
  values.boxGrid = toList(toList(object));
  const all = Object.fromEntries(Object.entries(values).map(([name, what]) => [name, given(what)]));
  return {
    thing: fc
      .tuple(
        fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom('Box', 'Cat', 'Dog') },
          { weight: 1, arbitrary: fc.constantFrom('Int', null) },
        ),
        way(9),
        fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('fields')),
      )
      .map((parts) => new Thing(...parts)),
    fields: fc.record(all, { requiredKeys: [] }) as fc.Arbitrary<Record<string, Given>>,
  };
});

/** The values of the root fields and everything below them. */
export const roots: fc.Arbitrary<Readonly<Record<string, Given>>> = data.fields;

/**
 * Settles promises one at a time, each in its own turn, so that nothing depends on how many microtasks an executor
 * needs to reach the next one.
 */
class Turns {
  readonly #waiting: { readonly turn: number; readonly settle: () => void }[] = [];

  later(turn: number, give: () => unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // Some are in lists that are never read; an executor must handle any promise that it derives from one.
    promise.catch(() => undefined);
    const settle = () => {
      try {
        resolve(give());
      } catch (error) {
        reject(error);
      }
    };
    this.#waiting.push({ turn, settle });
    if (this.#waiting.length === 1) setImmediate(() => this.#next());
    return promise;
  }

  #next(): void {
    const [first] = this.#waiting.toSorted((one, other) => one.turn - other.turn);
    if (!first) return;
    first.settle();
    setImmediate(() => {
      this.#waiting.splice(this.#waiting.indexOf(first), 1);
      this.#next();
    });
  }
}

/** The root of one execution. Promises are created when a field is read. */
export function createRoot(fields: Readonly<Record<string, Given>>): Source {
  return createSource(new Thing(null, 'now', fields), new Turns());
}

function createSource({ kind, telling, fields }: Thing, turns: Turns): Source {
  const tell = (answer: unknown) => give({ how: telling, what: null, turn: 3 }, () => answer, turns);
  const source = { kind, tell };
  for (const [name, each] of Object.entries(fields)) {
    Object.defineProperty(source, name, {
      enumerable: true,
      get: () =>
        each.how === 'method' || each.how === 'throws'
          ? () => give(each, () => createValue(each.what, turns), turns)
          : give(each, () => createValue(each.what, turns), turns),
    });
  }
  return source;
}

function createValue(what: What, turns: Turns): unknown {
  if (what instanceof Thing) return createSource(what, turns);
  if (!Array.isArray(what)) return what;
  // A list item cannot throw: that would throw the whole list.
  return (what as readonly Given[]).map((item) =>
    give(item.how === 'throws' ? { ...item, how: 'error' } : item, () => createValue(item.what, turns), turns),
  );
}

function give({ how, turn }: Given, value: () => unknown, turns: Turns): unknown {
  const fail = () => {
    throw new Error(`failed in turn ${turn}`);
  };
  switch (how) {
    case 'now':
    case 'method':
      return value();
    case 'later':
      return turns.later(turn, value);
    case 'throws':
      return fail();
    case 'rejects':
      return turns.later(turn, fail);
    case 'error':
      return new RangeError('an error');
    case 'error later':
      return turns.later(turn, () => new RangeError('an error later'));
  }
}
