// SPDX-License-Identifier: LGPL-2.1-or-later
// Uploads by the page: dropped and chosen, held up, cut off, paused, begun in an
// earlier visit; by tus-js-client against the service itself.

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { connect as dial, createServer } from "node:net";

import { Service } from "./service.mjs";
import {
  closePage, findBarriers, openBrowser, openPage, playsFrom,
} from "./service-stage.mjs";
import { runAll, skipAll, test } from "./tap.mjs";

// Bytes a second: the large one would take most of a minute, so that it still
// goes on when a busy machine has done all that a test does meanwhile.
const SLOW = 40_000;
const NOISE = ["-vf", "noise=alls=60:allf=t"]; // large files of few seconds

/** A network between page and service that can be cut. */
class Cable {
  constructor(port) {
    this.far = port;
    this.port = 0;
    this.ends = new Set();
  }

  async mend() {
    this.server = createServer((near) => {
      const far = dial(this.far, "127.0.0.1");
      for (const [end, other] of [[near, far], [far, near]]) {
        this.ends.add(end);
        end.pipe(other);
        end.on("error", () => other.destroy());
        end.on("close", () => {
          this.ends.delete(end);
          other.destroy();
        });
      }
    });
    await new Promise((resolve) => {
      this.server.listen(this.port, "127.0.0.1", resolve);
    });
    this.port = this.server.address().port;
    return this;
  }

  cut() {
    this.server.close();
    for (const end of this.ends) end.destroy();
  }
}

const browser = await openBrowser();
const service = new Service();
const small = service.makeClip("first.mp4", 2);
const large = service.makeClip("second.mp4", 2, NOISE);
await service.start();
const index = await fetch(service.url).then((reply) => reply.text());
if (!index.includes("/assets/service-")) {
  await browser.close();
  await service.close();
  skipAll("the page was built without players");
}
const { paths } = await service.ask("GET", "/openapi.json");
if (!paths["/v1/uploads"]) {
  await browser.close();
  await service.close();
  skipAll("the service takes no uploads");
}
const cable = await new Cable(service.port).mend();
const open = () => openPage(browser, `http://127.0.0.1:${cable.port}`);
const card = (title) => `.card:has-text("${title}")`;
const row = (page, name) => page.locator(".upload", { hasText: name });
const CUT_OFF = /ERR_|Failed to load|NetworkError/;

/** Files as a person drops them: the page gets nothing but the events. */
async function drop(page, paths) {
  const files = paths.map((path) => ({
    name: path.slice(path.lastIndexOf("/") + 1),
    data: readFileSync(path).toString("base64"),
  }));
  const transfer = await page.evaluateHandle((all) => {
    const data = new DataTransfer();
    for (const { name, data: text } of all) {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      data.items.add(new File([bytes], name,
        { type: "video/mp4", lastModified: 1 }));
    }
    return data;
  }, files);
  for (const name of ["dragenter", "dragover"])
    await page.dispatchEvent("main", name, { dataTransfer: transfer });
  await page.waitForSelector("text=Let go to upload");
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
}

async function connect(page, conditions) {
  page.cdp ??= await page.context().newCDPSession(page);
  await page.cdp.send("Network.emulateNetworkConditions", {
    offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1,
    ...conditions,
  });
}

const sentOf = (locator) =>
  locator.locator("progress").evaluate((bar) => bar.value);

test("two films are dropped, one is cut off and goes on, both play", async () => {
  const page = await open();
  await page.waitForSelector("text=Connected");
  await connect(page, { uploadThroughput: SLOW });
  await drop(page, [small, large]);
  const second = row(page, "second.mp4");
  await second.locator("text=/[kM]B of .*MB.*\\/s/").waitFor();
  assert.deepEqual(await findBarriers(page), []);
  cable.cut();
  await second.locator("text=The connection was lost. Trying again.").waitFor();
  await page.waitForSelector("text=Connection lost");
  const before = await sentOf(second);
  assert.ok(before > 0 && before < 1, `${before} sent`);
  const [upload] = (await service.ask("GET", "/v1/uploads")).data
    .filter((one) => one.filename === "second.mp4");
  const { size } = statSync(large);
  assert.ok(upload.offset > 0 && upload.offset < size,
    `${upload.offset} of ${size} kept`);
  await connect(page, {});
  await cable.mend();
  for (const title of ["first.mp4", "second.mp4"])
    await page.waitForSelector(`${card(title)}[data-state=ready]`);
  await page.waitForSelector(".upload", { state: "detached" });
  for (const title of ["first.mp4", "second.mp4"]) {
    await page.click(`${card(title)} h2 a`);
    await playsFrom(page, 0.2);
    await page.click("text=DASH");
    await page.waitForFunction(() => window.vstream.theatre.kind === "dash");
    await playsFrom(page, 0.1);
    await page.click("text=HLS");
    await page.click("nav >> text=Library");
  }
  assert.equal((await service.ask("GET", "/v1/assets")).data.length, 2);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await closePage(page, CUT_OFF);
});

test("an upload is paused, goes on after a reload, and can be canceled", async () => {
  const page = await open();
  await connect(page, { uploadThroughput: SLOW });
  await page.setInputFiles("input[type=file]", large);
  const upload = row(page, "second.mp4");
  await upload.locator("text=/\\/s/").waitFor();
  await upload.getByRole("button", { name: "Pause" }).click();
  await upload.locator("text=Paused").waitFor();
  const before = await sentOf(upload);
  await page.reload();
  await page.waitForSelector("text=Begun earlier and not whole");
  assert.deepEqual(await findBarriers(page), []);
  await connect(page, { uploadThroughput: SLOW });
  await page.setInputFiles("input[type=file]", large);
  await upload.locator("text=/[\\d.]+ [kM]B of/").waitFor();
  assert.ok(await sentOf(upload) > before / 2, "it began from the start");
  await upload.getByRole("button", { name: "Cancel" }).click();
  await upload.waitFor({ state: "detached" });
  await page.waitForSelector("text=Begun earlier", { state: "detached" });
  await page.waitForFunction(() => localStorage.length === 0);
  await page.waitForFunction(async () => {
    const { data } = await fetch("/v1/uploads").then((reply) => reply.json());
    return data.length === 0;
  });
  await closePage(page, CUT_OFF);
});

test("what is no film is refused in words", async () => {
  const page = await open();
  await page.setInputFiles("input[type=file]", {
    name: "letter.html", mimeType: "text/html",
    buffer: Buffer.from("<!doctype html><p>Dear service".repeat(50)),
  });
  const reason = await page.textContent(".upload .reason");
  assert.match(reason, /video|media|audio/);
  assert.doesNotMatch(reason, /tus:|originalRequest/);
  await page.click(".upload >> [aria-label='Cancel letter.html']");
  await page.waitForSelector(".upload", { state: "detached" });
  await closePage(page, /415|404|410/);
});

await runAll(async () => {
  await browser.close();
  cable.cut();
  await service.close();
});
