import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type JsonObject,
  parseJson,
  stringifyJson,
  toJsonText,
  toSentJson,
} from '../../../src/domain/json/exact-json.ts';
import { JsonList } from '../../../src/domain/json/json-list.ts';
import {
  escapedKeys,
  escapedStrings,
  jsonContainerTexts,
  jsonObjectTexts,
  plainKeys,
  plainStrings,
  runs,
} from '../../support/gateway/arbitraries.ts';

describe('R11: exact JSON text', () => {
  test.each([
    '{"temperature":1.0}',
    '{"a":1.50}',
    '{"a":[0.10]}',
    '{"a":-0}',
    '{"a":[-0,0]}',
    '{"a":-0.0}',
    '{"a":1e400}',
    '{"a":-1E400}',
    '{"a":1e5}',
    '{"a":1E+05}',
    '{"a":0.0000001}',
    '{"a":0.00000012}',
    '{"a":12345678901234567890}',
    '{"a":9007199254740993}',
    '{"a":0.1000000000000000055511151231257827}',
    '{"a":100000000000000000000000}',
    '{"10":1,"9":2,"1":3}',
    '{"b":1,"0":2}',
    '{"__proto__":{"x":1.0},"constructor":1.0}',
    '{"a":"1.0","b":"\\"10\\":","c":1.0}',
    '{"a":{"b":[[{"2":[],"1":{}}]]}}',
  ])('R11: numbers and keys that JavaScript would change are returned as sent: %s', (text) => {
    expect(toJsonText(parseJson(text))).toBe(text);
    expect(stringifyJson({ answer: toSentJson(parseJson(text)) })).toBe(`{"answer":${text}}`);
  });

  test('R11: an array keeps its own numbers, not only those of its objects', () => {
    expect(toJsonText(parseJson('[1.0,[2.50,-0],{"a":3.0}]'))).toBe('[1.0,[2.50,-0],{"a":3.0}]');
    expect(stringifyJson(toSentJson(parseJson('[1.0,[2.50,-0],{"a":3.0}]')))).toBe('[1.0,[2.50,-0],{"a":3.0}]');
  });

  test('white space is removed, except inside strings', () => {
    const text = ' {\r\n\t"a b" : [ 1.0 , " x \\" : 1 " ] , "c\\\\" : { } }\n';
    expect(toJsonText(parseJson(text))).toBe('{"a b":[1.0," x \\" : 1 "],"c\\\\":{}}');
  });

  test('R11: a part of a parsed value keeps its text', () => {
    const body = parseJson('{"variables":{"input":{"workflow":[ {"2": 1.0, "1": {}} ]}}}') as any;
    const { workflow } = body.variables.input;
    expect(JsonList.of(Array.from(workflow as JsonObject[])).text).toBe('[{"2":1.0,"1":{}}]');
    expect(toJsonText(workflow[0]['1'])).toBe('{}');
  });

  test('the text of a value does not depend on the rest of the body', () => {
    for (const task of ['{"a":"\\u00e9"}', '{"a":"\\/"}', '{"\\u0061":[]}']) {
      const [alone, beside] = ['1', '1.0'].map((number) => parseJson(`{"task":${task},"number":${number}}`) as any);
      expect(toJsonText(beside.task)).toBe(toJsonText(alone.task));
    }
  });

  test('parseJson returns the value that JSON.parse returns', () => {
    expect(parseJson('{"2":1.0,"1":[1e400,-0]}')).toEqual({ 1: [Number.POSITIVE_INFINITY, -0], 2: 1 });
  });

  test.each(['', '{', '{"a":01}', '{"a":1.}', "{'a':1.0}", '{"a":1.0,}', '[1.0] x', '{"a":+1.0}', 'NaN'])(
    'parseJson throws a SyntaxError as JSON.parse does: %j',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  test('R11: random JSON is returned as sent, without white space', () => {
    const texts = jsonContainerTexts({ strings: plainStrings, keys: plainKeys });
    fc.assert(
      fc.property(texts, ({ spaced, compact }) => {
        expect(toJsonText(parseJson(spaced))).toBe(compact);
        expect(stringifyJson({ answer: [toSentJson(parseJson(spaced))] })).toBe(`{"answer":[${compact}]}`);
      }),
      runs(300),
    );
  });

  test('R11: random JSON with escaped strings and keys is returned with equal strings and exact numbers', () => {
    const texts = jsonObjectTexts({ strings: escapedStrings, keys: escapedKeys });
    // With every string as JSON.stringify writes it, only a number or the order of keys can differ.
    const normalizeStrings = (text: string) =>
      text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (string) => JSON.stringify(JSON.parse(string)));
    fc.assert(
      fc.property(texts, ({ spaced, compact }) => {
        expect(normalizeStrings(toJsonText(parseJson(spaced)))).toBe(normalizeStrings(compact));
      }),
      runs(300),
    );
  });
});

