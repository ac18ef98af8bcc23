/* The look of the editor, in the colours of the page. */
// @ts-check

/** @import { CodeMirror } from './code_mirror.js' */

/** The rules of CodeMirror's theme. */
export const LOOK = {
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '13px', height: '100%' },
  '&.cm-focused': { outline: 'none' }, // the frame around it has one
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)', padding: '8px 0' },
  '.cm-gutters': { color: 'var(--muted)', backgroundColor: 'var(--sunken)', border: 'none' },
  '.cm-placeholder': { color: 'var(--muted)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)' },
  '.cm-tooltip': {
    color: 'var(--text)',
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line-strong)',
    borderRadius: '7px',
    maxWidth: 'min(560px, 92vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxWidth: 'min(560px, 92vw)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    color: 'var(--text)',
    backgroundColor: 'var(--chosen)',
  },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal' },
  '.cm-completionMatchedText': { color: 'var(--accent)', textDecoration: 'none', fontWeight: '600' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--c-red)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--c-orange)' },
};

/**
 * The colours of words, as where the page shows a query.
 * @param {CodeMirror} library
 */
export function highlighting({ HighlightStyle, syntaxHighlighting, tags }) {
  return syntaxHighlighting(
    HighlightStyle.define([
      { tag: tags.comment, color: 'var(--muted)' },
      { tag: tags.string, color: 'var(--c-green)' },
      { tag: tags.number, color: 'var(--c-purple)' },
      { tag: tags.keyword, color: 'var(--c-blue)', fontWeight: '600' },
      { tag: tags.function(tags.variableName), color: 'var(--c-turquoise)' },
    ]),
  );
}
