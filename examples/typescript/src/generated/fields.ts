/* Made from foundry_telemetry/schema by `python -m tests.typescript.generator`; do not edit it. */

/** The facts of one finished attempt; what is unknown is undefined, never zero. */
export interface Observation {
  /** Ours: 16 hex digits, the span id of the call; the attempts of one call share it. */
  readonly callId: string | undefined;
  /** Ours: counts the attempts of a call from 1. */
  readonly attemptNumber: number | undefined;
  /** Ours: who called, as `name/version`, from the `user-agent` request header. */
  readonly client: string | undefined;
  /** GenAI: `chat` for messages; `count_tokens` is ours. */
  readonly operation: "chat" | "count_tokens" | undefined;
  /** GenAI: on Foundry this is the name of the deployment. */
  readonly deployment: string | undefined;
  /** GenAI: `True` when the request asked for a stream. */
  readonly stream: boolean | undefined;
  /** GenAI: `max_tokens` of the request. */
  readonly maxTokens: number | undefined;
  /** HTTP: the method. */
  readonly method: string | undefined;
  /** HTTP: the path, such as `/anthropic/v1/messages`. */
  readonly path: string | undefined;
  /** HTTP: the host of the request. */
  readonly serverAddress: string | undefined;
  /** Ours: the first label of a Foundry host. */
  readonly resource: string | undefined;
  /** Ours: the `anthropic-version` request header. */
  readonly anthropicVersion: string | undefined;
  /** Ours: `api_key`, `entra_id`, `gateway_key` or `none`, from which header was present. */
  readonly authScheme: "api_key" | "entra_id" | "gateway_key" | "none" | undefined;
  /** HTTP: the status of the answer. */
  readonly statusCode: number | undefined;
  /** GenAI: `model` of the answer. */
  readonly responseModel: string | undefined;
  /** GenAI: `id` of the answer, `msg_...`. */
  readonly responseId: string | undefined;
  /** SDK: `stop_reason` as sent. */
  readonly stopReason: string | undefined;
  /** Ours: the `x-ms-region` response header. */
  readonly region: string | undefined;
  readonly ids:
    | {
      /** Azure: the `apim-request-id` response header. */
      readonly apimRequestId: string | undefined;
      /** Ours: the `x-request-id` response header, which gateways set. */
      readonly xRequestId: string | undefined;
      }
    | undefined;
  /** SDK: the `request-id` response header, else the id in the body. */
  readonly anthropicRequestId: string | undefined;
  /** Ours: how the attempt ended. */
  readonly outcome: "ok" | "error" | "stream_error" | "truncated" | "abandoned" | "cancelled" | "no_response" | "not_sent" | undefined;
  readonly failure:
    | {
      /** HTTP: here the failure class of `foundry_telemetry.wire.causes`. */
      readonly type: string | undefined;
      /** Ours: the code in the error body, the `AADSTS` code, or the name of the socket error. */
      readonly code: string | undefined;
      /** Ours: who answered. */
      readonly origin: "foundry" | "anthropic" | "customer_gateway" | "proxy" | "entra" | "client" | "unknown" | undefined;
      /** Ours: who has to act. */
      readonly owner: "caller_credential" | "caller_authorization" | "caller_request" | "quota" | "customer_gateway" | "azure" | "model_service" | "network" | "client" | undefined;
      /** Ours: whether another attempt can help. */
      readonly retryable: boolean | undefined;
      readonly token:
        | {
          /** Ours: `exp` of the bearer token minus now, seconds; negative when expired. */
          readonly expiresInS: number | undefined;
          /** Ours: claim `aud`. */
          readonly audience: string | undefined;
          /** Ours: claim `tid`. */
          readonly tenant: string | undefined;
          /** Ours: claim `appid`, else `azp`. */
          readonly application: string | undefined;
          /** Ours: claim `idtyp`. */
          readonly identityType: string | undefined;
          }
        | undefined;
      readonly entra:
        | {
          /** Ours: `AADSTS` code of a token provider that raised. */
          readonly code: string | undefined;
          /** Ours: the trace ID Entra support asks for. */
          readonly traceId: string | undefined;
          /** Ours: the correlation ID Entra support asks for. */
          readonly correlationId: string | undefined;
          }
        | undefined;
      }
    | undefined;
  /** Ours: seconds, from `retry-after-ms`, else `retry-after`. */
  readonly retryAfterS: number | undefined;
  /** Ours: milliseconds from the request to the end of the body. */
  readonly durationS: number | undefined;
  /** Ours: milliseconds to the response headers. */
  readonly timeToHeadersS: number | undefined;
  /** Ours: milliseconds to the first `content_block_delta`. */
  readonly timeToFirstTokenS: number | undefined;
  /** Ours: the client's clock minus the server's `Date`, seconds; positive when the client's clock is ahead. What latency can explain is not counted. Absent below 10 s, above a day, without a `Date`, and beside an `Age`. */
  readonly clockOffsetS: number | undefined;
  /** Ours: the client's timeout for what it waited for, seconds: `pool`, `connect` or `write` if the exception names it, else `read`. Only on attempts without a complete response (`no_response`, `not_sent`, `truncated`, `cancelled`). */
  readonly timeoutS: number | undefined;
  readonly usage:
    | {
      /** GenAI: all input, uncached and cached. */
      readonly totalInputTokens: number | undefined;
      /** GenAI: only when final. */
      readonly outputTokens: number | undefined;
      /** GenAI: part of the input. */
      readonly cacheReadInputTokens: number | undefined;
      /** GenAI: part of the input. */
      readonly cacheCreationInputTokens: number | undefined;
      /** GenAI: part of the output. */
      readonly thinkingTokens: number | undefined;
      /** Ours: input plus cache write, what counts against the limit of the deployment. */
      readonly uncachedInputTokens: number | undefined;
      /** Ours: cache write that lives five minutes. */
      readonly cacheCreation5m: number | undefined;
      /** Ours: cache write that lives an hour. */
      readonly cacheCreation1h: number | undefined;
      /** Ours: `server_tool_use.web_search_requests`. */
      readonly webSearchRequests: number | undefined;
      /** Ours: `server_tool_use.web_fetch_requests`. */
      readonly webFetchRequests: number | undefined;
      /** Ours: `usage.inference_geo`, where the model ran; a price may depend on it. */
      readonly inferenceGeo: string | undefined;
      /** Ours: whether the final counters were seen. */
      readonly complete: boolean | undefined;
      }
    | undefined;
}

