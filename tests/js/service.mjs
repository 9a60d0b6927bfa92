// SPDX-License-Identifier: LGPL-2.1-or-later
// A service with a state folder, presets and films of its own, on a free port.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LAUNCHER = join(process.env.VS_BUILD_ROOT ?? "build", "launcher",
  "vstream-launcher");
const STEP_MS = 30_000;

const rung = (name, width, height, rate) => `[video ${name}]
width=${width}
height=${height}
framerate=25
bitrate=${rate}k
encoder-preset=ultrafast
`;
const SEGMENT = `[segment]
duration=1s
gop-duration=1s
`;
const VOD = `[vstream]
type=vod
${rung("large", 320, 180, 300)}${rung("small", 160, 90, 100)}${SEGMENT}`;
const LIVE = `[vstream]
type=live
${rung("small", 160, 90, 100)}${SEGMENT}`;

export class Service {
  constructor({ config = "", presets = {} } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), "vs-service-page-"));
    this.films = join(this.folder, "films");
    this.presets = join(this.folder, "presets");
    mkdirSync(this.films);
    mkdirSync(this.presets);
    const all = { vod: VOD, live: LIVE, ...presets };
    for (const [name, text] of Object.entries(all))
      writeFileSync(join(this.presets, `${name}.ini`), text);
    writeFileSync(join(this.folder, "vstream.ini"),
      `[input]\nfiles=${this.films}\n[worker]\nretry-delay=100ms\n${config}`);
    this.port = 0;
  }

  /** @seconds of a picture with a tone; @more: arguments for the picture. */
  makeClip(name, seconds, more = []) {
    const path = join(this.films, name);
    execFileSync("ffmpeg", [
      "-v", "error",
      "-f", "lavfi", "-i", `testsrc2=s=320x180:r=25:d=${seconds}`,
      "-f", "lavfi", "-i", `sine=440:r=48000:d=${seconds}`,
      "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
      "-g", "25", ...more, "-c:a", "aac", path,
    ], { timeout: STEP_MS });
    return path;
  }

  urlOf(name) {
    return `file://${this.films}/${encodeURIComponent(name)}`;
  }

  write(name, bytes) {
    writeFileSync(join(this.films, name), bytes);
  }

  run(...args) {
    return execFileSync(LAUNCHER,
      [...args, "--state", join(this.folder, "state")],
      { timeout: STEP_MS, encoding: "utf8" });
  }

  /** Again on the same port, where it has had one. */
  async start() {
    this.child = spawn(LAUNCHER, [
      "--config", join(this.folder, "vstream.ini"),
      "--state", join(this.folder, "state"),
      "--listen", `127.0.0.1:${this.port}`,
    ], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, VS_PRESET_DIR: this.presets },
    });
    this.ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.url = await new Promise((resolve, reject) => {
      createInterface(this.child.stdout).on("line", (line) => {
        const found = /http:\S+\d/.exec(line);
        if (found) resolve(found[0]);
      });
      this.child.once("exit", () => reject(new Error("The service ended.")));
    });
    this.port = Number(new URL(this.url).port);
    return this;
  }

  async stop() {
    this.child?.kill();
    await this.ended;
  }

  async kill() {
    this.child?.kill("SIGKILL");
    await this.ended;
  }

  async close() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async ask(method, path, body, headers = {}) {
    const reply = await fetch(this.url + path, {
      method,
      headers: { "Content-Type": "application/json", ...headers },
      body: body && JSON.stringify(body),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  add(name, preset = "vod") {
    return this.ask("POST", "/v1/assets",
      { input: { url: this.urlOf(name) }, preset });
  }
}
