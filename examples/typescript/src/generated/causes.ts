/* Made from foundry_telemetry/wire by `python -m tests.typescript.generator`; do not edit it. */

import type { Observation } from "./fields.js";

export type Failure = NonNullable<Observation["failure"]>;
export type Owner = NonNullable<Failure["owner"]>;
export type Origin = NonNullable<Failure["origin"]>;
export type Outcome = NonNullable<Observation["outcome"]>;
export type AuthScheme = NonNullable<Observation["authScheme"]>;

/** The causes that are known by name. */
export type Cause =
  | "auth_invalid_key"
  | "auth_missing_credential"
  | "auth_tenant_mismatch"
  | "auth_token_expired"
  | "auth_token_rejected"
  | "auth_wrong_audience"
  | "authz_key_auth_disabled"
  | "authz_missing_role"
  | "authz_network_denied"
  | "authz_resource_blocked"
  | "client_error"
  | "client_timeout"
  | "connection_error"
  | "content_filtered"
  | "credential_error"
  | "decoding_error"
  | "deployment_not_found"
  | "empty_response"
  | "gateway_error"
  | "authz_gateway_denied"
  | "gateway_html"
  | "auth_gateway_key_invalid"
  | "auth_gateway_key_missing"
  | "gateway_quota_exceeded"
  | "gateway_rate_limited"
  | "invalid_request"
  | "model_not_found"
  | "model_retired"
  | "overloaded"
  | "pool_timeout"
  | "prompt_too_long"
  | "rate_limited"
  | "redirected"
  | "request_too_large"
  | "route_not_found"
  | "server_error"
  | "service_unavailable"
  | "stream_truncated"
  | "timeout"
  | "unexpected_response"
  | "unsupported_beta"
  | "unsupported_endpoint"
  | "unsupported_feature"
  | "unsupported_parameter"
  | "upstream_auth";
export type AnyCause = Cause | `http_${number}`;

/** What follows from a cause alone. */
export interface FailureClass {
  readonly owner: Owner | null;
  readonly retryable: boolean;
  readonly authFailure: boolean;
}

export const CLASSES: Readonly<Record<Cause, FailureClass>> = {
  auth_invalid_key: { owner: "caller_credential", retryable: false, authFailure: true },
  auth_missing_credential: { owner: "caller_credential", retryable: false, authFailure: true },
  auth_tenant_mismatch: { owner: "caller_credential", retryable: false, authFailure: true },
  auth_token_expired: { owner: "caller_credential", retryable: false, authFailure: true },
  auth_token_rejected: { owner: "caller_credential", retryable: false, authFailure: true },
  auth_wrong_audience: { owner: "caller_credential", retryable: false, authFailure: true },
  authz_key_auth_disabled: { owner: "caller_credential", retryable: false, authFailure: true },
  authz_missing_role: { owner: "caller_authorization", retryable: false, authFailure: true },
  authz_network_denied: { owner: "caller_authorization", retryable: false, authFailure: true },
  authz_resource_blocked: { owner: "caller_authorization", retryable: false, authFailure: true },
  client_error: { owner: "client", retryable: false, authFailure: false },
  client_timeout: { owner: "client", retryable: true, authFailure: false },
  connection_error: { owner: "network", retryable: true, authFailure: false },
  content_filtered: { owner: "caller_request", retryable: false, authFailure: false },
  credential_error: { owner: "caller_credential", retryable: false, authFailure: true },
  decoding_error: { owner: "network", retryable: true, authFailure: false },
  deployment_not_found: { owner: "caller_request", retryable: false, authFailure: false },
  empty_response: { owner: null, retryable: false, authFailure: false },
  gateway_error: { owner: "customer_gateway", retryable: true, authFailure: false },
  authz_gateway_denied: { owner: "customer_gateway", retryable: false, authFailure: true },
  gateway_html: { owner: "customer_gateway", retryable: false, authFailure: false },
  auth_gateway_key_invalid: { owner: "customer_gateway", retryable: false, authFailure: true },
  auth_gateway_key_missing: { owner: "customer_gateway", retryable: false, authFailure: true },
  gateway_quota_exceeded: { owner: "customer_gateway", retryable: false, authFailure: false },
  gateway_rate_limited: { owner: "customer_gateway", retryable: true, authFailure: false },
  invalid_request: { owner: "caller_request", retryable: false, authFailure: false },
  model_not_found: { owner: "caller_request", retryable: false, authFailure: false },
  model_retired: { owner: "caller_request", retryable: false, authFailure: false },
  overloaded: { owner: "model_service", retryable: true, authFailure: false },
  pool_timeout: { owner: "client", retryable: true, authFailure: false },
  prompt_too_long: { owner: "caller_request", retryable: false, authFailure: false },
  rate_limited: { owner: "quota", retryable: true, authFailure: false },
  redirected: { owner: null, retryable: false, authFailure: false },
  request_too_large: { owner: "caller_request", retryable: false, authFailure: false },
  route_not_found: { owner: "caller_request", retryable: false, authFailure: false },
  server_error: { owner: "model_service", retryable: true, authFailure: false },
  service_unavailable: { owner: "azure", retryable: true, authFailure: false },
  stream_truncated: { owner: "network", retryable: true, authFailure: false },
  timeout: { owner: "model_service", retryable: true, authFailure: false },
  unexpected_response: { owner: null, retryable: false, authFailure: false },
  unsupported_beta: { owner: "caller_request", retryable: false, authFailure: false },
  unsupported_endpoint: { owner: "caller_request", retryable: false, authFailure: false },
  unsupported_feature: { owner: "caller_request", retryable: false, authFailure: false },
  unsupported_parameter: { owner: "caller_request", retryable: false, authFailure: false },
  upstream_auth: { owner: "azure", retryable: true, authFailure: false },
};

