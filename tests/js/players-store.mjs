// SPDX-License-Identifier: LGPL-2.1-or-later
// The launcher publishes into a bucket of radosgw and serves it from there:
// hls.js, shaka-player and dash.js play it through --serve, while it grows and
// after, without a word of complaint.
//
// VS_STORE_INPUT=FILE: that file by the vod.ini that is shipped, instead of a
// short ladder of a test picture.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import {
  complaints, look, openStage, PLAYERS, playsPast, seek, start, startPlayer,
  switchDownAndUp, until, within,
} from "./stage.mjs";
import { runAll, skipAll, test } from "./tap.mjs";

const INPUT = process.env.VS_STORE_INPUT;
const STEP_MS = INPUT ? 240_000 : 60_000;
const stage = await openStage(STEP_MS);
const folder = mkdtempSync(join(tmpdir(), "vs-players-store-"));
const servers = start("python3", ["-B", process.env.VS_S3_SERVERS]);
const answers = createInterface(servers.child.stdout)[Symbol.asyncIterator]();

async function nextAnswer() {
  const { value } = await within(STEP_MS, "the store", answers.next());
  return value ?? "";
}

/** What s3_servers.py says of itself; nothing where there is no radosgw. */
async function readFacts() {
  const facts = {};
  for (;;) {
    const line = await nextAnswer();
    const [name, ...rest] = line.split(" ");
    if (line === "ready") return facts;
    if (name === "skip" || !line) return undefined;
    facts[name] = rest.join(" ");
  }
}

async function command(text) {
  servers.child.stdin.write(`${text}\n`);
  const answer = await nextAnswer();
  assert.match(answer, /^ok/, `${text}: ${answer}`);
}

const facts = await readFacts();
if (!facts) {
  await stage.close();
  skipAll("there is no radosgw, ceph-mon or ceph-osd");
}
process.env.AWS_ACCESS_KEY_ID = facts["access-key"];
process.env.AWS_SECRET_ACCESS_KEY = facts["secret-key"];

function writePreset() {
  const path = join(folder, "store.ini");
  const video = (height, bitrate) => `[video ${height}p]
height=${height}
framerate=source
bitrate=${bitrate}
encoder-preset=ultrafast
`;
  writeFileSync(path, `[vstream]
type=vod
[input]
uri=testsrc:?duration=20s
${video(360, "600k")}${video(144, "120k")}[segment]
duration=2s
gop-duration=1s
[s3]
endpoint=${facts.proxy}
addressing=path
`);
  return path;
}

/** What is published: preset, input, and what the output has to say. */
function sourceArguments() {
  if (!INPUT) return ["--preset", writePreset(), "--output", "s3://players/show"];
  const where = new URLSearchParams({
    endpoint: facts.proxy, addressing: "path",
  });
  return ["--preset", join(process.env.VS_PRESET_DIR, "vod.ini"), "--input",
    INPUT, "--output", `s3://players/show?${where}`];
}

let job;
let base;

/** Lines that the launcher prints: where it serves, and that it still does. */
async function publish() {
  await command("bucket players");
  job = start(join(process.env.VS_BUILD_ROOT, "launcher", "vstream-launcher"),
    [...sourceArguments(), "--serve", "127.0.0.1:0"]);
  const lines = createInterface(job.child.stdout);
  base = await within(STEP_MS, "the launcher's address", Promise.race([
    new Promise((resolve) => {
      lines.on("line", (line) => {
        const found = /^Open (http:\S+)/.exec(line);
        if (found) resolve(found[1]);
      });
    }),
    job.done.then(({ said }) => Promise.reject(new Error(said))),
  ]));
  const finished = new Promise((resolve) => {
    lines.on("line", (line) => line.startsWith("Serving") && resolve());
  });
  return { finished };
}

async function play({ kind, manifest }) {
  const page = await stage.open(kind);
  try {
    await startPlayer(page, kind, `${base}media/${manifest}`, STEP_MS);
    await playsPast(page, 0.3);
    await switchDownAndUp(page, true);
    const { duration } = await look(page);
    await seek(page, duration / 2);
    await playsPast(page, duration / 2 + 0.3);
    await seek(page, duration - 3);
    await until(page, "reaching the end", () => window.stage.video.ended);
    const end = await look(page);
    assert.deepEqual(complaints(page, end.duration), []);
    assert.ok(end.frames > 0 && end.audioBytes > 0, JSON.stringify(end));
    assert.equal(end.corrupted, 0);
  } finally {
    await page.close();
  }
}

test("the page of --serve plays a bucket as it fills", async () => {
  const { finished } = await publish();
  const page = await stage.open("hls.js");
  try {
    page.complaints.length = 0;
    await page.goto(base);
    await page.waitForFunction(() => {
      const video = document.querySelector("video");
      return video && !video.paused && video.currentTime > 1;
    });
    await within(2 * STEP_MS, "publishing", finished);
    // Manifests that are asked for before they are there are no fault.
    const said = page.complaints.filter((text) => !/\b404\b/.test(text));
    assert.deepEqual(said, []);
  } finally {
    await page.close();
  }
});

let runs;
PLAYERS.forEach((player, index) =>
  test(`${player.kind} plays ${player.manifest} of the bucket`, async () => {
    assert.ok(base, "nothing is served");
    runs ??= PLAYERS.map((one) => play(one).catch((error) => error));
    const error = await runs[index];
    if (error) throw error;
  }));

await runAll(async () => {
  job?.child.kill("SIGTERM");
  await job?.done;
  servers.child.stdin.end();
  await servers.done;
  await stage.close();
  rmSync(folder, { recursive: true });
});
