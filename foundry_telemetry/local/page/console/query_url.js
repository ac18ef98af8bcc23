/* The address of a query: its text and time, compressed, behind the # where no server sees it. */
// @ts-check

const NAME = 'query';
const TIME = 'time';
const MOST_CHARACTERS = 100_000;

/** @typedef {{kql: string, time: string}} Shared  `time` as in the page's addresses; '' for "as in the query". */

/**
 * Bytes through a stream of the browser's; ends early where they become too many.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {CompressionStream | DecompressionStream} stream
 */
async function through(bytes, stream) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  /** @type {number[]} */
  const all = [];
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    for (const byte of piece.value) all.push(byte);
    if (all.length > 4 * MOST_CHARACTERS) throw new RangeError('too long');
  }
  return new Uint8Array(all);
}

/** @param {string} text */
async function packed(text) {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @param {string} text */
async function unpacked(text) {
  const letters = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  return new TextDecoder().decode(await through(bytes, new DecompressionStream('deflate-raw')));
}

/**
 * The address of the console with a query in it, on this server.
 * @param {Shared} shared
 */
export async function queryUrl({ kql, time }) {
  const words = new URLSearchParams({ [NAME]: await packed(kql), ...(time ? { [TIME]: time } : {}) });
  return `/console#${words.toString()}`;
}

/**
 * The query in an address; null where there is none that can be read.
 * @param {string} hash
 * @returns {Promise<Shared | null>}
 */
export async function readUrl(hash) {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  try {
    const kql = await unpacked(words.get(NAME) ?? '');
    return kql ? { kql, time: words.get(TIME) ?? '' } : null;
  } catch {
    return null;
  }
}
