// SPDX-License-Identifier: LGPL-2.1-or-later
// tus-js-client, which nobody here wrote, against the service: in one piece,
// in many, interrupted by its user, and by the death of the service.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runAll, skipAll, test } from "./tap.mjs";

const MIB = 1024 * 1024;
const launcher = join(
  process.env.VS_BUILD_ROOT ?? "build", "launcher", "vstream-launcher");
const tus = await import("tus-js-client").catch(() => undefined);

if (!tus) skipAll("npm ci has not been run in tests/js");

const folder = mkdtempSync(join(tmpdir(), "vs-uploads-"));
const state = join(folder, "state");
const service = { child: undefined, url: "" };

async function start(listen) {
  const child = spawn(launcher, ["--state", state, "--listen", listen],
    { stdio: ["ignore", "pipe", "inherit"] });
  service.child = child;
  service.url = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      if (line.startsWith("Listening on ")) resolve(line.slice(13));
    });
    child.on("exit", (code, signal) =>
      reject(new Error(`the service ended: ${code ?? signal}`)));
  });
}

async function stop() {
  const gone = new Promise((resolve) => service.child.once("exit", resolve));
  service.child.kill("SIGKILL");
  await gone;
}

/** Bytes of no kind that anyone knows. */
function makeFilm(size) {
  return Buffer.concat([Buffer.from([0, 1, 2, 3]), randomBytes(size - 4)]);
}

function readStored(url) {
  return readFileSync(join(state, "uploads", url.split("/").pop()));
}

/** Sends @data to its end; resolves to where it is. */
function send(data, options, onProgress) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(data, {
      endpoint: new URL("v1/uploads", service.url).href,
      metadata: { filename: "Fünf <b>.mp4", filetype: "video/mp4" },
      retryDelays: [100, 500, 1000, 2000, 4000],
      ...options,
      onError: reject,
      onSuccess: () => resolve(upload.url),
      onProgress: (sent) => onProgress?.(sent, upload, resolve, reject),
    });
    upload.start();
  });
}

test("in one request", async () => {
  const data = makeFilm(3 * MIB);
  const url = await send(data, { uploadDataDuringCreation: true });
  const shown = await (await fetch(url)).json();
  assert.equal(shown.state, "complete");
  assert.equal(shown.filename, "Fünf <b>.mp4");
  assert.deepEqual(readStored(url), data);
});

test("in many pieces", async () => {
  const data = makeFilm(2 * MIB);
  assert.deepEqual(readStored(await send(data, { chunkSize: 300_000 })), data);
});

test("interrupted, and resumed later", async () => {
  const data = makeFilm(8 * MIB);
  let parted = false;
  const half = await send(data, { chunkSize: MIB }, (sent, upload, resolve) => {
    if (sent < 3 * MIB || parted) return;
    parted = true;
    upload.abort().then(() => resolve(upload.url));
  });
  const before = await (await fetch(half)).json();
  assert.equal(before.state, "uploading");
  assert.ok(before.offset >= 2 * MIB && before.offset < 8 * MIB);
  const url = await send(data, { uploadUrl: half });
  assert.equal(url, half);
  assert.deepEqual(readStored(url), data);
});

test("over the death of the service", async () => {
  const data = makeFilm(24 * MIB);
  const listen = new URL(service.url).host;
  let killed;
  const url = await send(data, {}, (sent, upload, resolve, reject) => {
    if (sent < 4 * MIB || killed) return;
    killed = stop().then(() => start(listen));
    killed.catch(reject);
  });
  await killed;
  assert.ok(killed, "it was killed in the middle");
  assert.deepEqual(readStored(url), data);
});

test("terminated", async () => {
  const url = await send(makeFilm(1000), {});
  await tus.Upload.terminate(url);
  assert.equal((await fetch(url)).status, 404);
});

await start("127.0.0.1:0");
await runAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
