// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts into the document what is known. Holds no state but the document.

import * as format from "./format";
import type { Appearance } from "./catalogue";
import type {
  Job,
  Kind,
  MediaInfo,
  Quality,
  Rendition,
} from "./types";

const OBJECTS_SHOWN = 12;

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no “${id}”.`);
  return found as T;
}

function create(
  name: string,
  text: string,
  attributes: Record<string, string> = {},
): HTMLElement {
  const node = document.createElement(name);
  node.textContent = text;
  for (const [key, value] of Object.entries(attributes))
    node.setAttribute(key, value);
  return node;
}

/** Writes only what changes, so that screen readers hear only that. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

const built = new WeakMap<HTMLElement, string>();

/** Builds the children anew only where what they show has changed: whoever
 * has the focus, or reads, is not disturbed. */
function rebuild(
  node: HTMLElement,
  content: unknown,
  build: () => Node[],
): void {
  const key = JSON.stringify(content);
  if (built.get(node) === key) return;
  built.set(node, key);
  node.replaceChildren(...build());
}

function fillList(list: HTMLElement, entries: [string, string][]): void {
  const wanted = entries.filter(([, value]) => value !== "");
  const names = [...list.querySelectorAll("dt")].map((n) => n.textContent);
  if (names.join("\n") === wanted.map(([name]) => name).join("\n")) {
    const values = list.querySelectorAll("dd");
    wanted.forEach(([, value], i) => setText(values[i] as HTMLElement, value));
    return;
  }
  list.replaceChildren(
    ...wanted.map(([name, value]) => {
      const group = document.createElement("div");
      group.append(create("dt", name), create("dd", value));
      return group;
    }),
  );
}

const STATES: Record<string, string> = {
  starting: "Starting",
  running: "Publishing",
  finishing: "Finishing",
  finished: "Finished",
  failed: "Failed",
};

export function showTally(job: Job, connected: boolean): void {
  const tally = element("tally");
  const live = job.state === "running" && job.type === "live";
  const state = connected ? (job.state ?? "none") : "lost";
  const words = connected
    ? (STATES[job.state ?? ""] ?? "Serving")
    : "Connection lost";
  tally.dataset["state"] = live && connected ? "live" : state;
  setText(element("tally-text"), live && connected ? "Live" : words);
}

export function showJob(job: Job): void {
  const known = typeof job.progress === "number" && job.state !== "finished";
  const progress = element<HTMLProgressElement>("progress");
  const running = job.state === "running" || job.state === "finishing";
  element("progress-box").hidden = !known;
  if (known) {
    progress.value = job.progress ?? 0;
    const left = job.eta ? `, ${format.clock(job.eta)} left` : "";
    setText(
      element("progress-text"),
      `${Math.floor((job.progress ?? 0) * 100)} %${left}`,
    );
  }
  setText(
    element("message"),
    job.message ??
      (job.state === undefined
        ? "No job is running; this is what the folder holds."
        : ""),
  );
  const position = job.position ?? 0;
  fillList(element("facts"), [
    ["Input", job.input ?? ""],
    ["Output", job.output ?? ""],
    [
      "Position",
      job.position === undefined
        ? ""
        : job.duration
          ? `${format.clock(position)} of ${format.clock(job.duration)}`
          : format.clock(position),
    ],
    ["Speed", running && job.speed ? `${job.speed.toFixed(2)} ×` : ""],
  ]);
}

export function showObjects(
  latest: Appearance[],
  count: number,
  bytes: number,
): void {
  const list = element("objects");
  setText(
    element("objects-summary"),
    count === 0
      ? "None has appeared lately."
      : `${count} seen, ${format.bytes(bytes)}; the newest first.`,
  );
  const visible = latest.slice(0, OBJECTS_SHOWN);
  rebuild(list, visible, () =>
    visible.map(({ object, at }) => {
      const item = document.createElement("li");
      if (object.gone) item.className = "gone";
      item.append(
        create("span", object.key, { class: "key", title: object.key }),
        create("span", object.gone ? "removed" : format.bytes(object.size ?? 0)),
        create("time", format.timeOfDay(at), { datetime: at.toISOString() }),
      );
      return item;
    }),
  );
}

export function showLinks(urls: Map<Kind, string>, ready: Set<Kind>): void {
  rebuild(element("links"), [[...urls], [...ready]], () =>
    [...urls].map(([kind, url]) => {
      const item = document.createElement("li");
      const absolute = new URL(url, location.href).href;
      item.append(create("span", kind.toUpperCase(), { class: "kind" }));
      item.append(
        ready.has(kind)
          ? create("a", absolute, { href: absolute })
          : create("span", "not there yet", { class: "quiet" }),
      );
      return item;
    }),
  );
}

export function showKinds(ready: Set<Kind>, chosen: Kind | undefined): void {
  for (const input of document.querySelectorAll<HTMLInputElement>(
    'input[name="kind"]',
  )) {
    input.disabled = !ready.has(input.value as Kind);
    input.checked = input.value === chosen;
  }
}

export function showQualities(
  wanted: [string, string][],
  chosen: string | undefined,
): void {
  const select = element<HTMLSelectElement>("quality");
  const options = [...select.options];
  if (options.map((o) => o.value).join() !== wanted.map(([id]) => id).join())
    select.replaceChildren(
      ...wanted.map(([id, label]) => create("option", label, { value: id })),
    );
  wanted.forEach(([, label], i) => {
    const option = select.options[i];
    if (option) setText(option, label);
  });
  select.value = chosen ?? "";
  select.disabled = wanted.length < 3;
}

function isPlaying(rendition: Rendition, playing: Quality | undefined): boolean {
  return (
    rendition.type === "video" &&
    playing !== undefined &&
    rendition.width === playing.width &&
    rendition.height === playing.height
  );
}

function describeSize(rendition: Rendition): string {
  if (rendition.type === "video")
    return format.size(rendition.width, rendition.height);
  const language = rendition.language === "und" ? "" : rendition.language;
  const channels = rendition.channels ? `${rendition.channels} ch` : "";
  return [rendition.type, language, channels]
    .filter(Boolean)
    .join(", ");
}

function describeMedia(info: MediaInfo | undefined): string {
  if (!info) return "–";
  const gaps = info.gaps ? `, ${info.gaps} missing` : "";
  return `${info.segments} in ${format.clock(info.seconds)}${gaps}`;
}

export function showRenditions(
  renditions: Rendition[],
  media: Map<string, MediaInfo>,
  playing: Quality | undefined,
): void {
  element("renditions").hidden = renditions.length === 0;
  element("renditions-empty").hidden = renditions.length > 0;
  const cells: [string, (r: Rendition) => string][] = [
    ["Size", describeSize],
    [
      "Frames",
      (r) => (r.frameRate ? `${Number(r.frameRate.toFixed(3))}/s` : "–"),
    ],
    ["Codecs", (r) => r.codecs || "–"],
    ["Peak", (r) => format.bitrate(r.bandwidth)],
    ["Mean", (r) => format.bitrate(r.average)],
    ["Segments", (r) => describeMedia(media.get(r.uri))],
  ];
  const content = [renditions, [...media], playing?.id];
  rebuild(element("renditions-body"), content, () =>
    renditions.map((rendition) => {
      const row = document.createElement("tr");
      if (isPlaying(rendition, playing))
        row.setAttribute("aria-current", "true");
      row.append(
        create("th", rendition.name, { scope: "row" }),
        ...cells.map(([name, show]) => {
          const text = show(rendition);
          const cell = create("td", text, { "data-name": name });
          if (text === "–") cell.className = "none";
          return cell;
        }),
      );
      return row;
    }),
  );
}

/** No title: the curtain is drawn back. */
export function showCurtain(title?: string, text = ""): void {
  element("curtain").hidden = title === undefined;
  setText(element("curtain-title"), title ?? "");
  setText(element("curtain-text"), text);
}

export function showNotice(text?: string): void {
  element("notice").hidden = text === undefined;
  setText(element("notice-text"), text ?? "");
}

export function showMeters(entries: [string, string][]): void {
  fillList(element("meters"), entries);
}
