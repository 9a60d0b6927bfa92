// SPDX-License-Identifier: LGPL-2.1-or-later
// The player: the theatre of the one-job page, with its controls.

import { useEffect, useRef, useState } from "preact/hooks";

import { describePlaying, listQualities } from "../meters";
import { Theatre } from "../theatre";
import type { Kind } from "../types";
import { Button, Choice, Facts } from "./parts";
import { useRedraw } from "./store";

const METERS_MS = 500;
const KINDS: Kind[] = ["hls", "dash"];

let preferred: Kind | undefined;

interface StageProps {
  /** Manifests; nothing plays before there is one. */
  urls: Map<Kind, string>;
  title: string;
  poster: string | undefined;
}

function useTheatre(urls: Map<Kind, string>, onChange: () => void) {
  const video = useRef<HTMLVideoElement>(null);
  const theatre = useRef<Theatre | undefined>(undefined);
  const latest = useRef(urls);
  latest.current = urls;
  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    const mine = new Theatre(element, () => latest.current, onChange);
    theatre.current = mine;
    window.vstream = { theatre: mine, video: element };
    const timer = window.setInterval(onChange, METERS_MS);
    return () => {
      window.clearInterval(timer);
      delete window.vstream;
      void mine.close();
    };
  }, []);
  const key = [...urls.values()].join();
  useEffect(() => {
    const kind = preferred && urls.has(preferred) ? preferred : [...urls.keys()][0];
    if (kind) void theatre.current?.play(kind);
    else void theatre.current?.close().then(onChange);
  }, [key]);
  return { video, theatre };
}

function Trouble({ theatre }: { theatre: Theatre }) {
  if (theatre.error === undefined) return null;
  return (
    <p class="notice" role="alert">
      {theatre.error}{" "}
      <Button onClick={() => {
        theatre.error = undefined;
        if (theatre.kind) void theatre.play(theatre.kind, theatre.position);
      }}>Try again</Button>
    </p>
  );
}

export function Stage({ urls, title, poster }: StageProps) {
  const redraw = useRedraw();
  const { video, theatre } = useTheatre(urls, redraw);
  const [meters, showMeters] = useState(false);
  const now = theatre.current;
  const qualities = now ? listQualities(now) : [];
  return (
    <section class="player" aria-label="Player">
      <div class="stage">
        <video ref={video} controls playsInline poster={poster}
          aria-label={title} />
      </div>
      <div class="controls">
        <fieldset class="switch">
          <legend class="unseen">Format</legend>
          {KINDS.map((kind) => (
            <label key={kind}>
              <input type="radio" name="kind" value={kind}
                disabled={!urls.has(kind)} checked={now?.kind === kind}
                onChange={() => {
                  preferred = kind;
                  if (!now) return;
                  now.error = undefined;
                  void now.play(kind, now.position);
                }} />
              <span>{kind.toUpperCase()}</span>
            </label>
          ))}
        </fieldset>
        {qualities.length > 2 && (
          <Choice label="Quality" value={now?.chosen ?? ""} options={qualities}
            onChange={(id) => now?.select(id || undefined)} />
        )}
        <button type="button" class="disclose" aria-expanded={meters}
          onClick={() => showMeters(!meters)}>Statistics</button>
        {now?.player && video.current?.muted && (
          <Button tone="main" onClick={() => {
            if (video.current) video.current.muted = false;
          }}>Turn sound on</Button>
        )}
      </div>
      {now && <Trouble theatre={now} />}
      {now && meters && <Facts name="meters" entries={describePlaying(now)} />}
    </section>
  );
}
