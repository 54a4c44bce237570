import { findMedian, type Results, toTitle } from './measurements.ts';
import { works } from './works.ts';

const width = 760;
const labelWidth = 240;
const barHeight = 18;
const lineHeight = 24;

/** A bar chart of the CPU time per request, with one group per workload. */
export function drawChart({ entries }: Results): string {
  const parts = ['<text x="8" y="22" font-size="15">CPU time of the server process per request; less is better</text>'];
  let y = 54;
  for (const work of works) {
    const bars = entries.flatMap((entry) => {
      const cpu = findMedian(entry, work.name, 'cpu');
      return cpu === undefined ? [] : [{ title: toTitle(entry), cpu, isGateway: entry.contender.name === 'gateway' }];
    });
    if (bars.length === 0) continue;
    const most = Math.max(...bars.map(({ cpu }) => cpu));
    parts.push(`<text x="8" y="${y}" font-weight="bold">${work.title}</text>`);
    y += 12;
    for (const { title, cpu, isGateway } of bars) {
      const length = (cpu / most) * (width - labelWidth - 90);
      const middle = y + barHeight / 2 + 4;
      parts.push(
        `<text x="${labelWidth - 8}" y="${middle}" text-anchor="end">${title}</text>`,
        `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="${isGateway ? '#1f6feb' : '#9aa4af'}"/>`,
        `<text x="${(labelWidth + length + 6).toFixed(1)}" y="${middle}">${cpu.toFixed(0)} µs</text>`,
      );
      y += lineHeight;
    }
    y += 26;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y - 16}" font-family="system-ui, sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}
