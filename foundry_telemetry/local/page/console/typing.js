/* Typing over a selection. The browser would do it with an inline style, to keep the look of what was there; the
   page's content security policy forbids that, and reports it. */
// @ts-check

/** @import { CodeMirror, Extension, Transaction, View } from './code_mirror.js' */

/**
 * Has the editor do what the browser would.
 * @param {CodeMirror} library
 * @returns {Extension}
 */
export function typingOverSelections({ EditorView }) {
  /**
   * @param {InputEvent} event
   * @param {View} view
   */
  const beforeinput = ({ inputType, data }, view) => {
    const { state } = view;
    const { from, to, empty } = state.selection.main;
    if (inputType !== 'insertText' || !data || empty || view.composing) return false;
    /** @type {() => Transaction} */
    const insert = () =>
      state.update(state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true });
    const handlers = state.facet(EditorView.inputHandler);
    const isHandled = handlers.some((handle) => handle(view, from, to, data, insert));
    if (!isHandled) view.dispatch(insert());
    return true;
  };
  return EditorView.domEventHandlers({ beforeinput });
}
