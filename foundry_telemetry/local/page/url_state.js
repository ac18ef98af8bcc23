/* The address: what the reader chose stands behind the #, so that a link leads to the same view and Back
   goes back. */

/**
 * Changes of a text that follow each other so closely are one step back, as is what a step gives up by
 * itself.
 */
const TYPED_MS = 1500;

function entriesOf(hash) {
  return [...new URLSearchParams(hash.replace(/^#/, ''))];
}

/** Keeps the address and the parameters in step. */
export function followAddress(scope) {
  let due = false;
  let last = { name: '', at: 0 };
  const write = (parameter, by) => {
    due = false;
    const hash = `#${new URLSearchParams(scope.entries())}`;
    if (hash === (location.hash || '#')) return;
    const isSmall =
      by === 'step' ||
      (parameter.type === 1 &&
        parameter.isControl &&
        last.name === parameter.name &&
        Date.now() - last.at < TYPED_MS);
    last = { name: parameter.name, at: Date.now() };
    history[isSmall ? 'replaceState' : 'pushState'](null, '', hash === '#' ? location.pathname : hash);
  };
  scope.restore(entriesOf(location.hash));
  scope.listen(({ parameter, by }) => {
    if (!['reader', 'step'].includes(by) || due) return;
    due = true;
    queueMicrotask(() => write(parameter, by));
  });
  globalThis.addEventListener('popstate', () => scope.restore(entriesOf(location.hash)));
}
