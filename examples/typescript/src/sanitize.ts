/** One gate for every value of the wire: allow-listed characters, bounded length, or nothing. */

import {
  GUID,
  ID,
  LABEL,
  MAX_COUNT,
  MAX_ID,
  MAX_ODD,
  MAX_ODD_NAME,
  NAME,
  ODD,
  REVEALING,
  WORD,
} from "./generated/wire.js";

/** A decoded JSON object. */
export type Json = Readonly<Record<string, unknown>>;

const NOTHING: Json = Object.freeze({});

/** `value` if it is a JSON object, else an empty one. */
export function asObject(value: unknown): Json {
  return isObject(value) ? value : NOTHING;
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first value that is more than nothing: no zero, no false, nothing empty. */
export const firstOf = (...values: readonly unknown[]): unknown =>
  values.find((each) => (typeof each === "object" && each !== null ? Object.keys(each).length > 0 : each));

/** A JSON object, or undefined for what is none; a byte order mark before it is no part of it. */
export function readJson(text: string): Json | undefined {
  try {
    const decoded: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return isObject(decoded) ? decoded : undefined;
  } catch {
    return undefined;
  }
}

const fitting =
  (pattern: RegExp) =>
  (value: unknown): string | undefined =>
    typeof value === "string" && pattern.test(value) ? value : undefined;

/** A model, a deployment or the id of a message. */
export const cleanName = fitting(NAME);
/** A lower-case word of the API's vocabulary, such as a stop reason. */
export const cleanWord = fitting(WORD);
/** A display name such as `East US 2`. */
export const cleanLabel = fitting(LABEL);
export const cleanGuid = fitting(GUID);

/** A correlation id of a header, or `invalid:<bytes>` for one with other characters or too many of them. */
export function cleanId(value: string | null): string | undefined {
  if (value === null || value === "") return undefined;
  return ID.test(value) ? value : `invalid:${value.length}`;
}

/** The same of a body, whose characters may have several bytes. */
export function cleanBodyId(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return cleanId(Buffer.from(value.replace(/\p{Surrogate}/gu, "?")).toString("latin1"));
}

/** A count: a whole number, at least 0, that stays exact in sums. */
export function cleanCount(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < MAX_COUNT
    ? (value as number)
    : undefined;
}

/**
 * The name by which a request asks for its deployment. Odd characters are escaped as in a URL; what may be an
 * address, a credential or a sentence is `invalid:<length>`.
 */
export function cleanDeployment(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  if (NAME.test(value)) return value;
  const characters = Array.from(value);
  const odd = characters.filter((each) => ODD.test(each)).length;
  const isName = characters.length <= Math.min(MAX_ID, MAX_ODD_NAME) && odd <= MAX_ODD;
  return isName && !REVEALING.test(value) ? characters.map(escaped).join("") : `invalid:${characters.length}`;
}

function escaped(character: string): string {
  if (!character.isWellFormed()) return escapedHalf(character.charCodeAt(0));
  return encodeURIComponent(character)
    .replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%(?:3A|40|2F|2B)/g, decodeURIComponent);
}

/** Half of a surrogate pair, as JSON may escape one: its bytes, as of any other character. */
function escapedHalf(code: number): string {
  const bytes = [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase()}`).join("");
}
