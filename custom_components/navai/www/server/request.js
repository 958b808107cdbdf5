/**
 * A request to a server of ours, and what both servers' clients say of it.
 */

import { Failure, SIGN_IN } from "./failure.js";

/** @typedef {{profile?: string, display?: string}} Place A profile and a display; either may be the server's choice. */
/** @typedef {{version: string, modules: string, time: number}} Health `time` in epoch seconds. */
/** @typedef {{profile: string, name: string, model: string, voice: string, language: string}} Profile */
/** @typedef {Record<string, any> & {type: string}} Command What the server sends to a display. */
/**
 * @typedef {object} Api What a session needs of its server.
 * @property {(profile?: string) => Promise<import("./secrets.js").ClientSecret>} clientSecret Without a profile, that of the place.
 * @property {(profile?: string) => Promise<Record<string, unknown>[]>} tools Those that the secret does not bring.
 * @property {(name: string, args: Record<string, unknown>, profile?: string, signal?: AbortSignal) => Promise<import("./running-tool.js").Executed>} execute
 * @property {(report: Record<string, unknown>) => void} report Never throws.
 * @property {(request: string, accepted: boolean) => void} answer Whether the command was accepted. Never throws.
 * @property {(request: string) => void} missed Nobody answered the ringing. Never throws.
 * @property {() => Promise<Health>} health
 * @property {Place} [place]
 */

/** How long a server may take to answer, in ms. */
export const PATIENCE_MS = 15_000;

/**
 * @param {(signal: AbortSignal) => Promise<Response>} request
 * @param {number} [patienceMs]
 * @returns {Promise<any>} The JSON of the answer.
 */
export async function send(request, patienceMs = PATIENCE_MS) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  try {
    return await read(await request(patience.signal));
  } catch (error) {
    throw Failure.of(error, "server_gone");
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The JSON of an answer. What is no success is thrown as a Failure. Only our servers' own answers are believed: a proxy
 * in between may answer with anything, and must not make a display forget its token.
 * @param {Response} response Of a request with `redirect: "manual"`: our servers redirect nowhere.
 * @returns {Promise<any>}
 */
export async function read(response) {
  let text = "";
  try {
    text = await response.text();
  } catch (error) {
    throw new Failure("server_gone", { cause: error });
  }
  const body = objectIn(text);
  if (response.ok && body) return body;
  const ours = typeof body?.code === "string" && typeof body.request_id === "string";
  const code = ours ? body.code : signsIn(response, text) ? SIGN_IN : "server_gone";
  throw new Failure(code, { retryAfter: Number(response.headers.get("Retry-After")) || undefined });
}

/** @param {string} text @returns {Record<string, any> | undefined} */
function objectIn(text) {
  try {
    const body = JSON.parse(text);
    return body !== null && typeof body === "object" ? body : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether something in between wants somebody to sign in. A server that has trouble, or starts again behind its proxy, has
 * pages as well: those of 404, 429 and from 500 on.
 * @param {Response} response @param {string} text
 */
function signsIn({ type, status }, text) {
  if (type === "opaqueredirect" || (status >= 300 && status < 400) || [401, 407, 511].includes(status)) return true;
  return status < 500 && ![404, 429].includes(status) && /^\s*<(!--|!doctype\s+html|html|\?xml)/i.test(text);
}

/** @param {any} body Of a function that was executed, or that failed. */
export function resultOf(body) {
  return body.ok === false ? { ok: false, error: body.error, details: body.details } : body.result;
}

/** A report about a command that started no conversation. @param {string} request @param {string} state */
export function about(request, state) {
  return { session: `none-${request}`, state, request };
}
