// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads of an HLS playlist what the page shows. The players read their own.

import type { MediaInfo, Rendition } from "./types";

type Attributes = Map<string, string>;

/** RFC 8216bis section 4.2. */
function parseAttributes(text: string): Attributes {
  const attributes: Attributes = new Map();
  for (const [, name, value] of text.matchAll(
    /([A-Z0-9-]+)=("[^"]*"|[^,]*)/g,
  )) {
    if (name && value !== undefined)
      attributes.set(name, value.replace(/^"|"$/g, ""));
  }
  return attributes;
}

function toNumber(text: string | undefined): number | undefined {
  const number = Number.parseFloat(text ?? "");
  return Number.isFinite(number) ? number : undefined;
}

/** "video_0/media.m3u8" → "video_0", "media_2.m3u8" → "media_2". */
function nameOf(uri: string): string {
  const parts = decodeURI(uri.split("?")[0] ?? "").split("/");
  const file = (parts.pop() ?? "").replace(/\.m3u8$/, "");
  return parts.pop() ?? file;
}

function readVariant(attributes: Attributes, uri: string): Rendition {
  const [width, height] = (attributes.get("RESOLUTION") ?? "")
    .split("x")
    .map(toNumber);
  const codecs = attributes.get("CODECS") ?? "";
  return {
    name: nameOf(uri),
    uri,
    type: width ? "video" : "audio",
    ...(width && height ? { width, height } : {}),
    codecs: width ? videoCodecs(codecs) : codecs,
    isDefault: false,
    ...defined({
      frameRate: toNumber(attributes.get("FRAME-RATE")),
      bandwidth: toNumber(attributes.get("BANDWIDTH")),
      average: toNumber(attributes.get("AVERAGE-BANDWIDTH")),
    }),
  };
}

function defined<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(values).filter(([, v]) => v !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

const AUDIO_CODEC = /^(mp4a|opus|ac-3|ec-3|flac|fLaC|Opus)/;

function videoCodecs(codecs: string): string {
  const all = codecs.split(",").map((codec) => codec.trim());
  return all.filter((codec) => !AUDIO_CODEC.test(codec)).join(", ") || codecs;
}

function audioCodecs(codecs: string): string {
  const all = codecs.split(",").map((codec) => codec.trim());
  return all.filter((codec) => AUDIO_CODEC.test(codec)).join(", ");
}

function readMedia(attributes: Attributes, codecs: string): Rendition {
  const uri = attributes.get("URI") ?? "";
  return {
    name: attributes.get("NAME") ?? nameOf(uri),
    uri,
    type: attributes.get("TYPE") === "SUBTITLES" ? "text" : "audio",
    codecs,
    isDefault: attributes.get("DEFAULT") === "YES",
    ...defined({
      language: attributes.get("LANGUAGE"),
      channels: attributes.get("CHANNELS"),
    }),
  };
}

/** The codecs that variants name for each audio group. */
function findGroupCodecs(lines: string[]): Map<string, string> {
  const codecs = new Map<string, string>();
  for (const line of lines) {
    if (!line.startsWith("#EXT-X-STREAM-INF:")) continue;
    const attributes = parseAttributes(line.slice(18));
    const group = attributes.get("AUDIO");
    if (group)
      codecs.set(group, audioCodecs(attributes.get("CODECS") ?? ""));
  }
  return codecs;
}

/** Each rendition once, the largest first. */
export function parseMultivariant(text: string): Rendition[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const groups = findGroupCodecs(lines);
  const found = new Map<string, Rendition>();
  lines.forEach((line, index) => {
    if (line.startsWith("#EXT-X-STREAM-INF:")) {
      const uri = lines.slice(index + 1).find((l) => l && !l.startsWith("#"));
      if (!uri) return;
      // Sound alone is listed twice, as a rendition and as a variant.
      const variant = readVariant(parseAttributes(line.slice(18)), uri);
      found.set(uri, { ...variant, ...found.get(uri) });
    } else if (line.startsWith("#EXT-X-MEDIA:")) {
      const attributes = parseAttributes(line.slice(13));
      const media = readMedia(
        attributes,
        groups.get(attributes.get("GROUP-ID") ?? "") ?? "",
      );
      // An audio rendition without an address is muxed into the variants.
      if (media.uri)
        found.set(media.uri, { ...found.get(media.uri), ...media });
    }
  });
  const order = { video: 0, audio: 1, text: 2 };
  return [...found.values()].sort(
    (a, b) =>
      order[a.type] - order[b.type] || (b.bandwidth ?? 0) - (a.bandwidth ?? 0),
  );
}

export function parseMedia(text: string): MediaInfo {
  const info: MediaInfo = { segments: 0, seconds: 0, gaps: 0, ended: false };
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#EXTINF:")) {
      info.segments += 1;
      info.seconds += Number.parseFloat(line.slice(8)) || 0;
    } else if (line.startsWith("#EXT-X-GAP")) info.gaps += 1;
    else if (line.startsWith("#EXT-X-ENDLIST")) info.ended = true;
  }
  return info;
}
