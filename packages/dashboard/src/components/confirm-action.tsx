import { LIMITS } from '@rollcall/protocol'
import { useId, useState } from 'react'
import { DialogForm } from './dialog-form.tsx'
import { SameCommand } from './same-command.tsx'

interface ConfirmProps<T> {
  readonly title: string
  /** What will happen, in a sentence or two. */
  readonly consequence: string
  /** The text of the button. */
  readonly confirm: string
  readonly isDangerous?: boolean
  /** Whether a reason is asked for, which others will read. */
  readonly asksReason?: boolean
  /** The command that does the same. */
  readonly commandFor: (reason: string) => string
  readonly perform: (reason: string) => Promise<T>
  /** Returns why a response is not what the user wanted; undefined: it is. */
  readonly failureOf?: (result: T) => string | undefined
  readonly onClose: () => void
}

/** Asks before something is changed, and says what became of it. */
export function ConfirmAction<T>(props: ConfirmProps<T>) {
  const { title, consequence, confirm, isDangerous, asksReason, onClose } = props
  const [reason, setReason] = useState('')
  const reasonId = useId()
  const perform = async (): Promise<void> => {
    const result = await props.perform(reason.trim())
    const problem = props.failureOf?.(result)
    if (problem !== undefined) throw new Error(problem)
  }
  return (
    <DialogForm
      title={title}
      submit={confirm}
      isDangerous={isDangerous}
      perform={perform}
      onClose={onClose}
    >
      <p>{consequence}</p>
      {asksReason && (
        <>
          <label htmlFor={reasonId}>Reason, for everyone who sees the agent</label>
          <input
            id={reasonId}
            required
            maxLength={LIMITS.maintenanceReasonCharacters}
            value={reason}
            onChange={({ target }) => setReason(target.value)}
            placeholder="replacing the disk"
          />
        </>
      )}
      <SameCommand command={props.commandFor(reason.trim())} />
    </DialogForm>
  )
}
