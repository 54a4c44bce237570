import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AtEnd } from '../support/gateway/test-gateway.ts';
import { createPostgresDatabase } from '../support/storage/postgres.ts';
import type { Attack, Mode, Shape } from './attack.ts';
import { type AttackedGateway, type Cost, startAttackedGateway } from './attacked-gateway.ts';
import { findDifferences, findFaults, listSecrets } from './judge.ts';
import { attacks } from './table.ts';

/** The long form, `npm run attacks`, sends every shape in both modes, and prints what costs most. */
const isLong = process.env.GATEWAY_TEST_ATTACKS === 'long';
/** The short form sends the first shape of each attack, and in development only what is not sent in production. */
const maxShapes = isLong ? 100 : 1;
const listModes = ({ modes = ['production', 'development'], isSlow = false }: Attack) =>
  isLong ? modes : modes.slice(0, isSlow ? 0 : 1);
const modes: readonly Mode[] = ['production', 'development', ...(isLong ? (['persisted'] as const) : [])];
/** The long form can be run on PostgreSQL too. */
const engine = process.env.GATEWAY_TEST_ATTACKS_ENGINE ?? 'sqlite';

/**
 * The most CPU time that the thread of the event loop may take in one turn, in milliseconds: the contract's limit is 50, and
 * the cores are shared with other tests.
 */
const maxTurnMs = 250;
/** How often an attack is sent again before it counts as too slow: code that runs for the first time is not compiled. */
const maxTries = 4;

describe.each(modes)('in %s', (mode) => {
  let gateway: AttackedGateway;
  let secrets: readonly string[];
  let inherited: string;
  const ends: Parameters<AtEnd>[0][] = [];
  const costs: { name: string; cost: Cost }[] = [];

  beforeAll(async () => {
    const atEnd: AtEnd = (end) => ends.push(end);
    const env: Record<string, string> =
      engine === 'postgresql' ? { DATABASE_URL: await createPostgresDatabase('', atEnd) } : {};
    gateway = await startAttackedGateway(mode, atEnd, env);
    secrets = listSecrets(gateway.databaseUrl);
    inherited = await gateway.listInherited();
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
    if (isLong) console.log(writeReport(mode, costs));
  });

  async function send(name: string, shape: Shape, safe: Attack['safe']) {
    const limit = safe.maxTurnMs ?? maxTurnMs;
    let outcome: Awaited<ReturnType<AttackedGateway['attack']>>;
    try {
      outcome = await gateway.attack(shape);
    } catch (error) {
      return [{ name, problems: [String(error)], got: '' }];
    }
    let { answers, cost } = outcome;
    for (let tries = 1; tries < maxTries && cost.turnMs > limit; tries++) {
      const again = await gateway.attack(shape);
      if (again.cost.turnMs < cost.turnMs) ({ answers, cost } = again);
    }
    costs.push({ name, cost });
    const [answer] = answers;
    // The refusal of bytes without end may be lost when the connection is closed on them.
    if (!answer && !(shape instanceof Uint8Array)) return [];
    const faults = answers.flatMap((each) => findFaults(each, secrets));
    const differences = answer ? findDifferences(answer, safe) : ['no answer'];
    if (answers.length !== (safe.answers ?? 1)) differences.push(`${answers.length} answers`);
    if (cost.turnMs > limit) differences.push(`a turn of ${cost.turnMs} ms`);
    const problems = [...faults, ...differences];
    return problems.length === 0 ? [] : [{ name, problems, got: answer?.body.slice(0, 400) }];
  }

  const groups = Object.entries(attacks)
    .map(([group, rows]) => [group, rows.filter((row) => listModes(row).includes(mode))] as const)
    .filter(([, rows]) => rows.length > 0);
  describe.each(groups)('%s', (_group, rows) => {
    test.each(rows.map((attack) => [attack.name, attack] as const))(
      '%s',
      async (name, { shapes, safe, before, isSlow }) => {
        const stateBefore = await gateway.readState();
        for (const bytes of before?.() ?? []) await gateway.attack(bytes);
        const sendings = Object.entries(shapes)
          .slice(0, maxShapes)
          .map(
            ([shape, bytes]) =>
              () =>
                send(`${name}: ${shape}`, typeof bytes === 'function' ? bytes() : bytes, safe),
          );
        const unsafe = isSlow ? await Promise.all(sendings.map((sending) => sending())) : [];
        if (!isSlow) for (const sending of sendings) unsafe.push(await sending());
        expect(unsafe.flat()).toEqual([]);
        const stateAfter = await gateway.readState();
        expect(safe.mayWrite ? stateBefore : stateAfter).toBe(stateBefore);
        expect(await gateway.listInherited()).toBe(inherited);
      },
    );
  });

  test('no line of the log shows what it should not, or was forged, and none is a fault', () => {
    // The first line names the database, for operators.
    const [, ...lines] = gateway.log().trimEnd().split('\n');
    expect(gateway.log()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/);
    if (mode === 'development') return;
    expect(lines.length).toBeGreaterThanOrEqual(costs.length);
    const parsed = lines.map((line) => JSON.parse(line));
    expect(parsed.filter(({ level, msg }) => level >= 50 || msg === 'forged')).toEqual([]);
    expect(lines.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
  });

  test('the memory that all attacks leave behind is bounded', async () => {
    expect((await gateway.measureMemory()).heldBytes).toBeLessThan(150 * 1024 * 1024);
  });

  test('the gateway stops as it should', async () => {
    expect(await gateway.stop()).toBe(0);
  });
});

/** A table of the attacks that took the longest turns, and of those that took the most memory. */
function writeReport(mode: Mode, costs: readonly { name: string; cost: Cost }[]): string {
  const write = (title: string, key: keyof Cost, divisor: number) => [
    `${mode}: ${title}`,
    ...costs
      .toSorted((one, other) => other.cost[key] - one.cost[key])
      .slice(0, 15)
      .map(({ name, cost }) => `${(cost[key] / divisor).toFixed(1).padStart(9)}  ${name}`),
  ];
  return [
    `${mode}: ${costs.length} shapes`,
    ...write('longest turns of the event loop, ms of CPU', 'turnMs', 1),
    ...write('longest gaps of the event loop, ms of time', 'gapMs', 1),
    ...write('most memory above what was there before, MiB', 'peakBytes', 1024 * 1024),
  ].join('\n');
}
