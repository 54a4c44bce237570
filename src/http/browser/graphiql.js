// Starts GraphiQL, after its own scripts and key.js. The gateway prepends `graphiqlSettings`.

(() => {
  const { endpoint, tabs, worker, introspection } = graphiqlSettings;
  self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_moduleId, label) => `${worker}#${label}` };

  /**
   * @template {HTMLElement} Kind
   * @param {string} id
   * @param {new () => Kind} kind
   */
  function find(id, kind) {
    const element = document.getElementById(id);
    if (!(element instanceof kind)) throw new Error(`The page has no ${id}.`);
    return element;
  }

  const signIn = find('sign-in', HTMLFormElement);
  const input = find('key', HTMLInputElement);
  const signedIn = find('signed-in', HTMLElement);
  const answered = find('answered', HTMLElement);

  function showKey() {
    const key = gatewayKey.get();
    signIn.hidden = key !== null;
    signedIn.hidden = key === null;
    find('key-end', HTMLElement).textContent = `…${(key ?? '').slice(-4)}`;
  }
  signIn.addEventListener('submit', (event) => {
    event.preventDefault();
    const key = input.value.trim().replace(/^Bearer\s+/i, '');
    if (key === '') return;
    gatewayKey.set(key);
    input.value = '';
    showKey();
  });
  find('forget', HTMLButtonElement).addEventListener('click', () => {
    gatewayKey.forget();
    showKey();
    input.focus();
  });
  addEventListener('hashchange', showKey);
  showKey();

  // GraphiQL sends every operation with `fetch`. A tab's own Authorization header wins.
  const send = globalThis.fetch;
  let hasSchema = false;
  globalThis.fetch = async (resource, init) => {
    // Loading the page reads the schema from an asset, which is compressed and cached. Later introspections, as by the
    // button that fetches the schema again, are ordinary requests.
    if (!hasSchema && typeof init?.body === 'string' && init.body.includes('IntrospectionQuery')) {
      hasSchema = true;
      return send(introspection);
    }
    const headers = new Headers(init?.headers);
    const key = gatewayKey.get();
    if (key !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${key}`);
    const start = performance.now();
    const response = await send(resource, { ...init, headers });
    const ms = Math.round(performance.now() - start);
    answered.textContent = `HTTP ${response.status} · ${ms} ms · request ${response.headers.get('x-request-id')}`;
    return response;
  };

  // GraphiQL fills the editors of the open tab from these two, not from defaultTabs. Without them the first visit shows no
  // variables, and the next load adds an empty tab.
  if (localStorage.getItem('graphiql:tabState') === null) {
    localStorage.setItem('graphiql:query', tabs[0]?.query ?? '');
    localStorage.setItem('graphiql:variables', tabs[0]?.variables ?? '');
  }
  // Credentials in a Headers pane stay out of the browser's storage until the user ticks the box.
  if (localStorage.getItem('graphiql:shouldPersistHeaders') === null)
    localStorage.setItem('graphiql:shouldPersistHeaders', 'false');

  function render() {
    YogaGraphiQL.renderYogaGraphiQL(find('root', HTMLElement), {
      endpoint,
      title: 'Experiment gateway',
      defaultTabs: tabs,
      defaultEditorToolsVisibility: 'variables',
      shouldPersistHeaders: true, // only shows the setting; its initial value is set above
      // Yoga's build would copy each edit into ?query=, which makes a reload a GraphQL request instead of this page.
      onEditQuery: () => undefined,
    });
  }
  // The editor measures its font at the start, so the font has to be there.
  document.fonts.load('1em "Fira Code"').then(render, render);
})();
