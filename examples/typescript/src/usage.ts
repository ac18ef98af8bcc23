/** The token counters of an answer. What is not reported is unknown, never zero. */

import type { Observation } from "./generated/fields.js";
import type { Json } from "./sanitize.js";
import { asObject, cleanCount, cleanWord } from "./sanitize.js";

export type Usage = NonNullable<Observation["usage"]>;

/**
 * Read a `usage` object; undefined where it reports no tokens.
 *
 * @param usage As decoded.
 * @param isFinal Whether it holds the last counters: the output of `message_start` is a placeholder.
 */
export function readUsage(usage: Json, isFinal: boolean): Usage | undefined {
  const input = cleanCount(usage.input_tokens);
  const outputTokens = isFinal ? cleanCount(usage.output_tokens) : undefined;
  if (input === undefined && outputTokens === undefined) return undefined;
  const read = cleanCount(usage.cache_read_input_tokens);
  const write = cleanCount(usage.cache_creation_input_tokens);
  const writes = asObject(usage.cache_creation);
  const tools = asObject(usage.server_tool_use);
  const details = asObject(isFinal ? usage.output_tokens_details : undefined);
  const uncached = input === undefined ? undefined : input + (write ?? 0);
  return {
    totalInputTokens: uncached === undefined ? undefined : uncached + (read ?? 0),
    uncachedInputTokens: uncached,
    outputTokens,
    cacheReadInputTokens: read,
    cacheCreationInputTokens: write,
    cacheCreation5m: cleanCount(writes.ephemeral_5m_input_tokens),
    cacheCreation1h: cleanCount(writes.ephemeral_1h_input_tokens),
    thinkingTokens: cleanCount(details.thinking_tokens),
    webSearchRequests: cleanCount(tools.web_search_requests),
    webFetchRequests: cleanCount(tools.web_fetch_requests),
    inferenceGeo: cleanWord(usage.inference_geo),
    complete: outputTokens !== undefined,
  };
}
