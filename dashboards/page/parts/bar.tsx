/** A number with a bar below it. A meter of the browser's own: it needs no style in the page, which the server forbids. @param share from 0 to 1 */
export function Bar({ label, share }: { readonly label: string; readonly share: number }) {
  return (
    <span class="bar">
      {label}
      <progress max={1} value={Number.isFinite(share) ? share : 0} aria-hidden="true" />
    </span>
  );
}
