import type { ComponentChildren } from "preact";

interface Props {
  /** Says what the table is, to everybody or to screen readers alone. */
  readonly caption: string;
  readonly columns: readonly { readonly name: string; readonly isNumber?: boolean }[];
  readonly rows: readonly (readonly ComponentChildren[])[];
}

/** A table that scrolls within itself where it is too wide. */
export function DataTable({ caption, columns, rows }: Props) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ isNumber, name }) => (
              <th scope="col" class={isNumber === true ? "number" : undefined} key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, column) => (
                <td class={columns[column]?.isNumber === true ? "number" : undefined} key={column}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
