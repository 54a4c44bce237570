import { type Attack, each, graphql, rest } from '../attack.ts';

/** Times at the edges of calendars. */
export const calendarTimes: readonly Attack[] = [
  {
    name: 'times at the edges of calendars',
    safe: { status: [200, 400] },
    shapes: each(
      Object.fromEntries(
        [
          '0000-01-01T00:00:00Z',
          '0001-01-01T00:00:00Z',
          '-000001-01-01T00:00:00Z',
          '9999-12-31T23:59:59.999Z',
          '9999-12-31T23:59:60Z',
          '+275760-09-13T00:00:00.000Z',
          '+275760-09-13T00:00:00.001Z',
          '-271821-04-20T00:00:00.000Z',
          '2026-02-30T00:00:00Z',
          '2026-13-01T00:00:00Z',
          '2026-01-01T24:00:00Z',
          `2026-01-01T00:00:00.${'9'.repeat(5_000)}Z`,
          '2026-01-01T00:00:00+99:99',
          '2026-01-01',
          '1e308',
          '',
          '-1',
          '٢٠٢٦-01-01T00:00:00Z',
        ].map((time) => [time.slice(0, 40), time]),
      ),
      (time) =>
        graphql('query ($t: DateTime) { experiments(filter: {createdFrom: $t, updatedBefore: $t}) { totalCount } }', {
          t: time,
        }),
    ),
  },
  {
    name: 'times at the edges of calendars in a REST list',
    safe: { status: [200, 400], body: /"count":|"detail":/ },
    shapes: each(
      {
        0: '0000-01-01T00:00:00Z',
        9999: '9999-12-31T23:59:59.999Z',
        275760: '+275760-09-13T00:00:00.000Z',
        digits: `2026-01-01T00:00:00.${'9'.repeat(200)}Z`,
        offset: '2026-01-01T00:00:00+99:99',
        leap: '2016-12-31T23:59:60Z',
        none: '',
        date: '0000-00-00',
      },
      (time) =>
        rest(
          'POST',
          'list/',
          JSON.stringify({
            filters: {
              created_at: { operator: 'gte', value: [time] },
              updated_at: { operator: 'contains', value: [time] },
            },
          }),
        ),
    ),
  },
];
