/** From a failed answer to its cause, who answered, and who has to act. The tables are generated. */

import { classifyUnauthorized, holdsOfItself, readToken } from "./claims.js";
import type { ErrorBody } from "./error.js";
import type { AnyCause, Cause, Failure, FailureClass, Origin, Owner, Sign } from "./generated/causes.js";
import {
  ABOUT_THE_REQUEST,
  CLASSES,
  FIRST_ERROR,
  FIRST_SERVER_ERROR,
  NOBODY,
  NOT_ABOUT_THE_REQUEST,
  OF_STATUS,
  OF_WHO_ANSWERED,
  RETRIED,
  SIGNS,
  SURE_ON_AZURE,
} from "./generated/causes.js";
import type { RequestFacts } from "./request.js";
import type { ResponseFacts } from "./response.js";

/** A failed answer. */
interface Refusal {
  readonly status: number;
  readonly body: ErrorBody;
  readonly origin: Origin;
  /** Whether Azure itself has answered, for all that is known. */
  readonly onAzure: boolean;
}

/** A cause, and whether the evidence for it names the owner too, whoever answered. */
type Judged = readonly [cause: AnyCause, isSpecific: boolean];

/** Classify a failed answer; `nowS` judges the expiry of a token. */
export function classify(
  status: number,
  body: ErrorBody,
  request: RequestFacts,
  response: ResponseFacts,
  nowS: number,
): Failure {
  const onAzure = request.onFoundryHost || response.ids.apimRequestId !== undefined;
  const origin = originOf(body, response, onAzure);
  const refusal: Refusal = { status, body, origin, onAzure };
  const [found, isSpecific] =
    request.operation === undefined ? (["unsupported_endpoint", true] as const) : bySign(refusal);
  const isAboutCredential = found === null || found.startsWith("auth");
  const token = isAboutCredential ? readToken(request.bearer, nowS) : undefined;
  const judged: Judged =
    found === null
      ? ofCredential(classifyUnauthorized(request.authScheme, token), origin)
      : [found, isSpecific];
  const [cause, isSure] = weigh(refusal, judged);
  return makeFailure(cause, origin, { status, isSpecific: isSure, code: body.code, token });
}

/** Who answered. Gateways of many makers speak as the API does, so its shape is no evidence without any id. */
function originOf(body: ErrorBody, { requestId }: ResponseFacts, onAzure: boolean): Origin {
  if (body.shape === "html") return "proxy";
  if (body.shape === "unread") return "unknown"; // the SDK cancels the body of an attempt that it makes again
  const isKnown = onAzure || requestId !== undefined || body.requestId !== undefined;
  if (body.shape === "anthropic") return isKnown ? "anthropic" : "unknown";
  if (onAzure) return "foundry";
  return body.shape === "gateway" ? "customer_gateway" : "unknown";
}

/** The cause by the first sign that holds; null where only the credential can tell. */
function bySign(refusal: Refusal): readonly [AnyCause | null, boolean] {
  if (refusal.body.shape === "html") return ["gateway_html", false];
  const byGateway = refusal.origin === "customer_gateway";
  const sign = SIGNS.find((each) => (byGateway || !each.ofGateway) && holds(each, refusal));
  return sign ? [sign.cause, sign.isSpecific] : [ofStatus(refusal.status), false];
}

function holds(sign: Sign, refusal: Refusal): boolean {
  const { body, status } = refusal;
  switch (sign.evidence) {
    case "code":
      return body.code === sign.value;
    case "phrase":
      return body.message.startsWith(sign.value);
    case "pattern":
      return isAboutTheRequest(refusal) && sign.value.test(body.message);
    case "type":
      return body.apiType === sign.value;
    case "status":
      return status === sign.value;
  }
}

/** Whether a message may name what is wrong with the request. */
function isAboutTheRequest({ body, status }: Refusal): boolean {
  const isServer = status >= FIRST_SERVER_ERROR || NOT_ABOUT_THE_REQUEST.has(status);
  return body.message !== "" && ABOUT_THE_REQUEST.has(body.apiType ?? null) && !isServer;
}

function ofCredential(judged: Cause, origin: Origin): Judged {
  if (holdsOfItself(judged)) return [judged, true];
  return [origin === "customer_gateway" ? "authz_gateway_denied" : judged, false];
}

/** What remains of the evidence where the body was not read, is a page, or nobody knows whose it is. */
function weigh({ body, status, origin, onAzure }: Refusal, [cause, wasSpecific]: Judged): Judged {
  const ofShape: Readonly<Record<string, boolean>> = {
    unread: wasSpecific || (onAzure && SURE_ON_AZURE.has(status)),
    html: !onAzure,
  };
  const isSpecific = ofShape[body.shape] ?? wasSpecific;
  // Whose credential or role it was is not known.
  const isNobodys = origin === "unknown" && !isSpecific && cause.startsWith("auth");
  return [isNobodys ? ofStatus(status) : cause, isSpecific];
}

function ofStatus(status: number): AnyCause {
  return status >= FIRST_ERROR ? `http_${status}` : "server_error";
}

/** What is known of a failure besides its cause. */
interface Evidence {
  readonly status?: number | undefined;
  readonly isSpecific?: boolean;
  readonly code?: string | undefined;
  readonly token?: Failure["token"];
  readonly entra?: Failure["entra"];
}

/** A failure of a cause, with what follows from the cause filled in. */
export function makeFailure(cause: AnyCause, origin: Origin, evidence: Evidence = {}): Failure {
  const { status = 0, isSpecific = true, code, token, entra } = evidence;
  const ofItsStatus = byStatus(status);
  const known = (CLASSES as Readonly<Record<string, FailureClass>>)[cause] ?? ofItsStatus;
  return {
    type: cause,
    origin,
    owner: ownerOf(known.owner, origin, status, isSpecific),
    retryable: known.retryable || (cause === "gateway_html" && ofItsStatus.retryable),
    code,
    token,
    entra,
  };
}

function ownerOf(
  owner: Owner | null,
  origin: Origin,
  status: number,
  isSpecific: boolean,
): Owner | undefined {
  if (owner === null) return undefined;
  if (origin === "customer_gateway" && !owner.startsWith("caller")) return "customer_gateway";
  if (isSpecific) return owner;
  if (NOBODY.has(origin)) return OF_STATUS[status];
  return OF_WHO_ANSWERED[origin]?.[owner] ?? owner;
}

/** For an answer that fits no cause: 4xx is the caller's, 5xx Azure's. */
function byStatus(status: number): FailureClass {
  const isServer = status >= FIRST_SERVER_ERROR;
  return {
    owner: isServer ? "azure" : "caller_request",
    retryable: isServer || RETRIED.has(status),
    authFailure: false,
  };
}
