/* The address: what the reader chose stands behind the #, so that a link leads to the same view and Back goes back. */

const TYPED_MS = 1500;

function entriesOf(hash) {
  return [...new URLSearchParams(hash.replace(/^#/, ''))];
}

/** Keeps the address and the parameters in step. */
export function followAddress(scope) {
  let due = false;
  let last = { name: '', at: 0 };
  const write = (parameter) => {
    due = false;
    const hash = `#${new URLSearchParams(scope.entries())}`;
    if (hash === (location.hash || '#')) return;
    const isTyping = parameter.type === 1 && parameter.isControl && last.name === parameter.name && Date.now() - last.at < TYPED_MS;
    last = { name: parameter.name, at: Date.now() };
    history[isTyping ? 'replaceState' : 'pushState'](null, '', hash === '#' ? location.pathname : hash);
  };
  scope.restore(entriesOf(location.hash));
  scope.listen(({ parameter, by }) => {
    if (by !== 'reader' || due) return;
    due = true;
    queueMicrotask(() => write(parameter));
  });
  globalThis.addEventListener('popstate', () => scope.restore(entriesOf(location.hash)));
}
