/**
 * Adapts the script of Yoga's GraphiQL, which has no options for these:
 *
 * - the history panel, which Yoga's build leaves out;
 * - tabs named in words: `ValidationErrors` is shown as "Validation errors", since the name of an operation has no spaces;
 * - default values in the documentation pane, which does not know graphql 17's representation of them;
 * - a run right after a change of tabs, which GraphiQL sends with the operation name of the tab before.
 *
 * A change that does not fit the script is left out, and named in `missing`.
 */
export function adaptBundle(script: string): { readonly script: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  let adapted = script;
  const replaceOnce = (what: string, pattern: RegExp, replace: (...groups: string[]) => string) => {
    const matches = [...adapted.matchAll(pattern)];
    const [match] = matches;
    if (match === undefined || matches.length > 1) return void missing.push(what);
    const [found, ...groups] = match;
    adapted = adapted.slice(0, match.index) + replace(...groups) + adapted.slice(match.index + found.length);
  };

  const [, history] = /const (\w+)=\{title:"History",/.exec(script) ?? [];
  replaceOnce('history', history ? /plugins:\[(\w+)\],schemaDescription:/g : /$^/g, (own) => {
    return `plugins:[${history},${own}],schemaDescription:`;
  });
  replaceOnce('names of tabs', /,title:(\w+)\.title,onClick:(\w+),children:\1\.title\}/g, (tab = '', onClick = '') => {
    const words = `${tab}.title.replace(/(?<=[a-z])[A-Z]/g,c=>" "+c.toLowerCase())`;
    return `,title:${tab}.title,onClick:${onClick},children:${words}}`;
  });
  replaceOnce(
    'default values',
    /(const (\w+)=\w=>\w\?\w+\(\w\):"",\w+=\w=>\{const \w=[\w.]+\(12\),\{field:(\w)\}=\w;)(if\(!\("defaultValue"in \3\))/g,
    (start = '', print = '', field = '', rest = '') =>
      `${start}if(${field}.default?.literal)return" = "+${print}(${field}.default.literal);${rest}`,
  );
  replaceOnce(
    'names of operations',
    /return function\((\w+),(\w+)\)\{(?=const \w+=\w+\(\w+\(\1\.query\),\1\.operationName)/g,
    (request = '', options = '') => {
      const isNamed = `RegExp("(query|mutation|subscription)\\\\s+"+${request}.operationName+"\\\\b").test(${request}.query)`;
      return `return function(${request},${options}){if(!${isNamed})${request}={...${request},operationName:void 0};`;
    },
  );
  return { script: adapted, missing };
}