/** Which field is read from where; `inMs`: seconds that are written as milliseconds. */
export const FIELDS = [
  { name: "foundry.call.id", path: ["callId"], inMs: false },
  { name: "foundry.attempt.number", path: ["attemptNumber"], inMs: false },
  { name: "foundry.client", path: ["client"], inMs: false },
  { name: "gen_ai.operation.name", path: ["operation"], inMs: false },
  { name: "gen_ai.request.model", path: ["deployment"], inMs: false },
  { name: "gen_ai.request.stream", path: ["stream"], inMs: false },
  { name: "gen_ai.request.max_tokens", path: ["maxTokens"], inMs: false },
  { name: "http.request.method", path: ["method"], inMs: false },
  { name: "url.template", path: ["path"], inMs: false },
  { name: "server.address", path: ["serverAddress"], inMs: false },
  { name: "foundry.resource", path: ["resource"], inMs: false },
  { name: "anthropic.version", path: ["anthropicVersion"], inMs: false },
  { name: "foundry.auth.scheme", path: ["authScheme"], inMs: false },
  { name: "http.response.status_code", path: ["statusCode"], inMs: false },
  { name: "gen_ai.response.model", path: ["responseModel"], inMs: false },
  { name: "gen_ai.response.id", path: ["responseId"], inMs: false },
  { name: "anthropic.message.stop_reason", path: ["stopReason"], inMs: false },
  { name: "foundry.region", path: ["region"], inMs: false },
  { name: "azure.service.request.id", path: ["ids", "apimRequestId"], inMs: false },
  { name: "foundry.x_request_id", path: ["ids", "xRequestId"], inMs: false },
  { name: "anthropic.request.id", path: ["anthropicRequestId"], inMs: false },
  { name: "foundry.outcome", path: ["outcome"], inMs: false },
  { name: "error.type", path: ["failure", "type"], inMs: false },
  { name: "foundry.error.code", path: ["failure", "code"], inMs: false },
  { name: "foundry.error.origin", path: ["failure", "origin"], inMs: false },
  { name: "foundry.error.owner", path: ["failure", "owner"], inMs: false },
  { name: "foundry.retryable", path: ["failure", "retryable"], inMs: false },
  { name: "foundry.retry_after_s", path: ["retryAfterS"], inMs: false },
  { name: "foundry.token.expires_in_s", path: ["failure", "token", "expiresInS"], inMs: false },
  { name: "foundry.token.audience", path: ["failure", "token", "audience"], inMs: false },
  { name: "foundry.token.tenant", path: ["failure", "token", "tenant"], inMs: false },
  { name: "foundry.token.application", path: ["failure", "token", "application"], inMs: false },
  { name: "foundry.token.identity_type", path: ["failure", "token", "identityType"], inMs: false },
  { name: "foundry.entra.code", path: ["failure", "entra", "code"], inMs: false },
  { name: "foundry.entra.trace_id", path: ["failure", "entra", "traceId"], inMs: false },
  { name: "foundry.entra.correlation_id", path: ["failure", "entra", "correlationId"], inMs: false },
  { name: "foundry.duration_ms", path: ["durationS"], inMs: true },
  { name: "foundry.time_to_headers_ms", path: ["timeToHeadersS"], inMs: true },
  { name: "foundry.time_to_first_token_ms", path: ["timeToFirstTokenS"], inMs: true },
  { name: "foundry.clock_offset_s", path: ["clockOffsetS"], inMs: false },
  { name: "foundry.timeout_s", path: ["timeoutS"], inMs: false },
  { name: "gen_ai.usage.input_tokens", path: ["usage", "totalInputTokens"], inMs: false },
  { name: "gen_ai.usage.output_tokens", path: ["usage", "outputTokens"], inMs: false },
  { name: "gen_ai.usage.cache_read.input_tokens", path: ["usage", "cacheReadInputTokens"], inMs: false },
  { name: "gen_ai.usage.cache_write.input_tokens", path: ["usage", "cacheCreationInputTokens"], inMs: false },
  { name: "gen_ai.usage.reasoning.output_tokens", path: ["usage", "thinkingTokens"], inMs: false },
  { name: "foundry.usage.uncached_input_tokens", path: ["usage", "uncachedInputTokens"], inMs: false },
  { name: "foundry.usage.cache_write_5m_tokens", path: ["usage", "cacheCreation5m"], inMs: false },
  { name: "foundry.usage.cache_write_1h_tokens", path: ["usage", "cacheCreation1h"], inMs: false },
  { name: "foundry.usage.web_searches", path: ["usage", "webSearchRequests"], inMs: false },
  { name: "foundry.usage.web_fetches", path: ["usage", "webFetchRequests"], inMs: false },
  { name: "foundry.inference_geo", path: ["usage", "inferenceGeo"], inMs: false },
  { name: "foundry.usage.complete", path: ["usage", "complete"], inMs: false },
] as const;

