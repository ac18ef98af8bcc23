/** Which requests are calls to Claude in Microsoft Foundry, and what such a request asks for. */

import { isForFoundry, readToken } from "./claims.js";
import type { AuthScheme } from "./generated/causes.js";
import type { Observation } from "./generated/fields.js";
import {
  AUTH_SCHEMES,
  FOUNDRY_HOSTS,
  MAX_HOST,
  MAX_PATH,
  MAX_REQUEST,
  METHODS,
  OPERATION_PATHS,
  OTHER_METHOD,
  UNSUPPORTED_PATH,
  USER_AGENT,
} from "./generated/wire.js";
import { cleanCount, cleanDeployment, cleanId, readJson } from "./sanitize.js";

type Operation = Observation["operation"];
export type FetchInput = Parameters<typeof fetch>[0];
export type FetchInit = Parameters<typeof fetch>[1];

/** What the body of a request asks for. */
export interface Asked {
  readonly deployment: string | undefined;
  readonly stream: boolean;
  readonly maxTokens: number | undefined;
}

/** What a URL gives. */
export interface Target {
  readonly operation: Operation;
  readonly path: string;
  readonly serverAddress: string | undefined;
  readonly resource: string | undefined;
  readonly onFoundryHost: boolean;
}

/** What the headers of a request give; `bearer` never leaves the attempt. */
export interface Sender {
  readonly client: string | undefined;
  readonly anthropicVersion: string | undefined;
  readonly authScheme: AuthScheme;
  readonly bearer: string | undefined;
  /** Retries that the SDK says it has made before. */
  readonly retryCount: number;
  /** Seconds that the SDK says it waits for the answer. */
  readonly timeoutS: number | undefined;
}

/** What is known of a matched request before it is sent. */
export interface RequestFacts extends Target, Sender {
  readonly method: string;
  readonly url: string;
  readonly signal: AbortSignal | undefined;
  /** The body, where it is text in memory. */
  readonly body: string | undefined;
}

const NOWHERE = Object.freeze({
  operation: undefined,
  serverAddress: undefined,
  resource: undefined,
  onFoundryHost: false,
});
export const NOT_ASKED: Asked = Object.freeze({ deployment: undefined, stream: false, maxTokens: undefined });

/** A request that may be a call to Foundry, by its path. */
export interface Candidate {
  readonly url: URL;
  readonly target: Target;
}

/** Whether what `fetch` was given may be a call to Foundry; undefined where it is none. */
export function candidateOf(input: FetchInput): Candidate | undefined {
  const address = urlOf(input);
  if (!URL.canParse(address)) return undefined; // as `fetch` itself will say
  const url = new URL(address);
  const target = readTarget(url);
  return target && { url, target };
}

/** The same, with headers that can be read again: those of an iterator can be read only once. */
export function rereadable(init: FetchInit): FetchInit {
  const headers = init?.headers as Partial<Iterable<[string, string]>> | undefined | null;
  const iterator = headers?.[Symbol.iterator]?.();
  if (iterator === undefined || iterator !== headers) return init;
  return { ...init, headers: [...(headers as Iterable<[string, string]>)] };
}

/** What is known of a candidate, or undefined where it is no call to Foundry. */
export function readRequest(
  { url, target }: Candidate,
  input: FetchInput,
  init: FetchInit,
  hosts: ReadonlySet<string>,
): RequestFacts | undefined {
  const request = typeof input === "string" || input instanceof URL ? undefined : input;
  const headers = new Headers(init?.headers ?? request?.headers);
  const sender = readSender(headers);
  if (!isFoundry(url, target, sender, headers, hosts)) return undefined;
  const method = (init?.method ?? request?.method ?? "GET").toUpperCase();
  return {
    ...target,
    ...sender,
    method: METHODS.has(method) ? method : OTHER_METHOD,
    url: url.href,
    signal: init?.signal ?? request?.signal,
    body: textOf(init?.body),
  };
}

function urlOf(input: FetchInput): string {
  if (typeof input === "string") return input;
  return input instanceof URL ? input.href : input.url;
}

/** A call for which no request was ever built, because its token provider failed; its host is unknown. */
export function unsentRequest(method: string, path: string): RequestFacts {
  const { pathname } = new URL(path, "https://unknown");
  const target = readTarget({ pathname, hostname: "" }) ?? { ...NOWHERE, path: pathname.slice(0, MAX_PATH) };
  const sender = { ...readSender(new Headers()), authScheme: "entra_id" as const };
  return { ...target, ...sender, method: method.toUpperCase(), url: "", signal: undefined, body: undefined };
}

