// SPDX-License-Identifier: LGPL-2.1-or-later
// The page: listens to the feed, keeps the catalogue, runs the theatre, and
// shows all three. Nothing is asked for at intervals but the meters.

import { Catalogue } from "./catalogue";
import { listen } from "./feed";
import { describePlaying, listQualities } from "./meters";
import { Theatre } from "./theatre";
import type { Job, Kind } from "./types";
import * as view from "./view";

const METERS_MS = 500;

let job: Job = {};
let connected = true;
let shown = false; // something has been played
let listed = ""; // the renditions that the player knows

const video = view.element<HTMLVideoElement>("video");
const catalogue = new Catalogue(changed);
const theatre = new Theatre(video, () => catalogue.urls, changed);

/** What is asked for in the address (#dash), and only that; or the first that
 * is there. */
function chooseKind(): Kind | undefined {
  const wanted = location.hash.slice(1) as Kind;
  if (catalogue.urls.has(wanted)) return wanted;
  return [...catalogue.urls.keys()].find((kind) => catalogue.ready.has(kind));
}

function signature(): string {
  return catalogue.renditions.map((r) => r.uri).join();
}

/** Starts by itself what has become there to be played; and again where the
 * playlist has got renditions that the player has not seen. */
function conduct(): void {
  const kind = theatre.kind ?? chooseKind();
  if (!kind || !catalogue.ready.has(kind)) return;
  if (theatre.kind === undefined) {
    listed = signature();
    void theatre.play(kind);
  } else if (kind === "hls" && listed !== signature()) {
    const grown = listed !== "";
    listed = signature();
    if (grown) void theatre.play(kind, theatre.position);
  }
}

function showStage(): void {
  const tracks = theatre.qualities;
  const known = catalogue.renditions.length > 0 || tracks.length > 0;
  const picture =
    video.videoWidth > 0 ||
    tracks.some((q) => q.width) ||
    catalogue.renditions.some((r) => r.type === "video");
  view.element("stage").classList.toggle("sound-only", known && !picture);
  shown = shown || video.readyState >= 2;
  if (theatre.error !== undefined || shown) view.showCurtain();
  else if (theatre.kind) view.showCurtain("Loading");
  else if (job.state === "failed")
    view.showCurtain("Nothing was published", job.message ?? "");
  else
    view.showCurtain(
      "Nothing is published yet",
      "Playing starts by itself as soon as there is something to play.",
    );
}

function changed(): void {
  conduct();
  const playing = theatre.player?.playing();
  view.showTally(job, connected);
  view.showJob(job);
  view.showKinds(catalogue.ready, theatre.kind);
  view.showLinks(catalogue.urls, catalogue.ready);
  view.showQualities(listQualities(theatre), theatre.chosen);
  view.showRenditions(catalogue.renditions, catalogue.media, playing);
  view.showObjects(catalogue.objects, catalogue.count, catalogue.bytes);
  view.showNotice(theatre.error);
  view.element("unmute").hidden = !(theatre.player && video.muted);
  showStage();
  showMeters();
}

function showMeters(): void {
  view.showMeters(describePlaying(theatre));
}

function listenToPerson(): void {
  document.querySelector(".switch")?.addEventListener("change", (event) => {
    const kind = (event.target as HTMLInputElement).value as Kind;
    history.replaceState(null, "", `#${kind}`);
    theatre.error = undefined;
    void theatre.play(kind, theatre.position);
  });
  view.element("quality").addEventListener("change", (event) => {
    const { value } = event.target as HTMLSelectElement;
    theatre.select(value === "" ? undefined : value);
  });
  view.element("unmute").addEventListener("click", () => {
    video.muted = false;
  });
  view.element("retry").addEventListener("click", () => {
    theatre.error = undefined;
    if (theatre.kind) void theatre.play(theatre.kind, theatre.position);
  });
}

listenToPerson();
listen({
  onJob(next) {
    const began = next.state !== job.state;
    job = next;
    if (catalogue.setNames(next) || began) void catalogue.probe();
    changed();
  },
  onObject: (object) => catalogue.note(object),
  onConnection(now) {
    const again = now && !connected;
    connected = now;
    if (again) void catalogue.probe();
    changed();
  },
});
void catalogue.probe();
window.setInterval(showMeters, METERS_MS);

window.vstream = { theatre, catalogue, video, job: () => job };
