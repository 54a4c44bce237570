import { type Attack, answered, each, rest, times } from '../attack.ts';

/** A refusal that names the fields. */
export const refusedList = { status: 400, body: /"detail":"Validation error"/ };
const restList = (body: unknown) => rest('POST', 'list/', JSON.stringify(body));
const condition = (operator: unknown, value: unknown, field = 'name') => ({
  filters: { [field]: { operator, value } },
});

/** Filters, parameters and links of lists over REST. */
export const restLists: readonly Attack[] = [
  {
    name: 'operators of a REST list that are none',
    safe: refusedList,
    shapes: each<unknown>(
      {
        regex: condition('regex', ['(a+)+$']),
        SQL: condition("= '' OR", ['x']),
        range: condition('range', [1, 2]),
        'a join': condition('__in', ['x']),
        number: condition(1, ['x']),
        list: condition(['in'], ['x']),
        object: condition({}, ['x']),
        null: { filters: { name: { operator: 'gt', value: [null] } } },
        'two values of gt': condition('gt', ['a', 'b']),
        'a value of text': condition('isnull', ['true'], 'dataset_id'),
        'no value': { filters: { name: { operator: 'in' } } },
        'four texts': condition('icontains', ['a', 'b', 'c', 'd']),
        'a long value': condition('in', ['x'.repeat(256)]),
        '101 values': condition('in', Array.from({ length: 101 }, String)),
        'an object as value': condition('in', [{}]),
      },
      restList,
    ),
  },
  {
    name: 'fields of a REST list that are none',
    safe: refusedList,
    shapes: {
      ...each<unknown>(
        {
          organization: condition('in', ['x'], 'organization'),
          'a join': condition('in', ['x'], 'user__password'),
          'a column': condition('in', ['x'], 'folded_name'),
          SQL: condition('in', ['x'], 'name"; --'),
          long: condition('in', ['x'], 'x'.repeat(100_000)),
          'filters of text': { filters: 'x' },
          'filters of a list': { filters: [1] },
          'a condition of text': { filters: { name: 'x' } },
          'a condition of a list': { filters: { name: [] } },
        },
        restList,
      ),
      ...each(
        {
          'a column': 'sort_by=folded_name',
          SQL: 'sort_by=name;drop',
          'two minuses': 'sort_by=--name',
          'a plus': 'sort_by=%2Bname',
          'two fields': 'sort_by=name,id',
          prototypes: 'sort_by=constructor',
          minus: 'sort_by=-',
          NUL: 'sort_by=name%00',
          long: `sort_by=${'x'.repeat(8_000)}`,
          'a number': 'sort_by=1',
        },
        (search) => rest('GET', `?${search}`),
      ),
    },
  },
  {
    name: 'unknown parameters of a REST list',
    safe: answered(/"UNKNOWN_FIELD"/),
    shapes: {
      'a thousand': rest('GET', `?${times(1_000, (i) => `a${i}=1`, '&')}`),
      'in the body': () => rest('POST', 'list/', `{${times(9_000, (i) => `"u${i}":1`, ',')}}`),
      'bad escapes': rest('GET', '?%ff=%00&%E0%A4%A=x'),
      'filters in the query string': rest('GET', '?filters={"name":1}&name__contains=x'),
    },
  },
  {
    name: 'links of a list that would carry what was sent',
    safe: answered(/"next":/, { hides: /<script>|javascript:/ }),
    shapes: {
      markup: rest('GET', '?page_size=1&x=%3Cscript%3E%0d%0a'),
      'another host': rest('GET', '?page_size=1', '', {
        'x-forwarded-host': 'evil.test"><script>',
        'x-forwarded-proto': 'javascript:',
      }),
    },
  },
];
