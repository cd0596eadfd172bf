import type { ComponentChildren } from "preact";

/** Stands where there is nothing to draw. */
export function Empty({ children }: { readonly children?: ComponentChildren }) {
  return <p class="empty">{children ?? "No events in this range."}</p>;
}