describe('repeated keys', () => {
  test('a repeated key has its last value, as in JavaScript', () => {
    const texts = jsonObjectTexts({ strings: plainStrings, keys: fc.constantFrom('"a"', '"1"'), repeatsKeys: true });
    fc.assert(
      fc.property(texts, ({ spaced }) => {
        expect(JSON.parse(toJsonText(parseJson(spaced)))).toEqual(JSON.parse(spaced));
      }),
      runs(200),
    );
  });

  test('a repeated key keeps its first position, whatever else was sent', () => {
    const texts = jsonObjectTexts({ strings: plainStrings, keys: fc.constantFrom('"a"', '"b"'), repeatsKeys: true });
    expect(toJsonText(parseJson('{"a":1,"b":2.0,"a":{"x":1,"y":[1],"x":3.0}}'))).toBe(
      '{"a":{"x":3.0,"y":[1]},"b":2.0}',
    );
    fc.assert(
      fc.property(texts, ({ spaced }) => {
        const keys = (text: string) => JSON.stringify(JSON.parse(text));
        expect(keys(toJsonText((parseJson(`{"task":${spaced},"n":1.0}`) as any).task))).toBe(keys(spaced));
      }),
      runs(200),
    );
  });

  test('the overwritten value of a repeated key never reaches the text, because it was not validated', () => {
    expect(toJsonText(parseJson('{"a":"\\u0000","n":1.0,"a":"fine"}'))).not.toContain('\\u0000');
    expect(toJsonText(parseJson('{"a":[[[["deep"]]]],"n":1.0,"a":"fine"}'))).not.toContain('deep');
    expect(toJsonText(parseJson('[{"o":{"x":1.0,"o":{"x":"hidden"}},"o":{"x":2.0}}]'))).not.toContain('hidden');
  });
});

describe('nesting of 200,000 levels', () => {
  const levels = 200_000;
  const nested = '['.repeat(levels) + ']'.repeat(levels);

  test('200,000 levels of nesting are parsed, with and without numbers to keep', () => {
    expect(parseJson(nested)).toBeInstanceOf(Array);
    expect(toJsonText(parseJson(`{"n":1.0,"a":${nested}}`))).toBe(`{"n":1.0,"a":${nested}}`);
    const objects = `${'{"1":'.repeat(levels)}1.0${'}'.repeat(levels)}`;
    expect(toJsonText(parseJson(objects))).toBe(objects);
  });
});

describe('toSentJson and stringifyJson', () => {
  test('stringifyJson writes values that were not parsed by parseJson as JSON.stringify does', () => {
    const value = { a: [1, 'é', null, { b: true }], c: new Date(0), d: undefined };
    expect(stringifyJson(toSentJson(value))).toBe(JSON.stringify(value));
    expect(stringifyJson({ value: toSentJson('text'), none: toSentJson(null) })).toBe('{"value":"text","none":null}');
  });

  test('stringifyJson writes each of several exact values in its place', () => {
    const [first, second] = [parseJson('{"a":1.0}'), parseJson('{"2":1,"1":2}')];
    const answer = { list: toSentJson([first, { plain: 1 }, second]), again: toSentJson(first) };
    expect(stringifyJson(answer)).toBe('{"list":[{"a":1.0},{"plain":1},{"2":1,"1":2}],"again":{"a":1.0}}');
  });

  test('stringifyJson keeps dollar signs and text that looks like a placeholder', () => {
    const text = '{"a":"$& $1 $$ \\u0000x:0","n":1.0}';
    expect(stringifyJson([toSentJson(parseJson(text)), '\u0000x:0'])).toBe(`[${text},"\\u0000x:0"]`);
  });

  test('a failed stringifyJson does not affect the next call', () => {
    const broken = {
      get value(): never {
        throw new Error('broken');
      },
    };
    const sent = toSentJson(parseJson('{"a":1.0}'));
    expect(() => stringifyJson([sent, broken])).toThrow('broken');
    expect(stringifyJson(sent)).toBe('{"a":1.0}');
    expect(JSON.stringify(sent)).toBe('{"a":1}');
  });
});

describe('JsonList', () => {
  test('a JsonList from values has their text, and one from a text has its values', () => {
    const text = '[{"2":1.0,"1":[]},{}]';
    const list = JsonList.fromText<JsonObject>(text);
    expect(list.values).toEqual([{ 1: [], 2: 1 }, {}]);
    expect(JsonList.of(list.values).text).toBe(text);
    expect(list.length).toBe(2);
    expect(list.isEmpty).toBe(false);
  });

  test('a JsonList without values is empty', () => {
    expect(JsonList.of([])).toMatchObject({ text: '[]', isEmpty: true, length: 0 });
  });

  test('a JsonList with a given length is not parsed to find it', () => {
    expect(JsonList.fromText('[never parsed', 7).length).toBe(7);
  });
});
