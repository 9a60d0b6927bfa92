// SPDX-License-Identifier: LGPL-2.1-or-later
// Small things that several views are made of.

import type { ComponentChildren } from "preact";

import { toneOf } from "./words";

const PATHS = {
  play: "M5 3.5v13l11-6.5z",
  pause: "M5 4h3.5v12H5zM11.5 4H15v12h-3.5z",
  close: "M5 5l10 10M15 5L5 15",
  up: "M10 16V4.5M5 9.5l5-5 5 5",
  down: "M10 4v11.5M5 10.5l5 5 5-5",
  grip: "M7 4h.01M7 10h.01M7 16h.01M13 4h.01M13 10h.01M13 16h.01",
  trash: "M3.5 5.5h13M8 5.5V3.5h4v2M5.5 5.5l.75 11h7.5l.75-11M8.5 8.5v5M11.5 8.5v5",
  upload: "M10 13V3.5M6 7.5l4-4 4 4M3.5 12.5v4h13v-4",
  plus: "M10 4v12M4 10h12",
  film: "M3 4.5h14v11H3zM6.5 4.5v11M13.5 4.5v11M3 8h3.5M3 12h3.5M13.5 8H17M13.5 12H17",
  cut: "M11 2.5L4.5 11H10l-1 6.5L15.5 9H10z",
};

/** Decoration: what it stands beside says the same. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  const solid = name === "play" || name === "pause" || name === "cut";
  return (
    <svg class={solid ? "icon solid" : "icon"} viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

interface ButtonProps {
  onClick: () => void;
  icon?: keyof typeof PATHS;
  /** Read aloud, and shown where there is only a picture. */
  label?: string | undefined;
  tone?: "main" | "bad" | "bare";
  disabled?: boolean | undefined;
  /** For whatever has to find it again. */
  name?: string;
  children?: ComponentChildren;
}

export function Button({
  onClick, icon, label, tone, disabled, name, children,
}: ButtonProps) {
  return (
    <button
      type="button"
      class={[tone, children ? "" : "picture"].filter(Boolean).join(" ")}
      aria-label={label}
      title={children ? undefined : label}
      disabled={disabled}
      data-name={name}
      onClick={onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export function Mark({ state, children }: { state: string; children: string }) {
  return (
    <span class="mark" data-tone={toneOf(state)}>
      <span class="lamp" aria-hidden="true" />
      {children}
    </span>
  );
}

interface BarProps {
  value: number | undefined;
  label: string;
}

/** Without a value: something moves, and nobody knows how far. */
export function Bar({ value, label }: BarProps) {
  return <progress max={1} value={value} aria-label={label} />;
}

export function Empty({ title, children }: {
  title: string;
  children: ComponentChildren;
}) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <p>{children}</p>
    </div>
  );
}

export function Facts({ entries, name }: {
  entries: [string, string][];
  name: string;
}) {
  return (
    <dl class={name}>
      {entries.filter(([, value]) => value !== "").map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: [string, string][];
  onChange: (value: string) => void;
}

export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        {options.map(([id, text]) => (
          <option key={id} value={id}>{text}</option>
        ))}
      </select>
    </label>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
  required?: boolean;
  /** Not to be read over a shoulder. */
  secret?: boolean;
}

export function Field({ label, value, onInput, secret, ...rest }: FieldProps) {
  const all = {
    ...rest,
    value,
    spellcheck: false,
    onInput: (event: { currentTarget: HTMLInputElement }) =>
      onInput(event.currentTarget.value),
  };
  return (
    <label class="field">
      <span>{label}</span>
      {secret
        ? <input type="password" autocomplete="off" {...all} />
        : <input type="text" {...all} />}
    </label>
  );
}
