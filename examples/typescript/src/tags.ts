/** Attribution: for whom a call is made, as `foundry.tag.<key>` on its event. */

import type { Context } from "@opentelemetry/api";
import { context, createContextKey } from "@opentelemetry/api";

import { MAX_TAG_VALUE, PERSONAL_TAGS, TAG_KEY } from "./generated/fields.js";

export type Tags = Readonly<Record<string, string>>;

const KEY = createContextKey("foundry_telemetry.tags");
const NO_TAGS: Tags = Object.freeze({});
/** Control characters, marks of direction, separators; an ordinary space may stay. */
const UNPRINTABLE = /(?! )[\p{C}\p{Z}]/gu;

/**
 * Run `work` with tags, inside those that are in force. It needs a context manager, as every SDK of
 * OpenTelemetry for Node registers one.
 *
 * @throws TypeError for a key of another form, or one that names a person: its value would be recorded as it is.
 */
export function attribute<T>(tags: Tags, work: () => T): T {
  const all = { ...tagsOf(context.active()) };
  for (const [key, value] of Object.entries(tags)) all[checked(key)] = clean(value);
  return context.with(context.active().setValue(KEY, Object.freeze(all)), work);
}

/** The tags in force. */
export function tagsOf(around: Context): Tags {
  return (around.getValue(KEY) as Tags | undefined) ?? NO_TAGS;
}

function checked(key: string): string {
  if (!TAG_KEY.test(key)) throw new TypeError(`attribute(): key "${key}"; expected ${TAG_KEY.source}`);
  if (PERSONAL_TAGS.has(key))
    throw new TypeError(`attribute(): ${key} names a person; give a hash another key`);
  return key;
}

function clean(value: string): string {
  return Array.from(value.replace(UNPRINTABLE, "").trim()).slice(0, MAX_TAG_VALUE).join("");
}
