import { findRatio, type Results } from './measurements.ts';

/** The gateway's targets beside the measurements. For information only: they do not affect the exit code. */
export interface Target {
  readonly name: string;
  readonly measured: number;
  readonly most: number;
  readonly unit: '' | ' MB' | ' s';
}

type Value = 'cpu' | 'p99';

const ratios: readonly { work: string; peer: string; most: number; value: Value }[] = [
  { work: 'page', peer: 'mercurius-jit', most: 1, value: 'cpu' },
  { work: 'page', peer: 'fastify', most: 1.2, value: 'cpu' },
  { work: 'one', peer: 'fastify', most: 0.85, value: 'cpu' },
  { work: 'replace', peer: 'node-http', most: 0.5, value: 'cpu' },
  { work: 'one', peer: 'fastify', most: 1.2, value: 'p99' },
  { work: 'page', peer: 'fastify', most: 1.2, value: 'p99' },
];

/** Every target for which both sides were measured. */
export function judgeTargets({ entries }: Results): Target[] {
  const [gateway] = entries;
  const large = entries.find(({ contender, size }) => contender.name === 'gateway' && size !== gateway?.size);
  if (!gateway) return [];
  const compared = ratios.map(({ work, peer, most, value }) => {
    const other = entries.find(({ contender }) => contender.name === peer);
    const name = `${work}: ${value === 'cpu' ? 'CPU' : 'p99'} / ${other?.contender.title}`;
    return { name, measured: other && findRatio(gateway, other, work, value), most, unit: '' as const };
  });
  const growth = ['replace', 'page', 'deep-page'].map((work) => ({
    name: `${work}: CPU with ${large?.size.toLocaleString('en')} / with ${gateway.size.toLocaleString('en')} experiments`,
    measured: large && findRatio(large, gateway, work, 'cpu'),
    most: work === 'replace' ? 1.15 : 1.3,
    unit: '' as const,
  }));
  const own = [
    { name: 'memory, idle', measured: gateway.idleMemory, most: 110, unit: ' MB' as const },
    { name: 'memory, peak under load', measured: gateway.peakMemory, most: 200, unit: ' MB' as const },
    { name: 'start to first response', measured: gateway.readyAfter, most: 0.5, unit: ' s' as const },
  ];
  return [...compared, ...growth, ...own].flatMap(({ measured, ...target }) =>
    measured === undefined ? [] : [{ ...target, measured }],
  );
}
