// SPDX-License-Identifier: LGPL-2.1-or-later
// Dialogs: the browser's own, which keep the focus inside and give it back.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the next paint: whoever types on at once types into the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={onClose}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

interface QuestionProps {
  title: string;
  text: string;
  verb: string;
  onYes: () => void;
  onClose: () => void;
}

/** Before something that cannot be undone. */
export function Question({ title, text, verb, onYes, onClose }: QuestionProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="buttons end">
        <button type="button" autofocus onClick={onClose}>Keep</button>
        <button
          type="button"
          class="bad"
          onClick={() => {
            onClose();
            onYes();
          }}
        >
          {verb}
        </button>
      </div>
    </Dialog>
  );
}
