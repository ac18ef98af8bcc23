/** Makes one call, over OTLP, for the picture of the documentation: `python -m tests.roads.pictures`. */

import { text } from "node:stream/consumers";

import AnthropicFoundry from "@anthropic-ai/foundry-sdk";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";

import { countLosses, instrumentFetch } from "../src/index.js";

/** What is written to the standard input. */
interface Task {
  /** Where Foundry is played. */
  readonly foundry: string;
  readonly otlp: { readonly url: string; readonly headers: Record<string, string> };
  readonly attributes: Record<string, string>;
}

const task = JSON.parse(await text(process.stdin)) as Task;
const provider = new LoggerProvider({
  resource: resourceFromAttributes(task.attributes),
  processors: [
    countLosses(new OTLPLogExporter(task.otlp), (counted) => new BatchLogRecordProcessor(counted)),
  ],
});
const client = new AnthropicFoundry({
  baseURL: "https://res.services.ai.azure.com/anthropic",
  apiKey: "made-up",
  fetch: instrumentFetch(
    (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      return fetch(task.foundry + pathname, init);
    },
    { loggerProvider: provider },
  ),
});
await client.messages.create({
  model: "support-chat-prod",
  max_tokens: 64,
  messages: [{ role: "user", content: "Hi" }],
});
await provider.shutdown();
