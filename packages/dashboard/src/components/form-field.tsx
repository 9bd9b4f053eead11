import { type ReactNode, useId } from 'react'

/** A label and its control. */
export function FormField(props: { label: string; children: (id: string) => ReactNode }) {
  const id = useId()
  return (
    <div className="form-field">
      <label htmlFor={id}>{props.label}</label>
      {props.children(id)}
    </div>
  )
}
