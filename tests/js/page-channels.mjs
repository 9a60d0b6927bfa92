// SPDX-License-Identifier: LGPL-2.1-or-later
// Channels by the page: created, filled, put in order, on air, interrupted.

import assert from "node:assert/strict";

import { Service } from "./service.mjs";
import {
  checkViews, closePage, findBarriers, openBrowser, openPage, playsFrom,
} from "./service-stage.mjs";
import { runAll, skipAll, test } from "./tap.mjs";

const CHANNEL = `[vstream]
type=channel
[queue]
filler=testsrc:
slate=black
[video small]
width=160
height=90
framerate=25
bitrate=100k
encoder-preset=ultrafast
[segment]
duration=1s
gop-duration=1s
`;

const browser = await openBrowser();
const service = await new Service({ presets: { channel: CHANNEL } }).start();
const index = await fetch(service.url).then((reply) => reply.text());
if (!index.includes("/assets/service-")) {
  await browser.close();
  await service.close();
  skipAll("the page was built without players");
}
const open = (options) => openPage(browser, service.url, options);
const TITLES = ["Morning", "Noon", "Evening"];

const titles = (page) =>
  page.$$eval(".entry .title", (all) => all.map((e) => e.textContent));

const inOrder = (page, wanted) =>
  page.waitForFunction((list) => {
    const all = [...document.querySelectorAll(".entry .title")];
    return all.map((e) => e.textContent).join() === list;
  }, wanted.join());

async function onChannel(page) {
  await page.click("nav >> text=Channels");
  await page.click(".channel-row a");
  await page.waitForSelector("h2:has-text('Queue')");
}

/** What the service has, which is what counts. */
async function queueOf(id) {
  const { items } = await service.ask("GET", `/v1/channels/${id}/queue`);
  return items.map((item) => item.title);
}

let id;

test("a channel is created and its queue filled", async () => {
  const page = await open();
  await page.click("nav >> text=Channels");
  await page.waitForSelector("text=No channel yet");
  await page.click("text=New channel");
  await page.fill("form >> text=Name", "News <b>at</b> ten");
  assert.deepEqual(await findBarriers(page), []);
  await page.click("form >> text=Create");
  await page.waitForSelector("h1:text-is('News <b>at</b> ten')");
  for (const title of TITLES) {
    await page.fill(".queue input >> nth=0", "testsrc:");
    await page.fill(".queue input >> nth=1", title);
    await page.click("button:text-is('Add to the queue')");
    await page.waitForSelector(`.entry:has-text("${title}")`);
  }
  id = decodeURIComponent(new URL(page.url()).hash.split("/")[2]);
  assert.deepEqual(await queueOf(id), TITLES);
  // What is no item is refused with the service's sentence.
  await page.fill(".queue input >> nth=0", "nonsense");
  await page.click("button:text-is('Add to the queue')");
  await page.waitForSelector(".toast[data-bad=true]");
  assert.deepEqual(await findBarriers(page), []);
  await closePage(page, /4\d\d/);
});

test("the queue is put in order by dragging and by keyboard", async () => {
  const page = await open();
  await onChannel(page);
  await inOrder(page, TITLES);
  await page.dragAndDrop(".entry:nth-child(3)", ".entry:nth-child(1)");
  await inOrder(page, ["Evening", "Morning", "Noon"]);
  const down = page.getByRole("button", { name: "Move Evening down" });
  await down.focus();
  await page.keyboard.press("Enter");
  await inOrder(page, ["Morning", "Evening", "Noon"]);
  assert.ok(await down.evaluate((b) => b === document.activeElement));
  await page.waitForFunction(() =>
    [...document.querySelectorAll("[role=status]")].some((e) =>
      e.textContent.includes("Evening is now number 2 of 3")));
  await page.getByRole("button", { name: "Remove Noon" }).click();
  await inOrder(page, ["Morning", "Evening"]);
  await page.reload();
  await inOrder(page, ["Morning", "Evening"]);
  assert.deepEqual(await queueOf(id), ["Morning", "Evening"]);
  await closePage(page);
});

test("it goes on air, plays, and is interrupted", async () => {
  const page = await open();
  await onChannel(page);
  await page.click("button:text-is('Start')");
  await page.waitForSelector("h1 + .mark >> text=On air");
  await page.waitForSelector(".now >> text=Morning");
  await page.waitForSelector(".next >> text=Evening");
  await playsFrom(page, 0.2);
  await page.click("text=Statistics");
  await page.waitForSelector(".meters >> text=Behind live");
  await page.click("button:text-is('Interrupt')");
  await page.fill("dialog input >> nth=0", "testsrc:");
  await page.fill("dialog input >> nth=1", "Breaking news");
  assert.deepEqual(await findBarriers(page), []);
  await page.click("text=Put it on air");
  await page.waitForSelector("dialog", { state: "detached" });
  await page.waitForSelector(".now >> text=Interrupt: Breaking news");
  await page.click("button:text-is('Return')");
  await page.waitForSelector(".now .title:text-is('Morning')");
  await page.click("button:text-is('Skip')");
  await page.waitForSelector(".now .title:text-is('Evening')");
  assert.deepEqual(await titles(page), []);
  await page.click("nav >> text=Channels");
  await page.waitForSelector(".channel-row:has-text('Evening')");
  await closePage(page);
});

for (const [width, colorScheme] of [[390, "dark"], [1440, "light"]]) {
  test(`channels fit ${width} pixels, ${colorScheme}`, async () => {
    const page = await open({ viewport: { width, height: 844 }, colorScheme });
    await page.waitForSelector("nav >> text=Channels");
    await checkViews(page, ["#/channels", `#/channels/${id}`]);
    await closePage(page);
  });
}

test("it is stopped and deleted", async () => {
  const page = await open();
  await onChannel(page);
  await page.click("button:text-is('Stop')");
  await page.waitForSelector("h1 + .mark >> text=Off air");
  await page.click("button:text-is('Delete')");
  await page.click("dialog button:text-is('Delete')");
  await page.waitForSelector("text=No channel yet");
  await closePage(page, /404|503/); // its worker may be on its way out
});

await runAll(async () => {
  await browser.close();
  await service.close();
});
