/** What a refused credential says of itself. Claims are read, judged and dropped; the token is never kept. */

import type { AuthScheme, Cause, Failure } from "./generated/causes.js";
import { ENTRA_CAUSES, OF_ITSELF, OTHER_CREDENTIAL_CAUSE } from "./generated/causes.js";
import {
  AADSTS,
  AUDIENCE_URL,
  AUDIENCES,
  BASE64,
  ENTRA_CORRELATION_ID,
  ENTRA_TRACE_ID,
  MAX_TOKEN,
} from "./generated/wire.js";
import { asObject, cleanGuid, cleanWord, readJson } from "./sanitize.js";

type Token = NonNullable<Failure["token"]>;
type Entra = NonNullable<Failure["entra"]>;

/** Seconds since the epoch that no token outlives. */
const NO_TIME = 2 ** 40;

/** The claims of a bearer token, unverified; undefined for an opaque one. */
export function readToken(authorization: string | undefined, nowS: number): Token | undefined {
  if (authorization === undefined || authorization.length > MAX_TOKEN) return undefined;
  const parts = authorization.slice(authorization.lastIndexOf(" ") + 1).split(".");
  const text = parts.length === 3 ? (parts[1] ?? "").replace(/=+$/, "") : "";
  const isBase64 = BASE64.test(text) && text.length % 4 !== 1; // Node passes over what is none
  const claims = isBase64 ? readJson(fromBase64(text)) : undefined;
  if (claims === undefined) return undefined;
  const { exp, aud, tid, appid, azp, idtyp } = claims;
  const isTime = typeof exp === "number" && Number.isInteger(exp) && exp > 0 && exp < NO_TIME;
  return {
    expiresInS: isTime ? Math.trunc(exp - nowS) : undefined,
    audience: typeof aud === "string" && AUDIENCE_URL.test(aud) ? aud : cleanGuid(aud),
    tenant: cleanGuid(tid),
    application: cleanGuid(appid) ?? cleanGuid(azp),
    identityType: cleanWord(idtyp),
  };
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64url").toString("utf-8");
}

/** Whether a token is for the API of Foundry, by its audience. */
export function isForFoundry(token: Token | undefined): boolean {
  return AUDIENCES.has((token?.audience ?? "").replace(/\/+$/, ""));
}

/** Whether a cause that the credential itself shows holds whoever refused it. */
export const holdsOfItself = (cause: Cause): boolean => OF_ITSELF.has(cause);

/** The cause of a 401 whose text fits a missing, an invalid, an expired and a misaddressed credential. */
export function classifyUnauthorized(scheme: AuthScheme, token: Token | undefined): Cause {
  if (scheme === "none") return "auth_missing_credential";
  if (scheme !== "entra_id") return "auth_invalid_key";
  if (token?.expiresInS !== undefined && token.expiresInS <= 0) return "auth_token_expired";
  const isUrl = token?.audience?.includes("://") === true;
  return isUrl && !isForFoundry(token) ? "auth_wrong_audience" : "auth_token_rejected";
}

/** What Entra's support asks for, found in the text of a token provider's error; the text is not kept. */
export function readEntraError(error: unknown): Entra {
  const text = messagesOf(error);
  return {
    code: AADSTS.exec(text)?.[0],
    traceId: cleanGuid(ENTRA_TRACE_ID.exec(text)?.[1]),
    correlationId: cleanGuid(ENTRA_CORRELATION_ID.exec(text)?.[1]),
  };
}

function messagesOf(error: unknown): string {
  const { message, cause } = asObject(error);
  return [message, asObject(cause).message]
    .filter(Boolean)
    .join("\n")
    .slice(0, MAX_TOKEN);
}

/** The cause of a token that was never issued. */
export function causeOfEntra(code: string | undefined): Cause {
  return ENTRA_CAUSES[code ?? ""] ?? OTHER_CREDENTIAL_CAUSE;
}
