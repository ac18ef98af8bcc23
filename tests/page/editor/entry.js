/* The parts of CodeMirror 6 that the console's editor uses. */
export { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from '@codemirror/autocomplete';
export { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
export { HighlightStyle, StreamLanguage, bracketMatching, syntaxHighlighting } from '@codemirror/language';
export { setDiagnostics } from '@codemirror/lint';
export { EditorState } from '@codemirror/state';
export { EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
export { tags } from '@lezer/highlight';
