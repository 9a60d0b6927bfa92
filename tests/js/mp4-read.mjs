// SPDX-License-Identifier: LGPL-2.1-or-later
//
// node mp4-read.mjs FILE: what mp4box.js reads from a fragmented MP4 of one
// track, as lines for a test to compare:
//   track KEY=VALUE …
//   sample dts=… cts=… duration=… size=… key=0|1
//   unread PATH       a box with bytes that its parser left over
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const MP4Box = createRequire(import.meta.url)("mp4box");
const bytes = readFileSync(process.argv[2]);
const data = new Uint8Array(bytes).buffer;
const file = MP4Box.createFile();

function printUnread(boxes, path) {
  for (const box of boxes ?? []) {
    const here = `${path}/${box.type}`;
    // styp and mdat are not its business
    if (box.type === "styp" || box.type === "mdat") continue;
    if (box.has_unparsed_data || box.data?.length > 0)
      console.log(`unread ${here}`);
    printUnread(box.boxes, here);
  }
}

file.onError = (error) => {
  console.error(error);
  process.exit(1);
};
data.fileStart = 0;
file.appendBuffer(data);
file.flush();

const info = file.getInfo();
const track = info.tracks[0];
const entry = file.moov.traks[0].mdia.minf.stbl.stsd.entries[0];
const values = {
  brand: info.brands[0],
  tracks: info.tracks.length,
  fragmented: info.isFragmented ? 1 : 0,
  timescale: track.timescale,
  language: track.language.replaceAll("\0", ""),
  codec: track.codec,
  skip: track.edits?.[0].media_time ?? 0,
  width: track.video?.width ?? 0,
  height: track.video?.height ?? 0,
  display: track.video ? track.track_width | 0 : 0,
  rate: track.audio?.sample_rate ?? 0,
  channels: track.audio?.channel_count ?? 0,
  pasp: entry.pasp ? `${entry.pasp.hSpacing}:${entry.pasp.vSpacing}` : "none",
  colour: entry.colr
    ? [
        entry.colr.colour_primaries,
        entry.colr.transfer_characteristics,
        entry.colr.matrix_coefficients,
        entry.colr.full_range_flag,
      ].join(",")
    : "none",
};
console.log(
  "track",
  Object.entries(values).map(([key, value]) => `${key}=${value}`).join(" "),
);
for (const sample of file.getTrackSamplesInfo(track.id))
  console.log(
    `sample dts=${sample.dts} cts=${sample.cts} duration=${sample.duration}` +
      ` size=${sample.size} key=${sample.is_sync ? 1 : 0}`,
  );
printUnread(file.boxes, "");
