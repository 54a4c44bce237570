// The first script of every page of the gateway, before anything else can read or send the address of the page. The API
// key of a tab is kept in its session storage: it survives a reload, is passed on to what is opened from the tab, and goes
// with the tab.

globalThis.gatewayKey = (() => {
  const name = 'experiment-gateway.key';

  /** Takes the key from an address that ends in `#key=<key>`, and removes it from there. */
  function takeFromAddress() {
    const [, given] = /^#key=(.*)$/.exec(location.hash) ?? [];
    if (given === undefined) return;
    history.replaceState(null, '', location.pathname + location.search);
    try {
      if (given) sessionStorage.setItem(name, decodeURIComponent(given));
    } catch {
      // Not an encoded key.
    }
  }

  takeFromAddress();
  // Following such a link within the page loads nothing.
  addEventListener('hashchange', takeFromAddress);

  return {
    /** The key of this tab, or null. */
    get: () => sessionStorage.getItem(name),
    /** @param {string} key */
    set: (key) => sessionStorage.setItem(name, key),
    forget: () => sessionStorage.removeItem(name),
  };
})();
