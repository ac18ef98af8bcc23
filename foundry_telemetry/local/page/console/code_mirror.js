/* CodeMirror, fetched with the console, and the part of it that the editor uses. */
// @ts-check

/**
 * @typedef {object} Extension  Opaque.
 * @typedef {{from: number, to: number, number: number, text: string}} Line
 * @typedef {object} Doc
 * @property {number} length
 * @property {number} lines
 * @property {(n: number) => Line} line
 * @property {(at: number) => Line} lineAt
 * @property {() => string} toString
 *
 * @typedef {{from: number, to: number, severity: string, message: string}} Mark
 * @typedef {object} Transaction  Opaque.
 * @typedef {(view: View, from: number, to: number, text: string, insert: () => Transaction) => boolean} InputHandler
 * @typedef {object} InputHandlers  Opaque.
 *
 * @typedef {object} State
 * @property {Doc} doc
 * @property {{main: {from: number, to: number, empty: boolean}}} selection
 * @property {(text: string) => object} replaceSelection
 * @property {(...changes: object[]) => Transaction} update
 * @property {(handlers: InputHandlers) => InputHandler[]} facet
 *
 * @typedef {object} View
 * @property {State} state
 * @property {boolean} composing
 * @property {(...changes: object[]) => void} dispatch
 * @property {() => void} focus
 *
 * @typedef {object} Context  Where something is to be completed.
 * @property {State} state
 * @property {number} pos
 * @property {boolean} explicit  Whether the reader asked for it.
 * @property {(text: RegExp) => object | null} matchBefore
 *
 * @typedef {object} Option
 * @property {string} label
 * @property {string} [detail]
 * @property {string} type
 * @property {number} boost
 * @property {(view: View, option: Option, from: number, to: number) => void} apply
 * @typedef {{from: number, to: number, options: Option[], validFor: RegExp}} Options
 *
 * @typedef {{pos: number, string: string, next: () => void}} TextStream
 * @typedef {{key: string, run: () => boolean}} Binding
 * @typedef {object} Tag
 *
 * @typedef {object} EditorViewParts
 * @property {Extension} lineWrapping
 * @property {InputHandlers} inputHandler
 * @property {(handlers: {beforeinput: (event: InputEvent, view: View) => boolean}) => Extension} domEventHandlers
 * @property {{of: (attributes: Record<string, string>) => Extension}} contentAttributes
 * @property {{of: (listener: (update: {docChanged: boolean}) => void) => Extension}} updateListener
 * @property {(rules: Record<string, Record<string, string>>) => Extension} theme
 * @typedef {{EditorView: EditorViewParts & (new (settings: object) => View)}} EditorViewClass
 *
 * @typedef {object} OtherParts
 * @property {(settings: object) => Extension} autocompletion
 * @property {() => Extension} closeBrackets
 * @property {Binding[]} closeBracketsKeymap
 * @property {(view: View) => boolean} closeCompletion
 * @property {Binding[]} completionKeymap
 * @property {Binding[]} defaultKeymap
 * @property {() => Extension} history
 * @property {Binding[]} historyKeymap
 * @property {{define: (rules: {tag: Tag, [property: string]: string | Tag}[]) => object}} HighlightStyle
 * @property {{define: (language: {token: (stream: TextStream) => string | null}) => Extension}} StreamLanguage
 * @property {() => Extension} bracketMatching
 * @property {(style: object) => Extension} syntaxHighlighting
 * @property {(state: State, marks: Mark[]) => object} setDiagnostics
 * @property {{of: (bindings: Binding[]) => Extension}} keymap
 * @property {() => Extension} lineNumbers
 * @property {(words: string) => Extension} placeholder
 * @property {Record<string, Tag> & {function: (tag: Tag) => Tag}} tags
 *
 * @typedef {EditorViewClass & OtherParts} CodeMirror
 */

/** @type {string} */
const SCRIPT = '/page/vendor/codemirror.min.js';

/** The library, once it is loaded. */
export async function codeMirror() {
  /** @type {unknown} */
  const library = await import(SCRIPT);
  return /** @type {CodeMirror} */ (library);
}
