const favicon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path d='M6 2h4M7 2v4L3 13.5h10L9 6V2' fill='none' stroke='%23d60690' stroke-width='1.5' stroke-linejoin='round'/></svg>";

/**
 * GraphiQL's animation leaves a stale offset on its tabs. Without this rule a tab jumps away from the pointer at the
 * first press, and the click is lost.
 */
const tabStyle = '.graphiql-tab { transform: none !important }';

/** The bar above GraphiQL and the line below its answers, in light or dark like GraphiQL itself. */
const barStyle = `
html { color-scheme: light dark }
html:has(.graphiql-light) { color-scheme: light }
html:has(.graphiql-dark) { color-scheme: dark }
body { display: flex; flex-direction: column; height: 100vh; margin: 0 }
#root { flex: 1; min-height: 0 }
#root .graphiql-container { height: 100% }
#bar { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 16px; padding: 6px 16px;
  font: 14px/1.5 Roboto, sans-serif; background: Canvas; color: CanvasText; border-bottom: 1px solid GrayText }
#bar form, #bar div { display: flex; align-items: center; gap: 8px; margin: 0 }
#bar [hidden] { display: none }
#bar input { font: inherit; width: 28ch }
#bar button { font: inherit; cursor: pointer }
#bar a { margin-left: auto; color: inherit }
footer { padding: 0 24px 4px; min-height: 18px; text-align: right; font: 12px/18px Roboto, sans-serif;
  background: Canvas; color: CanvasText }
`;

/** The page itself. It is small because browsers drop it from their cache at every POST to its address. */
export function renderGraphiQLPage(addresses: { key: string; stylesheet: string; scripts: string[] }): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <script src="${addresses.key}"></script>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Experiment gateway</title>
    <link rel="icon" href="${favicon}">
    <link rel="stylesheet" href="${addresses.stylesheet}">
    <style>${tabStyle}${barStyle}</style>
    ${addresses.scripts.map((address) => `<script defer src="${address}"></script>`).join('\n    ')}
  </head>
  <body class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <header id="bar">
      <form id="sign-in" hidden>
        <label for="key">API key for all tabs</label>
        <input id="key" type="password" autocomplete="off" spellcheck="false" placeholder="sk_…" required>
        <button>Use</button>
      </form>
      <div id="signed-in" hidden>
        <span>All tabs use the API key <code id="key-end"></code></span>
        <button id="forget" type="button">Forget it</button>
      </div>
      <a href="/">Experiments</a>
    </header>
    <div id="root">Loading GraphiQL…</div>
    <footer><output id="answered" aria-label="Last answer"></output></footer>
  </body>
</html>
`;
}
