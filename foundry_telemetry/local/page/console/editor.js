/* The editor: CodeMirror with the words of KQL, what may stand at the cursor, and what is wrong.

   It stands in a shadow root: there CodeMirror uses style sheets that are objects, which the page's content
   security policy allows, and not elements, which it does not. */
// @ts-check

import { debounce } from '../dom.js';
import { wordAt } from '../kql_text.js';
import { codeMirror } from './code_mirror.js';
import { reachable, tabTakes } from './completion_list.js';
import { LOOK, highlighting } from './editor_look.js';
import { CONSOLE } from './texts.js';
import { typingOverSelections } from './typing.js';

/**
 * @import { CodeMirror, Context, Extension, Mark, Option, Options, View } from './code_mirror.js'
 * @import { LanguageService } from './language.js'
 * @import { Completion } from './language_worker.js'
 *
 * @typedef {Mark & {line: number, column: number}} PlacedMark
 * @typedef {{run: () => void, changed: () => void, checked: (marks: PlacedMark[]) => void}} EditorListeners
 */

const CHECK_MS = 350;
const WORD = /^\w*$/;
/** Where something is offered before the first letter of it. */
const BEFORE = /(?:\w|\|\s?|\bby |\.)$/;
/** @type {Record<string, string | undefined>} */
const KINDS = {
  Column: 'property',
  Table: 'class',
  Keyword: 'keyword',
  QueryPrefix: 'keyword',
  Variable: 'variable',
  Parameter: 'variable',
  Punctuation: 'text',
};
const LEAST_BOOST = -99;

export class Editor {
  /** @type {LanguageService | null} */
  #service = null;
  #asked = 0;
  #check = debounce(CHECK_MS, () => void this.#checkNow());

  /**
   * Makes the editor in an element.
   * @param {HTMLElement} host
   * @param {EditorListeners} on
   */
  static async open(host, on) {
    return new Editor(await codeMirror(), host, on);
  }

  /**
   * @param {CodeMirror} library
   * @param {HTMLElement} host
   * @param {EditorListeners} on
   */
  constructor(library, host, on) {
    this.library = library;
    this.on = on;
    const root = host.attachShadow({ mode: 'open' });
    /** @type {View} */
    this.view = new library.EditorView({ parent: root, root, extensions: this.#extensions() });
    reachable(root);
  }

  get text() {
    return this.view.state.doc.toString();
  }

  set text(text) {
    const { doc } = this.view.state;
    const change = { from: 0, to: doc.length, insert: text.replace(/\r\n?/g, '\n') };
    const anchor = change.insert.length;
    this.view.dispatch({ changes: change, selection: { anchor }, scrollIntoView: true });
  }

  /** @param {LanguageService} service */
  use(service) {
    this.#service = service;
    this.#check();
  }

  /**
   * Marks a place that the server names, to the end of its line.
   * @param {number} line  From 1, as the position.
   * @param {number} position
   * @param {string} message
   */
  mark(line, position, message) {
    const { doc } = this.view.state;
    if (line < 1 || line > doc.lines) return;
    const { from, to } = doc.line(line);
    const start = Math.min(from + Math.max(0, position - 1), Math.max(from, to - 1));
    this.#underline([{ from: start, to, severity: 'error', message }]);
  }

  /**
   * Puts the cursor at a place.
   * @param {number} at
   */
  goTo(at) {
    const anchor = Math.min(at, this.view.state.doc.length);
    this.view.dispatch({ selection: { anchor }, scrollIntoView: true });
    this.view.focus();
  }

  #extensions() {
    const { EditorView, keymap, ...parts } = this.library;
    const run = () => {
      parts.closeCompletion(this.view);
      this.on.run();
      return true;
    };
    const keys = [
      { key: 'Mod-Enter', run },
      { key: 'Shift-Enter', run },
      ...parts.closeBracketsKeymap,
      ...parts.completionKeymap,
      ...tabTakes(this.library),
      ...parts.historyKeymap,
      ...parts.defaultKeymap,
    ];
    /** @type {Extension[]} */
    return [
      keymap.of(keys),
      parts.history(),
      parts.lineNumbers(),
      parts.bracketMatching(),
      parts.closeBrackets(),
      parts.placeholder(CONSOLE.placeholder),
      parts.StreamLanguage.define({ token: wordAt }),
      highlighting(this.library),
      parts.autocompletion({ override: [(/** @type {Context} */ at) => this.#complete(at)] }),
      EditorView.lineWrapping,
      typingOverSelections(this.library),
      EditorView.contentAttributes.of({ 'aria-label': CONSOLE.editor, spellcheck: 'false' }),
      EditorView.updateListener.of(({ docChanged }) => docChanged && this.#changed()),
      EditorView.theme(LOOK),
    ];
  }

  #changed() {
    this.on.changed();
    this.#check();
  }

  async #checkNow() {
    this.#asked += 1;
    const [mine, text] = [this.#asked, this.text];
    const problems = this.#service && text.trim() ? await this.#service.check(text).catch(() => []) : [];
    if (mine === this.#asked && text === this.text) this.#show(problems);
  }

  /** @param {Mark[]} marks */
  #underline(marks) {
    this.view.dispatch(this.library.setDiagnostics(this.view.state, marks));
  }

  /** @param {Mark[]} marks */
  #show(marks) {
    const { state } = this.view;
    this.#underline(marks);
    this.on.checked(
      marks.map((mark) => {
        const line = state.doc.lineAt(Math.min(mark.from, state.doc.length));
        return { ...mark, line: line.number, column: mark.from - line.from + 1 };
      }),
    );
  }

  /**
   * @param {Context} context
   * @returns {Promise<Options | null>}
   */
  async #complete(context) {
    if (!this.#service || !(context.explicit || context.matchBefore(BEFORE))) return null;
    const found = await this.#service.complete(context.state.doc.toString(), context.pos).catch(() => null);
    if (!found?.items.length) return null;
    return { from: found.from, to: context.pos, options: found.items.map(option), validFor: WORD };
  }
}

/**
 * @param {Completion} completion
 * @param {number} i
 * @returns {Option}
 */
function option({ label, detail, kind, before, after }, i) {
  return {
    label,
    detail: detail === label ? undefined : detail,
    type: KINDS[kind] ?? (kind.endsWith('Function') ? 'function' : 'keyword'),
    boost: Math.max(LEAST_BOOST, -i),
    apply: (view, _, from, to) => {
      const changes = { from, to, insert: before + after };
      view.dispatch({ changes, selection: { anchor: from + before.length } });
    },
  };
}
