// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks the API. A refusal becomes a Problem that says in words what is wrong.

const TOKEN = "vstream-token";

/** What the service answers where it does not do as asked (RFC 9457). */
export class Problem extends Error {
  constructor(
    /** 0: there was no answer. */
    readonly status: number,
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

let onRefused: () => void = () => undefined;

/** @handler is told when the service wants a token, or another one. */
export function whenRefused(handler: () => void): void {
  onRefused = handler;
}

export function getToken(): string {
  return sessionStorage.getItem(TOKEN) ?? "";
}

/** Kept until the tab is closed; "" forgets it. */
export function setToken(token: string): void {
  if (token) sessionStorage.setItem(TOKEN, token);
  else sessionStorage.removeItem(TOKEN);
}

export function authorization(): Record<string, string> {
  const token = getToken();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** The sentence of a problem document, or what can be said without one. */
export function readProblem(status: number, text: string): Problem {
  try {
    const { detail, title, code } = JSON.parse(text) as Record<string, string>;
    const sentence = detail || title;
    if (sentence) return new Problem(status, sentence, code);
  } catch {
    // not ours: a proxy's, perhaps
  }
  return new Problem(status, `The service answered with status ${status}.`);
}

export function reportRefusal(status: number): void {
  if (status === 401) onRefused();
}

async function send(
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Response> {
  const options: RequestInit = {
    method,
    cache: "no-store",
    headers: { ...authorization(), ...headers },
  };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { ...options.headers, "Content-Type": "application/json" };
  }
  let reply: Response;
  try {
    reply = await fetch(path, options);
  } catch {
    throw new Problem(0, "The service does not answer.");
  }
  reportRefusal(reply.status);
  if (!reply.ok) throw readProblem(reply.status, await reply.text());
  return reply;
}

export async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const reply = await send(method, path, body, headers);
  const text = await reply.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export async function askText(path: string): Promise<string> {
  const reply = await send("GET", path, undefined, {});
  return reply.text();
}

/** A problem, or whatever else was thrown, in words. */
export function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
