import { type Attack, anonymous, answered, badInput, each, manyKeysMs, post, raw, rest, times } from '../attack.ts';
import { mebibyte, typename } from './bodies.ts';

const open = (text: string, count: number) => text.repeat(count);

/** JSON that is none, or too much, and text in other encodings. */
export const json: readonly Attack[] = [
  {
    name: 'JSON that is none',
    safe: badInput,
    shapes: each(
      {
        empty: '',
        'white space': '   \n\t ',
        'an open object': '{',
        'an open string': '{"query":"{ __typename }',
        'a comma too many': '{"query":"{ __typename }",}',
        'single quotes': "{'query':'{ __typename }'}",
        'a comment': '{"query":"{ __typename }"}//',
        'two values': `${typename}${typename}`,
        NaN: '{"query":NaN}',
        'a leading zero': '{"query":"{ __typename }","variables":{"a":01}}',
        'a control character': '{"query":"{ __typename\n}"}',
        'a byte order mark inside': '{"query"\uFEFF:"{ __typename }"}',
        'two byte order marks': `\uFEFF\uFEFF${typename}`,
        'a bad escape': '{"query":"\\x41"}',
        JSONP: 'callback({"query":"{ __typename }"})',
        'a million digits and a letter': `{"variables":{"a":${'1'.repeat(1_000_000)}x}}`,
        'a million quotes': '"'.repeat(1_000_001),
        'a million backslashes': `"${'\\'.repeat(1_000_000)}`,
      },
      (body) => post(body),
    ),
  },
  {
    name: 'JSON that nests beyond 1,000 levels',
    safe: badInput,
    shapes: each(
      {
        'a million open lists': open('[', mebibyte),
        'open objects': open('{"a":', 300_000),
        'closed lists': `${open('[', 1_001)}${open(']', 1_001)}`,
        'in variables': `{"query":"{ __typename }","variables":{"a":${open('[', 1_001)}${open(']', 1_001)}}}`,
        'in an unknown member': `{"query":"{ __typename }","x":${open('{"a":', 5_000)}1${open('}', 5_000)}}`,
        'in extensions': `{"query":"{ __typename }","extensions":{"a":${open('[', 100_000)}${open(']', 100_000)}}}`,
      },
      (body) => post(body),
    ),
  },
  {
    name: 'a REST body that nests beyond 1,000 levels',
    safe: { status: 400, body: /"detail"/ },
    shapes: each(
      {
        lists: `{"tags":${open('[', 100_000)}`,
        workflow: `{"workflow":[${open('{"a":', 1_200)}1${open('}', 1_200)}]}`,
        filters: `{"filters":${open('{"a":', 2_000)}`,
      },
      (body) => rest('POST', 'list/', body),
    ),
  },
  {
    name: 'JSON of more than 10,000 objects and arrays',
    safe: badInput,
    shapes: each(
      {
        lists: `{"query":"{ __typename }","variables":{"a":[${times(10_000, () => '[]', ',')}]}}`,
        objects: `{"query":"{ __typename }","x":[${times(400_000, () => '{}', ',')}]}`,
        'beside each other': `[${times(500_000, () => '[]', ',')}]`,
      },
      (body) => post(body),
    ),
  },
  {
    name: 'JSON of 2 MiB within its limits of structure',
    safe: { status: 200, body: /"__typename":"Query"/, maxTurnMs: manyKeysMs },
    shapes: each(
      {
        numbers: () => `[${'1,'.repeat(900_000)}1]`,
        'long numbers': () => `[${`${'9'.repeat(30)},`.repeat(60_000)}1]`,
        exponents: () => `[${'1e5,'.repeat(450_000)}1]`,
        'a number of a million digits': () => `[${'7'.repeat(1_500_000)}]`,
        'an exponent of a million digits': () => `[1e${'7'.repeat(1_500_000)}]`,
        keys: () => `{${times(160_000, (i) => `"k${i}":1`, ',')}}`,
        'keys that are numbers': () => `{${times(160_000, (i) => `"${i * 7}":1`, ',')}}`,
        'the same key': () => `{${times(220_000, () => '"k":1', ',')}}`,
        'the same key with digits to keep': () => `{${times(190_000, () => '"k":1.0', ',')}}`,
        'keys whose hashes are long': () => `{${times(1_500, (i) => `"${'k'.repeat(1_300)}${i}":1`, ',')}}`,
        'empty strings': () => `[${'"",'.repeat(600_000)}1]`,
        escapes: () => `["${'\\u0041'.repeat(300_000)}"]`,
        spaces: () => `[${' '.repeat(1_900_000)}]`,
        nulls: () => `[${'null,'.repeat(350_000)}null]`,
        'lists within limits': () => `[${times(9_900, () => '[1,2,3]', ',')}]`,
      },
      (value) => post(`{"query":"{ __typename }","variables":{"a":${value()}}}`),
    ),
  },
  {
    name: 'JSON of 64 KiB from a stranger',
    safe: answered(/"__typename":"Query"/),
    shapes: each(
      {
        numbers: () => `[${'1,'.repeat(30_000)}1]`,
        keys: () => `{${times(5_000, (i) => `"k${i}":1`, ',')}}`,
        'the same key': () => `{${times(8_000, () => '"k":1.0', ',')}}`,
        objects: () => `[${times(9_000, () => '{}', ',')}]`,
        'a long number': () => '7'.repeat(60_000),
      },
      (value) => anonymous('{ __typename }', JSON.parse(`{"a":${value()}}`)),
    ),
  },
  {
    name: 'bytes that are not UTF-8',
    safe: badInput,
    shapes: each(
      {
        'a lone continuation': '\x80',
        'an overlong slash': '\xc0\xaf',
        'an overlong NUL': '\xc0\x80',
        'a surrogate': '\xed\xa0\x80',
        'beyond Unicode': '\xf4\x90\x80\x80',
        'five bytes': '\xf8\x88\x80\x80\x80',
        'cut off': '\xe2\x82',
        'FF FE': '\xff\xfe',
      },
      (bytes) => post(raw(`{"query":"{ __typename } # ${bytes}"}`)),
    ),
  },
  {
    name: 'JSON in another encoding of Unicode',
    safe: badInput,
    shapes: {
      'UTF-16': post(Buffer.from(typename, 'utf16le')),
      'UTF-16 with a mark': post(Buffer.from(`\uFEFF${typename}`, 'utf16le')),
      'UTF-32': post(Buffer.from(typename.split('').join('\0\0\0'))),
    },
  },
];