/** One thing by which a cause is known. */
export type Sign = {
  readonly cause: Cause | null;
  readonly isSpecific: boolean;
  readonly ofGateway: boolean;
} & (
  | { readonly evidence: "code" | "phrase" | "type"; readonly value: string }
  | { readonly evidence: "pattern"; readonly value: RegExp }
  | { readonly evidence: "status"; readonly value: number }
);

/** The first that holds counts. */
export const SIGNS: readonly Sign[] = [
  { evidence: "code", value: "AuthenticationTypeDisabled", cause: "authz_key_auth_disabled", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "DeploymentNotFound", cause: "deployment_not_found", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "ModelDeprecated", cause: "model_retired", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "ModelRetired", cause: "model_retired", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "PermissionDenied", cause: "authz_missing_role", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "RateLimitReached", cause: "rate_limited", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "ServiceModelDeprecated", cause: "model_retired", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "ServiceUnavailable", cause: "service_unavailable", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "Tenant provided in token does not match resource token", cause: "auth_tenant_mismatch", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "Timeout", cause: "timeout", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "api_not_supported", cause: "route_not_found", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "content_filter", cause: "content_filtered", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "context_length_exceeded", cause: "prompt_too_long", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "invalid_model_endpoint_authentication", cause: "upstream_auth", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "unknown_model", cause: "model_not_found", isSpecific: true, ofGateway: false },
  { evidence: "code", value: "unsupported_parameter", cause: "unsupported_parameter", isSpecific: true, ofGateway: false },
  { evidence: "phrase", value: "Unauthorized. Access token is missing", cause: null, isSpecific: false, ofGateway: false },
  { evidence: "phrase", value: "JWT ", cause: null, isSpecific: false, ofGateway: false },
  { evidence: "phrase", value: "Access denied due to invalid subscription key", cause: "auth_gateway_key_invalid", isSpecific: true, ofGateway: true },
  { evidence: "phrase", value: "Access denied due to missing subscription key", cause: "auth_gateway_key_missing", isSpecific: true, ofGateway: true },
  { evidence: "phrase", value: "Out of call volume quota", cause: "gateway_quota_exceeded", isSpecific: true, ofGateway: true },
  { evidence: "phrase", value: "Out of bandwidth quota", cause: "gateway_quota_exceeded", isSpecific: true, ofGateway: true },
  { evidence: "phrase", value: "Token quota is exceeded", cause: "gateway_quota_exceeded", isSpecific: true, ofGateway: true },
  { evidence: "phrase", value: "Rate limit is exceeded", cause: "gateway_rate_limited", isSpecific: true, ofGateway: true },
  { evidence: "phrase", value: "Token limit is exceeded", cause: "gateway_rate_limited", isSpecific: true, ofGateway: true },
  { evidence: "phrase", value: "Access denied due to invalid subscription key or wrong API endpoint", cause: "auth_invalid_key", isSpecific: true, ofGateway: false },
  { evidence: "phrase", value: "Access denied due to Virtual Network/Firewall", cause: "authz_network_denied", isSpecific: true, ofGateway: false },
  { evidence: "phrase", value: "Public access is disabled", cause: "authz_network_denied", isSpecific: true, ofGateway: false },
  { evidence: "phrase", value: "Your resource has been temporarily blocked", cause: "authz_resource_blocked", isSpecific: true, ofGateway: false },
  { evidence: "phrase", value: "Tenant provided in token does not match", cause: "auth_tenant_mismatch", isSpecific: true, ofGateway: false },
  { evidence: "phrase", value: "Request failed content safety check", cause: "content_filtered", isSpecific: true, ofGateway: false },
  { evidence: "phrase", value: "Resource not found", cause: "route_not_found", isSpecific: true, ofGateway: false },
  { evidence: "pattern", value: new RegExp("^(?:[`'\\\"]?[\\w.\\[\\]-]{1,200}[`'\\\"]? (?:is )?not supported in your workspace)", "i"), cause: "unsupported_feature", isSpecific: true, ofGateway: false },
  { evidence: "pattern", value: new RegExp("^(?:(?:the )?(?:prompt|input) is too long|input length and `?max_tokens`? exceed|(?:this|the|your) .{0,80}\\b(?:context (?:length|window|limit)|token limit)\\b)", "i"), cause: "prompt_too_long", isSpecific: true, ofGateway: false },
  { evidence: "pattern", value: new RegExp("^(?:unexpected value\\(s\\) .{1,400}\\banthropic-beta\\b|.{0,40}\\banthropic-beta\\b|invalid beta flag|(?:the|this) .{0,60}\\bbeta\\b.{0,40}\\bnot\\b)", "i"), cause: "unsupported_beta", isSpecific: true, ofGateway: false },
  { evidence: "pattern", value: new RegExp("^(?:(?:the )?(?:requested )?(?:model|deployment)\\b.{0,160}\\b(?:retired|deprecated|no longer)\\b)", "i"), cause: "model_retired", isSpecific: true, ofGateway: false },
  { evidence: "pattern", value: new RegExp("^(?:[`'\\\"]?[\\w.\\[\\]-]{1,200}[`'\\\"]? ?: extra inputs are not permitted|(?:the )?[`'\\\"]?[\\w.\\[\\]-]{1,200}[`'\\\"]?(?: parameter| field)?:? (?:is|are) (?:not (?:supported|permitted|allowed|available)|deprecated|no longer supported)\\b|[`'\\\"]?[\\w.\\[\\]-]{1,200}[`'\\\"]?: .{0,100}\\b(?:is|are) (?:not (?:supported|permitted|allowed|available)|deprecated|no longer supported)\\b|[`'\\\"]?[\\w.\\[\\]-]{1,200}[`'\\\"]? and [`'\\\"]?[\\w.\\[\\]-]{1,200}[`'\\\"]? cannot both be|(?:(?:the|this) )?(?:model )?(?:[`'\\\"]?[\\w.\\[\\]-]{1,200}[`'\\\"]? )?does not support\\b|(?:unsupported|unrecognized|unknown) (?:request )?(?:parameter|argument|field))", "i"), cause: "unsupported_parameter", isSpecific: true, ofGateway: false },
  { evidence: "status", value: 401, cause: "authz_gateway_denied", isSpecific: true, ofGateway: true },
  { evidence: "status", value: 403, cause: "authz_gateway_denied", isSpecific: true, ofGateway: true },
  { evidence: "status", value: 429, cause: "gateway_rate_limited", isSpecific: true, ofGateway: true },
  { evidence: "status", value: 500, cause: "gateway_error", isSpecific: true, ofGateway: true },
  { evidence: "status", value: 502, cause: "gateway_error", isSpecific: true, ofGateway: true },
  { evidence: "status", value: 503, cause: "gateway_error", isSpecific: true, ofGateway: true },
  { evidence: "phrase", value: "Access denied due to invalid subscription key", cause: "auth_invalid_key", isSpecific: false, ofGateway: false },
  { evidence: "phrase", value: "Access denied due to missing subscription key", cause: "auth_missing_credential", isSpecific: false, ofGateway: false },
  { evidence: "phrase", value: "Rate limit is exceeded", cause: "rate_limited", isSpecific: false, ofGateway: false },
  { evidence: "type", value: "api_error", cause: "server_error", isSpecific: false, ofGateway: false },
  { evidence: "type", value: "authentication_error", cause: null, isSpecific: false, ofGateway: false },
  { evidence: "type", value: "invalid_request_error", cause: "invalid_request", isSpecific: true, ofGateway: false },
  { evidence: "type", value: "not_found_error", cause: "model_not_found", isSpecific: true, ofGateway: false },
  { evidence: "type", value: "overloaded_error", cause: "overloaded", isSpecific: true, ofGateway: false },
  { evidence: "type", value: "permission_error", cause: "authz_missing_role", isSpecific: false, ofGateway: false },
  { evidence: "type", value: "rate_limit_error", cause: "rate_limited", isSpecific: false, ofGateway: false },
  { evidence: "type", value: "request_too_large", cause: "request_too_large", isSpecific: true, ofGateway: false },
  { evidence: "type", value: "timeout_error", cause: "timeout", isSpecific: false, ofGateway: false },
  { evidence: "status", value: 401, cause: null, isSpecific: false, ofGateway: false },
  { evidence: "status", value: 408, cause: "timeout", isSpecific: false, ofGateway: false },
  { evidence: "status", value: 413, cause: "request_too_large", isSpecific: false, ofGateway: false },
  { evidence: "status", value: 429, cause: "rate_limited", isSpecific: false, ofGateway: false },
  { evidence: "status", value: 500, cause: "server_error", isSpecific: false, ofGateway: false },
  { evidence: "status", value: 503, cause: "service_unavailable", isSpecific: false, ofGateway: false },
  { evidence: "status", value: 504, cause: "timeout", isSpecific: false, ofGateway: false },
  { evidence: "status", value: 529, cause: "overloaded", isSpecific: false, ofGateway: false },
];