/** On every event. */
export const CONSTANT = { "microsoft.custom_event.name": "foundry.attempt", "foundry.schema": "1" } as const;

export const EVENT_NAME = "foundry.attempt" as const;
export const SCOPE = "foundry_telemetry" as const;
export const TAG_PREFIX = "foundry.tag." as const;
export const TAG_KEY = new RegExp("^(?:[a-z][a-z0-9_]{0,31})$", "");
export const MAX_TAG_VALUE = 128 as const;
export const PERSONAL_TAGS = new Set(["customer_email", "email", "end_user", "login", "upn", "user", "user_email", "user_id", "user_name", "username"]);
export const DROPPED_METRIC = "foundry.telemetry.dropped" as const;
export const DROP_REASON = "foundry.telemetry.reason" as const;
export const DROP_SIGNAL = "foundry.telemetry.signal" as const;
export const REASONS = { internal_error: "internal_error", sink_error: "sink_error", sampler_error: "sampler_error", processor_error: "processor_error", format_error: "format_error", queue_full: "queue_full", after_shutdown: "after_shutdown", export_error: "export_error", refused: "refused", quota: "quota", ingestion_sampling: "ingestion_sampling", storage_disabled: "storage_disabled", storage_full: "storage_full", storage_failed: "storage_failed", expired: "expired", exit: "exit" } as const;
export const SIGNALS = { traces: "traces", logs: "logs", metrics: "metrics", attempts: "attempts", tokens: "tokens", timings: "timings", trace_context: "trace_context", exception_notes: "exception_notes", budgets: "budgets", sinks: "sinks", content: "content" } as const;
