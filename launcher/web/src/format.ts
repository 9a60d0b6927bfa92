// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers for people.

export function bitrate(bits: number | undefined): string {
  if (bits === undefined || !(bits > 0)) return "–";
  if (bits < 999_500) return `${Math.round(bits / 1000)} kbit/s`;
  return `${(bits / 1e6).toFixed(bits < 9_950_000 ? 1 : 0)} Mbit/s`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 999_500) return `${Math.round(count / 1000)} kB`;
  if (count < 999_500_000) return `${(count / 1e6).toFixed(1)} MB`;
  return `${(count / 1e9).toFixed(2)} GB`;
}

/** 3:07, 1:02:03; 0:04.5 has no place here. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

export function size(width?: number, height?: number): string {
  return width && height ? `${width} × ${height}` : "–";
}

/** What a menu calls a picture of this size: by its shorter side. */
export function rung(width?: number, height?: number): string {
  return width && height ? `${Math.min(width, height)}p` : "Audio";
}

export function timeOfDay(date: Date): string {
  return date.toLocaleTimeString([], { hour12: false });
}
