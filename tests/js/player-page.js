// SPDX-License-Identifier: LGPL-2.1-or-later
// In the browser: hls.js, shaka-player or dash.js on one manifest, or the
// browser itself on a file, each behind the same few words; what it complains
// about is in the console.
//
// start (kind, url) loads and plays; sizes () and pick (height, now) are the
// renditions; showText () and cues () the subtitles; look () tells what there is; watch (ms) notes in stalls each time
// that the clock stood still for longer where it should have run, with how much
// there was in the buffer: with some, it was the machine that was late.

/* global Hls, shaka, dashjs */

const video = document.getElementById("video");
const BUFFER_S = 4;
const stage = { video, stalls: [] };
window.stage = stage;

// The test reads the console: a warning there fails it.
const complain = (...words) => console.warn(words.map(show).join(" "));

function show(word) {
  if (word instanceof Error) return word.message;
  if (typeof word !== "object") return String(word);
  const seen = new WeakSet();
  return JSON.stringify(word, (_key, value) => {
    if (value instanceof Node || typeof value === "function") return undefined;
    if (value && typeof value === "object") {
      if (seen.has(value)) return undefined;
      seen.add(value);
    }
    return value;
  })?.slice(0, 300);
}

async function startHls(url) {
  const quiet = () => {};
  const hls = new Hls({
    debug: { trace: quiet, debug: quiet, log: quiet, info: quiet,
             warn: complain, error: complain },
    maxBufferLength: BUFFER_S,
    maxMaxBufferLength: BUFFER_S,
  });
  hls.on(Hls.Events.ERROR, (_name, data) => {
    complain(`${data.type} ${data.details} ${data.error?.message ?? ""}`);
  });
  const parsed = new Promise((resolve) => {
    hls.once(Hls.Events.MANIFEST_PARSED, resolve);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  await parsed;
  stage.player = hls;
  stage.sizes = () => hls.levels.map((level) => level.height);
  stage.pick = (height, now) => {
    const index = hls.levels.findIndex((level) => level.height === height);
    if (now) hls.currentLevel = index;
    else hls.nextLevel = index;
  };
  stage.showText = () => {
    hls.subtitleDisplay = true;
    hls.subtitleTrack = 0;
  };
}

async function startShaka(url) {
  shaka.polyfill.installAll();
  // Its warnings go to the console.
  shaka.log.setLevel(shaka.log.Level.WARNING);
  const player = new shaka.Player();
  player.addEventListener("error", (event) => {
    const { category, code, data, message, stack } = event.detail;
    if (category) complain(`shaka ${category}.${code}`, data);
    else complain("shaka", message, stack);
  });
  player.configure({
    abr: { enabled: false },
    streaming: {
      bufferingGoal: BUFFER_S,
      // docs/manifests.md, "Players": else it may stand in a young show.
      startAtSegmentBoundary: url.endsWith(".mpd"),
    },
  });
  await player.attach(video);
  await player.load(url);
  stage.player = player;
  const tracks = () => player.getVariantTracks();
  stage.sizes = () => [...new Set(tracks().map((track) => track.height))];
  stage.pick = (height, now) => {
    const track = tracks().find((one) => one.height === height);
    player.selectVariantTrack(track, now);
  };
  stage.showText = () => player.selectTextTrack(player.getTextTracks()[0]);
}

async function startDash(url) {
  const player = dashjs.MediaPlayer().create();
  player.updateSettings({
    debug: { logLevel: dashjs.Debug.LOG_LEVEL_WARNING },
    streaming: {
      abr: { autoSwitchBitrate: { video: false, audio: false } },
      buffer: {
        bufferTimeDefault: BUFFER_S,
        bufferTimeAtTopQuality: BUFFER_S,
        bufferTimeAtTopQualityLongForm: BUFFER_S,
      },
    },
  });
  const { ERROR, PLAYBACK_ERROR, STREAM_INITIALIZED } =
    dashjs.MediaPlayer.events;
  for (const name of [ERROR, PLAYBACK_ERROR])
    player.on(name, (event) => complain(`dash.js ${show(event.error)}`));
  const ready = new Promise((resolve) => {
    player.on(STREAM_INITIALIZED, resolve);
  });
  player.initialize(video, url, false);
  await ready;
  stage.player = player;
  const all = () => player.getRepresentationsByType("video");
  stage.sizes = () => all().map((one) => one.height);
  stage.pick = (height, now) => {
    const found = all().find((one) => one.height === height);
    player.setRepresentationForTypeById("video", found.id, now);
  };
  stage.showText = () => {
    player.enableText(true);
    player.setTextTrack(0);
  };
}

async function startPlain(url) {
  video.src = url;
}

const starts = {
  "a plain file": startPlain,
  "hls.js": startHls,
  "shaka-player": startShaka,
  "dash.js": startDash,
};

const ranges = () =>
  [...Array(video.buffered.length).keys()].map(
    (i) => [video.buffered.start(i), video.buffered.end(i)]);

const ahead = (time) =>
  (ranges().find(([from, to]) => from <= time && time < to)?.[1] ?? time) -
  time;

stage.watch = (least) => {
  let place = video.currentTime;
  let since = performance.now();
  let spare = ahead(place);
  const check = (now) => {
    const free = video.paused || video.seeking || video.ended;
    if (free || video.currentTime !== place) {
      if (!free && now - since > least)
        stage.stalls.push({
          at: place, ms: Math.round(now - since), spare, ended: Date.now(),
        });
      place = video.currentTime;
      since = now;
      spare = Infinity;
    }
    spare = Math.min(spare, ahead(place));
    requestAnimationFrame(check);
  };
  requestAnimationFrame(check);
};

stage.start = async (kind, url) => {
  video.addEventListener("error", () => complain(video.error?.message));
  await starts[kind](url);
  await video.play();
};

stage.look = () => {
  const quality = video.getVideoPlaybackQuality();
  return {
    time: video.currentTime,
    duration: video.duration,
    height: video.videoHeight,
    frames: quality.totalVideoFrames,
    corrupted: quality.corruptedVideoFrames,
    audioBytes: video.webkitAudioDecodedByteCount,
    ready: video.readyState,
    buffered: ranges(),
  };
};

/** What the browser would show, each cue once, in order. */
stage.cues = () => {
  const cues = [...video.textTracks].flatMap((track) => [...track.cues ?? []]);
  const read = (text) =>
    new DOMParser().parseFromString(text, "text/html").body.textContent;
  const plain = cues.map(({ startTime, endTime, text }) =>
    ({ start: startTime, end: endTime, text: read(text) }));
  return plain.sort((a, b) => a.start - b.start);
};

/** Whether the picture is more red or more blue. */
stage.colour = () => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 1, 1);
  const [red, , blue] = context.getImageData(0, 0, 1, 1).data;
  return red > blue ? "red" : "blue";
};