/** What is known of a path and a host; undefined where the path is none of the API. */
export function readTarget({ pathname, hostname }: Pick<URL, "pathname" | "hostname">): Target | undefined {
  const operation = operationOf(pathname);
  if (operation === undefined && !UNSUPPORTED_PATH.test(pathname)) return undefined;
  const onFoundryHost = FOUNDRY_HOSTS.some((end) => hostname.endsWith(end));
  return {
    operation,
    path: pathname.slice(0, MAX_PATH),
    serverAddress: hostname.replace(/^\[|\]$/g, "").slice(0, MAX_HOST) || undefined,
    resource: onFoundryHost ? hostname.split(".")[0]?.slice(0, MAX_HOST) : undefined,
    onFoundryHost,
  };
}

function operationOf(path: string): Operation {
  const found = Object.entries(OPERATION_PATHS).find(([, end]) => path.endsWith(end));
  return found?.[0] as Operation;
}

/** Read the allow-listed request headers. */
export function readSender(headers: Headers): Sender {
  const authorization = headers.get("authorization") ?? undefined;
  const named = AUTH_SCHEMES.find(([name]) => headers.has(name))?.[1] ?? "none";
  // Basic and the like: Azure takes none of them, a customer's gateway may.
  const isForeign = named === "entra_id" && !/^bearer(?: |$)/i.test(authorization ?? "");
  const authScheme = isForeign ? "gateway_key" : named;
  const agent = USER_AGENT.exec(headers.get("user-agent") ?? "");
  return {
    client: agent ? `${agent[1] ?? ""}/${agent[2] ?? ""}` : undefined,
    anthropicVersion: cleanId(headers.get("anthropic-version")),
    authScheme,
    bearer: authScheme === "entra_id" ? authorization : undefined,
    retryCount: numberIn(headers.get("x-stainless-retry-count"), 3) ?? 0,
    timeoutS: numberIn(headers.get("x-stainless-timeout"), 6),
  };
}

function numberIn(text: string | null, digits: number): number | undefined {
  return text !== null && /^\d+$/.test(text) && text.length <= digits ? Number(text) : undefined;
}

function isFoundry(
  url: URL,
  { onFoundryHost }: Target,
  { client, bearer }: Sender,
  headers: Headers,
  hosts: ReadonlySet<string>,
): boolean {
  const isKnown = onFoundryHost || hosts.has(url.hostname) || hosts.has(url.host);
  if (isKnown || client?.includes("AnthropicFoundry/")) return true;
  if (!headers.has("x-stainless-lang")) return false; // from here on the SDK alone is believed
  const key = headers.get("api-key");
  return (key !== null && key === headers.get("x-api-key")) || isForFoundry(readToken(bearer, 0));
}

function textOf(body: unknown): string | undefined {
  if (typeof body === "string") return body;
  const isInMemory = ArrayBuffer.isView(body) || body instanceof ArrayBuffer;
  return isInMemory && body.byteLength <= MAX_REQUEST ? new TextDecoder().decode(body as ArrayBuffer) : undefined;
}

/** What a body in memory asks for. */
export function readAsked(body: string | undefined): Asked {
  const wanted = body !== undefined && body.length <= MAX_REQUEST ? readJson(body) : undefined;
  return wanted === undefined ? NOT_ASKED : askedBy(wanted);
}

/** What a decoded body asks for. */
export function askedBy(wanted: Readonly<Record<string, unknown>>): Asked {
  return {
    deployment: cleanDeployment(wanted.model),
    stream: wanted.stream === true,
    maxTokens: cleanCount(wanted.max_tokens),
  };
}

/** Hosts that count as Foundry besides Azure's, as `name`, `name:port` or a base URL. Throws for anything else. */
export function readHosts(hosts: readonly string[]): ReadonlySet<string> {
  return new Set(
    hosts.map((text) => {
      const { hostname, port, username } = new URL(text.includes("://") ? text : `http://${text}`);
      if (username !== "") throw new TypeError("hosts: an entry with '@' is no host");
      return port === "" ? hostname : `${hostname}:${port}`;
    }),
  );
}
