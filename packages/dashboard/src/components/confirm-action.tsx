import { LIMITS } from '@rollcall/protocol'
import { type FormEvent, useId, useState } from 'react'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'

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
  const [failure, setFailure] = useState<string>()
  const [isRunning, setIsRunning] = useState(false)
  const reasonId = useId()
  const command = props.commandFor(reason.trim())
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsRunning(true)
    const problem = await outcomeOf(props, reason.trim())
    setIsRunning(false)
    setFailure(problem)
    if (problem === undefined) onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
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
        <details className="command">
          <summary>The same as a command</summary>
          <pre>{command}</pre>
          <CopyButton text={command} />
        </details>
        {failure !== undefined && (
          <p className="field-error" role="alert">
            {failure}
          </p>
        )}
        <p className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className={`button ${isDangerous ? 'danger solid' : 'primary'}`}
            disabled={isRunning}
          >
            {confirm}
          </button>
        </p>
      </form>
    </Dialog>
  )
}

/** Returns what went wrong; undefined: nothing. */
async function outcomeOf<T>(props: ConfirmProps<T>, reason: string): Promise<string | undefined> {
  try {
    const result = await props.perform(reason)
    return props.failureOf?.(result)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