/** Generic failures of the two services are those of the one that answered. */
export const OF_WHO_ANSWERED: Readonly<Record<string, Readonly<Record<string, Owner>>>> = { anthropic: { azure: "model_service" }, foundry: { model_service: "azure" } };
export const OF_STATUS: Readonly<Record<number, Owner>> = { 400: "caller_request", 405: "caller_request", 413: "caller_request", 415: "caller_request", 422: "caller_request", 431: "caller_request", 529: "model_service" };
export const ENTRA_CAUSES: Readonly<Record<string, Cause>> = { AADSTS7000222: "credential_error", AADSTS7000215: "credential_error", AADSTS700016: "credential_error" };
export const NOBODY: ReadonlySet<string> = new Set(["proxy", "unknown"]);
export const OF_ITSELF: ReadonlySet<string> = new Set(["auth_missing_credential", "auth_token_expired"]);
export const CODES: ReadonlySet<string> = new Set(["AuthenticationTypeDisabled", "DeploymentNotFound", "ModelDeprecated", "ModelRetired", "PermissionDenied", "RateLimitReached", "ServiceModelDeprecated", "ServiceUnavailable", "Tenant provided in token does not match resource token", "Timeout", "api_not_supported", "content_filter", "context_length_exceeded", "invalid_model_endpoint_authentication", "unknown_model", "unsupported_parameter"]);
export const CUT_SHORT: ReadonlySet<string> = new Set(["cancelled", "no_response", "not_sent", "truncated"]);
export const RETRIED: ReadonlySet<number> = new Set([408, 409, 429]);
export const SAME_REQUEST: ReadonlySet<number> = new Set([307, 308]);
export const SURE_ON_AZURE: ReadonlySet<number> = new Set([401, 404, 429]);
export const NOT_ABOUT_THE_REQUEST: ReadonlySet<number> = new Set([401, 403, 429]);
export const ABOUT_THE_REQUEST: ReadonlySet<string | null> = new Set(["invalid_request_error", "not_found_error", null]);
export const OTHER_CREDENTIAL_CAUSE = "credential_error" as const;
export const FIRST_ERROR = 400 as const;
export const FIRST_REDIRECT = 300 as const;
export const FIRST_SERVER_ERROR = 500 as const;
