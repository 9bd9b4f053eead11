import type { ReactNode } from 'react'
import { Time } from './time.tsx'

/** A table, whose last column has the actions of a row. On narrow screens, each row is a card. */
export function DataTable(props: { columns: readonly string[]; children: ReactNode }) {
  return (
    <table className="data-table">
      <thead>
        <tr>
          {props.columns.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>{props.children}</tbody>
    </table>
  )
}

interface CreatedProps {
  readonly created: { readonly created_at: string; readonly created_by: string }
  readonly nowMs: number
}

/** When something was created, and by whom. */
export function CreatedCell({ created: { created_at, created_by }, nowMs }: CreatedProps) {
  return (
    <td data-name="Created">
      <Time date={new Date(created_at)} nowMs={nowMs} />{' '}
      <span className="muted">by {created_by}</span>
    </td>
  )
}
