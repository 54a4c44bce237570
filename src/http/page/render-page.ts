/** What the shell of the page depends on. */
export interface PageParts {
  /** The address of the folder of the assets, with a slash at the end. */
  readonly folder: string;
  /** The names of the files of the page. */
  readonly names: readonly string[];
  /** Whether GraphiQL is served too. */
  readonly hasGraphiQL: boolean;
  /** How long what is deleted can be restored; 0 when there is no trash. */
  readonly trashDays: number;
}

/** The shell of the page: everything that is the same for every caller and every experiment. */
export function renderPage({ folder, names, hasGraphiQL, trashDays }: PageParts): string {
  const link = (relation: string, extension: string) =>
    names
      .filter((name) => name.endsWith(extension))
      .map((name) => `<link rel="${relation}" href="${folder}page/${name}">`);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <script src="${folder}key.js"></script>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Experiment gateway</title>
    <link rel="icon" href="${folder}page/icon.svg">
    ${[...link('stylesheet', '.css'), ...link('modulepreload', '.js')].join('\n    ')}
    <script type="module" src="${folder}page/main.js"></script>
  </head>
  <body data-state="loading" data-trash-days="${trashDays}">
    <header class="bar">
      <h1><img src="${folder}page/icon.svg" alt="" width="20" height="20">Experiment gateway</h1>
      <span id="organization"></span>
      <span id="live" role="status"></span>
      <nav aria-label="Tools">
        ${hasGraphiQL ? '<a href="/graphql">GraphiQL</a>' : ''}
        <a href="/api/v2/openapi.json">REST API</a>
      </nav>
      <div id="account" hidden>
        <span>Key <code id="key-end"></code></span>
        <button id="forget" type="button" class="quiet">Forget key</button>
      </div>
    </header>
    <noscript><p class="banner">This page needs JavaScript.</p></noscript>
    <main id="sign-in" hidden>
      <form>
        <h2>Sign in</h2>
        <p>Enter an API key of this gateway. It is kept for this browser tab only.</p>
        <label for="key">API key</label>
        <input id="key" type="password" autocomplete="off" spellcheck="false" placeholder="sk_…" aria-describedby="key-fault">
        <p id="key-fault" class="fault" role="alert"></p>
        <button class="primary">Sign in</button>
        <p class="hint">To create a key: <code>npm run -s gateway -- keys create</code></p>
      </form>
    </main>
    <div id="workspace" hidden>
      <section id="list" aria-label="List"></section>
      <main id="detail" tabindex="-1"></main>
    </div>
    <p id="notice" role="status"></p>
  </body>
</html>
`;
}
